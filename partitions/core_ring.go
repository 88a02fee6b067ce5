package partitions

import (
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/wal"
)

// ring holds the newest entries of the log, which raft is about to ask for: to apply them, and to send them to members
// that are a little behind. The entries are dense, and the last one is the log's last one once the step that appended it
// is over.
type ring struct {
	first   uint64 // index of entries[0]; where the next entry goes while there are none
	entries []ringEntry
	bytes   int
}

// ringEntry is an entry with the offset that is next behind it.
type ringEntry struct {
	*raftpb.Entry
	next int64
	size int
}

// add puts an entry at the end. Everything from its index on is cut first: raft has replaced it.
func (r *ring) add(e *raftpb.Entry, next int64) {
	r.cut(e.GetIndex())
	if len(r.entries) == 0 {
		r.first = e.GetIndex()
	}
	r.entries = append(r.entries, ringEntry{e, next, len(e.GetData())})
	r.bytes += len(e.GetData())
}

// cut removes the entries from index on.
func (r *ring) cut(index uint64) {
	if index < r.first {
		index = r.first
	}
	for n := len(r.entries); n > 0 && r.first+uint64(n)-1 >= index; n-- {
		r.bytes -= r.entries[n-1].size
		r.entries[n-1] = ringEntry{}
		r.entries = r.entries[:n-1]
	}
}

// drop forgets the entries up to and including index.
func (r *ring) drop(index uint64) {
	n := 0
	for n < len(r.entries) && r.first+uint64(n) <= index {
		r.bytes -= r.entries[n].size
		n++
	}
	left := copy(r.entries, r.entries[n:])
	clear(r.entries[left:])
	r.entries = r.entries[:left]
	r.first += uint64(n)
	if left == 0 && cap(r.entries) > keptRing {
		r.entries = nil
	}
}

// keptRing is how many places an empty ring keeps.
const keptRing = 64

// at is the entry at index, if it is here.
func (r *ring) at(index uint64) (ringEntry, bool) {
	if index < r.first || index-r.first >= uint64(len(r.entries)) {
		return ringEntry{}, false
	}
	return r.entries[index-r.first], true
}

// entryOf makes a raft entry of a frame.
func entryOf(index uint64, f wal.Frame) *raftpb.Entry {
	e := &raftpb.Entry{Term: new(f.Term()), Index: new(index)}
	switch f.Kind() {
	case wal.KindEmpty:
	case wal.KindMembers:
		e.Type = raftpb.EntryConfChangeV2.Enum()
		e.Data = f.Payload()
	default:
		e.Data = f
	}
	return e
}

// frameOf makes a frame of a raft entry that follows the offset next. What a leader proposed is a frame already.
func frameOf(e *raftpb.Entry, next int64) wal.Frame {
	if e.GetType() == raftpb.EntryNormal && len(e.GetData()) > 0 {
		return e.GetData()
	}
	kind := wal.KindEmpty
	if e.GetType() != raftpb.EntryNormal {
		kind = wal.KindMembers
	}
	f := append(wal.NewFrame(len(e.GetData())), e.GetData()...)
	f.Seal(kind, e.GetTerm(), next, 0, -1)
	return f
}

// shrink forgets applied entries, oldest first, while the ring holds more than target bytes.
func (r *ring) shrink(applied uint64, target int) {
	bytes, upTo := r.bytes, uint64(0)
	for i := 0; i < len(r.entries) && bytes > target && r.first+uint64(i) <= applied; i++ {
		bytes -= r.entries[i].size
		upTo = r.first + uint64(i)
	}
	if upTo > 0 {
		r.drop(upTo)
	}
}
