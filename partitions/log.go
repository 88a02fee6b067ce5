package partitions

import (
	"github.com/seed-e634fa49/troupe/wal"
)

// History is what the core reads of a log: what lies in it, and what was saved beside it. The core never writes; it
// returns what is to be written.
type History interface {
	HardState() wal.HardState
	FirstIndex() uint64
	LastIndex() uint64
	NextOffset() int64
	Term(index uint64) (uint64, error)
	Frames(lo, hi uint64, maxBytes int) ([]wal.Frame, error)
	Heads(lo, hi uint64, maxBytes int) ([]wal.Frame, error)
	Segments() []wal.Segment
	LoadState() (index uint64, state []byte, err error)
	Damage() []wal.Damage
}

// Log is a partition's log as its actor uses it. *wal.Log is one, the simulator has another. The meaning of each method
// is wal.Log's.
type Log interface {
	History
	Size() int64
	Append(first uint64, frames []wal.Frame) error
	Sync(hs *wal.HardState, done func(error))
	SyncLater(hs *wal.HardState)
	TruncateBack(index uint64) error
	Roll() error
	DropHead(offset int64) (uint64, error)
	SaveState(index uint64, state []byte)
	Reader() Reader
	Close() error
}

// Reader reads an immutable picture of a log from any goroutine, as wal.Reader does.
type Reader interface {
	Read(offset, limit int64, maxBytes int, atLeastOne bool) (chunks [][]byte, bytes int, release func(), err error)
	ForTime(ts, from, limit int64) (offset, timestamp int64, ok bool, err error)
	MaxTimestamp(from, limit int64) (offset, timestamp int64, ok bool, err error)
	TermAt(offset int64) uint64
	EndOffsetForTerm(term uint64) (found uint64, end int64, ok bool)
}

// sectionReader is a Reader whose log lies in files, as wal.Reader.
type sectionReader interface {
	ReadSections(offset, limit int64, maxBytes int, atLeastOne bool) (wal.Pieces, error)
}

var _ sectionReader = (*wal.Reader)(nil)

// Store is what a node's partitions share: where logs are opened and removed, and whether there is room.
type Store interface {
	Open(name string) (Log, error)
	Remove(name string) error
	Room(n int) error
}

// DiskStore is a node's Store on disk.
type DiskStore struct{ *wal.Store }

// OnDisk is the store as partitions use it.
func OnDisk(s *wal.Store) DiskStore { return DiskStore{s} }

// Open implements Store.
func (s DiskStore) Open(name string) (Log, error) {
	l, err := s.Store.Open(name)
	if err != nil {
		return nil, err
	}
	return diskLog{l}, nil
}

type diskLog struct{ *wal.Log }

func (l diskLog) Reader() Reader { return l.Log.Reader() }
