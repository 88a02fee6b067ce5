package wal

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/wal/record"
)

// CONTRACT: signatures fixed for the other packages; bodies to be written. This file is replaced by real ones.

// Kind is what a frame holds.
type Kind uint8

const (
	// KindEmpty holds nothing: the first entry of a leader's term.
	KindEmpty Kind = 1
	// KindRecords holds whole record batches.
	KindRecords Kind = 2
	// KindMembers holds a raft configuration change (ConfChangeV2).
	KindMembers Kind = 3
	// KindLogStart holds a new log start offset: 8 bytes, big-endian.
	KindLogStart Kind = 4
)

// Frame is one entry of a log as it lies in memory, on disk and (as a raft entry's data) on a link:
//
//	 0  2  magic "TF"
//	 2  1  version 1
//	 3  1  kind
//	 4  4  CRC-32C of bytes 0-3 and of everything behind this field
//	 8  8  term
//	16  8  base offset      of the first record; the next offset to assign where the frame holds none
//	24  4  offset count     how many offsets the frame covers
//	28  4  payload length
//	32  8  max timestamp    milliseconds, -1 where it holds no records
//	40     payload
//
// All integers are big-endian.
type Frame []byte

const FrameHeader = 40

// NewFrame makes an unsealed frame with room for a payload of size bytes, to append to.
func NewFrame(size int) Frame { panic("contract") }

// Seal writes the header and the checksum of a frame whose payload is complete.
func (f Frame) Seal(k Kind, term uint64, baseOffset int64, count uint32, maxTimestamp int64) { panic("contract") }

// Check verifies magic, version, kind, length and checksum.
func (f Frame) Check() error { panic("contract") }

func (f Frame) Kind() Kind          { panic("contract") }
func (f Frame) Term() uint64        { panic("contract") }
func (f Frame) BaseOffset() int64   { panic("contract") }
func (f Frame) NextOffset() int64   { panic("contract") } // base offset + count
func (f Frame) MaxTimestamp() int64 { panic("contract") }
func (f Frame) Payload() []byte     { panic("contract") }

// Options of a node's store.
type Options struct {
	Dir          string
	TailMemory   int64          // budget of all tail buffers together, bytes
	SegmentBytes int64          // the largest segment, and so the largest tail buffer
	Reserve      int64          // bytes of disk kept back from producers
	Log          zerolog.Logger
	Now          func() time.Time
	// Fatal is told, once, that a sync failed: the node must stop at once.
	Fatal func(error)
}

// Store is what the logs of a node share. Safe for concurrent use.
type Store struct{}

func OpenStore(o Options) (*Store, error) { panic("contract") } // locks the directory; ErrInUse, ErrVersion

// Logs lists the names of the logs on disk.
func (s *Store) Logs() ([]string, error) { panic("contract") }

// Open recovers the log of that name, or makes it. It is for one owner, who alone calls its methods, one at a time
// (Reader's methods excepted).
func (s *Store) Open(name string) (*Log, error) { panic("contract") }

// Remove deletes a log that is not open: renamed away at once, its files deleted behind.
func (s *Store) Remove(name string) error { panic("contract") }

// Room says whether a producer may add n bytes to the disk: nil, or an error with KAFKA_STORAGE_ERROR's meaning.
func (s *Store) Room(n int) error { panic("contract") }

// Close syncs everything, writes the marker of a clean stop, and lets go of the directory.
func (s *Store) Close() error { panic("contract") }

// HardState is raft's durable state of one group. Commit is a hint.
type HardState struct{ Term, Vote, Commit uint64 }

// Log is a partition's log: frames at dense indexes, raft's.
type Log struct{}

func (l *Log) HardState() HardState { panic("contract") }

func (l *Log) FirstIndex() uint64 { panic("contract") }
func (l *Log) LastIndex() uint64  { panic("contract") } // FirstIndex-1 when empty
func (l *Log) NextOffset() int64  { panic("contract") } // the offset behind the last record
func (l *Log) Term(index uint64) (uint64, error) { panic("contract") } // also of FirstIndex-1; ErrCompacted, ErrOutOfRange
func (l *Log) Size() int64        { panic("contract") }

// Append writes frames at first, first+1 … = LastIndex+1. One write, no sync. After an error the log is as it was before.
func (l *Log) Append(first uint64, frames []Frame) error { panic("contract") }

// Sync asks for everything appended so far, and hs if it is not nil, to become durable, and has done called when it is, from
// the syncer's goroutine, in the order of the calls. It does not block. A failed sync is final: every later one fails.
func (l *Log) Sync(hs *HardState, done func(error)) { panic("contract") }

// SyncLater is Sync without a hurry and without an answer (write.caching, commit hints): within about a second.
func (l *Log) SyncLater(hs *HardState) { panic("contract") }

// TruncateBack removes everything behind index.
func (l *Log) TruncateBack(index uint64) error { panic("contract") }

// Roll seals the tail segment, if it holds anything.
func (l *Log) Roll() error { panic("contract") }

// DropHead deletes the sealed segments that lie wholly below offset, whole files, and returns the new first index.
func (l *Log) DropHead(offset int64) (uint64, error) { panic("contract") }

// Segments describes the files from the oldest on, for retention; the last one is the tail.
func (l *Log) Segments() []Segment { panic("contract") }

// Segment is one file of a log.
type Segment struct {
	FirstIndex   uint64
	BaseOffset   int64
	NextOffset   int64
	Bytes        int64
	MaxTimestamp int64 // -1: no records
	Created      time.Time
}

// Frames returns the frames from lo up to but not including hi, at least one and no more than about maxBytes.
func (l *Log) Frames(lo, hi uint64, maxBytes int) ([]Frame, error) { panic("contract") }

// SaveState keeps a snapshot of the partition's state as of index, in the background, durably; the newest two are kept.
func (l *Log) SaveState(index uint64, state []byte) { panic("contract") }

// LoadState returns the newest whole snapshot at or below LastIndex; index 0 when there is none.
func (l *Log) LoadState() (index uint64, state []byte, err error) { panic("contract") }

// Reader is an immutable picture of the log for readers on any goroutine.
func (l *Log) Reader() *Reader { panic("contract") }

// Damage lists byte ranges that recovery or a reader found rotten. Never served, never cut.
func (l *Log) Damage() []Damage { panic("contract") }

// Damage is a rotten range of a file.
type Damage struct {
	File       string
	From, To   int64
	FirstIndex uint64 // of the first entry that can't be read
	Reason     string
}

// Close lets go of the log without a sync of its own.
func (l *Log) Close() error { panic("contract") }

// Reader reads what was in the log when it was taken. It holds no lock and no descriptor.
type Reader struct{}

// Read returns whole batches from the one that holds offset, below limit, as msg.ReadRequest says. Chunks alias a pooled
// buffer until release is called. Frames that hold no records are passed over. Every frame's checksum is verified.
func (r *Reader) Read(offset, limit int64, maxBytes int, atLeastOne bool) (chunks [][]byte, bytes int, release func(), err error) {
	panic("contract")
}

// ForTime finds the first record at or behind from and below limit whose timestamp is at least ts; ok is false if none.
func (r *Reader) ForTime(ts, from, limit int64) (offset, timestamp int64, ok bool, err error) { panic("contract") }

// MaxTimestamp finds the first record with the greatest timestamp, between from and limit.
func (r *Reader) MaxTimestamp(from, limit int64) (offset, timestamp int64, ok bool, err error) { panic("contract") }

// TermAt is the term of the frame that holds offset; 0 if none.
func (r *Reader) TermAt(offset int64) uint64 { panic("contract") }

// EndOffsetForTerm is the greatest term not above the one asked for, and the offset at which the next one begins (or
// the log's end); ok is false if there is none.
func (r *Reader) EndOffsetForTerm(term uint64) (found uint64, end int64, ok bool) { panic("contract") }

var _ = record.HeaderSize
