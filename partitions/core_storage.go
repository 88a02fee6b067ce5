package partitions

import (
	"errors"
	"fmt"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/wal"
)

// storage is the log as raft reads it: recent entries from the ring, older ones from the log's files.
type storage struct {
	log  History
	ring ring
	// hard and members are what raft starts with.
	hard    *raftpb.HardState
	members *raftpb.ConfState
	// snapshots makes a snapshot for a member, and farBehind says which members it is made for though the log has the entries
	// that they need. Both are nil where there are no files to send.
	snapshots func() (*raftpb.Snapshot, error)
	farBehind func(index uint64) bool
	// applying is set while raft asks for entries to apply: of those that only the files have, heads are enough (wal.Frame.Heads).
	applying bool
}

var _ raft.Storage = (*storage)(nil)

func (s *storage) InitialState() (*raftpb.HardState, *raftpb.ConfState, error) {
	return s.hard, s.members, nil
}

// Entries returns the entries from lo to hi, exclusive: the first, and as many more as fit into maxSize.
func (s *storage) Entries(lo, hi, maxSize uint64) ([]*raftpb.Entry, error) {
	if lo < s.log.FirstIndex() {
		return nil, raft.ErrCompacted
	}
	if _, here := s.ring.at(lo); here {
		return s.recent(lo, hi, maxSize), nil
	}
	read := s.log.Frames
	switch {
	case s.applying:
		read = s.log.Heads
	case s.farBehind != nil && s.farBehind(lo):
		return nil, raft.ErrCompacted
	}
	frames, err := read(lo, hi, int(min(maxSize, maxRead)))
	if err != nil {
		return nil, readError(err, lo, hi)
	}
	out := make([]*raftpb.Entry, len(frames))
	for i, f := range frames {
		out[i] = entryOf(lo+uint64(i), f)
	}
	return out, nil
}

// maxRead bounds one read of the log's files, bytes.
const maxRead = 4 << 20

func (s *storage) recent(lo, hi, maxSize uint64) []*raftpb.Entry {
	out := make([]*raftpb.Entry, 0, hi-lo)
	var size uint64
	for i := lo; i < hi; i++ {
		e, ok := s.ring.at(i)
		if !ok {
			break
		}
		size += uint64(len(e.GetData())) + entryOverhead
		if size > maxSize && len(out) > 0 {
			break
		}
		out = append(out, e.Entry)
	}
	return out
}

// entryOverhead is what an entry's encoding takes beside its data, generously.
const entryOverhead = 32

func (s *storage) Term(index uint64) (uint64, error) {
	if e, here := s.ring.at(index); here {
		return e.GetTerm(), nil
	}
	term, err := s.log.Term(index)
	return term, readError(err, index, index+1)
}

func (s *storage) LastIndex() (uint64, error)  { return s.log.LastIndex(), nil }
func (s *storage) FirstIndex() (uint64, error) { return s.log.FirstIndex(), nil }

// Snapshot is asked for when a member needs what the log no longer has.
func (s *storage) Snapshot() (*raftpb.Snapshot, error) {
	if s.snapshots == nil {
		return nil, raft.ErrSnapshotTemporarilyUnavailable
	}
	return s.snapshots()
}

// readError gives raft its own words for the log's errors. It panics on others, and the partition is opened again.
func readError(err error, lo, hi uint64) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, wal.ErrCompacted):
		return raft.ErrCompacted
	case errors.Is(err, wal.ErrOutOfRange):
		return raft.ErrUnavailable
	}
	return fmt.Errorf("reading entries %d to %d of the log: %w", lo, hi, err)
}
