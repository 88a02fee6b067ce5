package partitions

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// memLog is a log without files: frames, and an explicit mark up to which they are durable. It is the dumb twin of wal.Log.
type memLog struct {
	first  uint64
	frames []wal.Frame
	rolls  []uint64             // first index of each segment, the tail last
	made   map[uint64]time.Time // when, by first index
	before int64                // next offset where the log is empty
	prev   uint64               // term of first-1
	now    func() time.Time

	owner   wal.Owner
	durable uint64 // index
	hard    wal.HardState
	synced  wal.HardState

	pending []memSync
	syncs   int // asked for by Sync
	states  []memState
	damage  []wal.Damage
	broken  error // of the next Append
}

type memSync struct {
	upTo uint64
	hs   wal.HardState
	done func(error)
}

type memState struct {
	index uint64
	bytes []byte
}

func newMemLog() *memLog {
	return &memLog{first: 1, rolls: []uint64{1}, made: map[uint64]time.Time{}, now: func() time.Time { return time.UnixMilli(0) }}
}

var _ Log = (*memLog)(nil)

func (l *memLog) Owner() wal.Owner         { return l.owner }
func (l *memLog) SetOwner(o wal.Owner)     { l.owner = o }
func (l *memLog) HardState() wal.HardState { return l.hard }
func (l *memLog) FirstIndex() uint64       { return l.first }
func (l *memLog) LastIndex() uint64        { return l.first + uint64(len(l.frames)) - 1 }
func (l *memLog) Damage() []wal.Damage     { return l.damage }
func (l *memLog) Close() error             { return nil }

func (l *memLog) NextOffset() int64 {
	if n := len(l.frames); n > 0 {
		return l.frames[n-1].NextOffset()
	}
	return l.before
}

func (l *memLog) Size() int64 {
	n := 0
	for _, f := range l.frames {
		n += len(f)
	}
	return int64(n)
}

func (l *memLog) Term(index uint64) (uint64, error) {
	switch {
	case index+1 == l.first:
		return l.prev, nil
	case index < l.first:
		return 0, wal.ErrCompacted
	case index > l.LastIndex():
		return 0, wal.ErrOutOfRange
	}
	return l.frames[index-l.first].Term(), nil
}

func (l *memLog) Append(first uint64, frames []wal.Frame) error {
	if err := l.broken; err != nil {
		l.broken = nil
		return err
	}
	if first != l.LastIndex()+1 {
		return fmt.Errorf("append at %d behind %d", first, l.LastIndex())
	}
	if len(l.frames) == 0 {
		l.made[first] = l.now()
	}
	for _, f := range frames {
		if err := f.Check(); err != nil {
			return err
		}
		if f.BaseOffset() != l.NextOffset() {
			return fmt.Errorf("base offset %d where %d is next", f.BaseOffset(), l.NextOffset())
		}
		l.frames = append(l.frames, slices.Clone(f))
	}
	return nil
}

func (l *memLog) Sync(hs *wal.HardState, done func(error)) {
	l.syncs++
	if hs != nil {
		l.hard = *hs
	}
	l.pending = append(l.pending, memSync{l.LastIndex(), l.hard, done})
}

func (l *memLog) SyncLater(hs *wal.HardState) {
	if hs != nil {
		l.hard = *hs
	}
}

// flush makes the first n syncs that were asked for durable; -1: all.
func (l *memLog) flush(n int) {
	if n < 0 || n > len(l.pending) {
		n = len(l.pending)
	}
	for _, s := range l.pending[:n] {
		l.durable, l.synced = max(l.durable, min(s.upTo, l.LastIndex())), s.hs
		s.done(nil)
	}
	l.pending = l.pending[n:]
}

// crash makes the log what is left of it: everything durable, and of what is not the frames up to and including keep.
func (l *memLog) crash(keep uint64) {
	l.pending = nil
	if l.hard.Term > l.synced.Term && keep > l.durable {
		l.synced = l.hard // the sync may have got that far
	}
	l.hard = l.synced
	_ = l.TruncateBack(max(l.durable, min(keep, l.LastIndex())))
	l.durable = l.LastIndex()
}

func (l *memLog) TruncateBack(index uint64) error {
	l.frames = l.frames[:index+1-l.first]
	l.durable = min(l.durable, index)
	for len(l.rolls) > 1 && l.rolls[len(l.rolls)-1] > index {
		l.rolls = l.rolls[:len(l.rolls)-1]
	}
	return nil
}

func (l *memLog) Roll() error {
	if tail := l.rolls[len(l.rolls)-1]; tail <= l.LastIndex() {
		l.rolls = append(l.rolls, l.LastIndex()+1)
		l.made[l.LastIndex()+1] = l.now()
	}
	return nil
}

func (l *memLog) Segments() []wal.Segment {
	out := make([]wal.Segment, len(l.rolls))
	for i, first := range l.rolls {
		end := l.LastIndex() + 1
		if i+1 < len(l.rolls) {
			end = l.rolls[i+1]
		}
		s := wal.Segment{FirstIndex: first, MaxTimestamp: -1, Created: l.made[first], BaseOffset: l.NextOffset(), NextOffset: l.NextOffset()}
		for j := first; j < end; j++ {
			f := l.frames[j-l.first]
			if j == first {
				s.BaseOffset = f.BaseOffset()
			}
			s.NextOffset = f.NextOffset()
			s.Bytes += int64(len(f))
			s.MaxTimestamp = max(s.MaxTimestamp, f.MaxTimestamp())
		}
		out[i] = s
	}
	return out
}

func (l *memLog) DropHead(offset int64) (uint64, error) {
	for _, s := range l.Segments() {
		if len(l.rolls) == 1 || s.NextOffset > offset {
			break
		}
		next := l.rolls[1]
		l.prev, _ = l.Term(next - 1)
		l.before = s.NextOffset
		l.frames = l.frames[next-l.first:]
		l.first, l.rolls = next, l.rolls[1:]
	}
	return l.first, nil
}

func (l *memLog) Frames(lo, hi uint64, maxBytes int) ([]wal.Frame, error) {
	if lo < l.first {
		return nil, wal.ErrCompacted
	}
	if hi > l.LastIndex()+1 || lo >= hi {
		return nil, wal.ErrOutOfRange
	}
	var out []wal.Frame
	for i := lo; i < hi; i++ {
		f := l.frames[i-l.first]
		if len(out) > 0 && maxBytes < len(f) {
			break
		}
		maxBytes -= len(f)
		out = append(out, slices.Clone(f))
	}
	return out, nil
}

// Heads returns the heads of no more than three frames: at least one is all that is promised.
func (l *memLog) Heads(lo, hi uint64, _ int) ([]wal.Frame, error) {
	frames, err := l.Frames(lo, hi, 1<<40)
	out := make([]wal.Frame, min(len(frames), 3))
	for i := range out {
		if out[i], err = frames[i].Heads(); err != nil {
			return nil, err
		}
	}
	return out, err
}

func (l *memLog) SaveState(index uint64, state []byte) {
	l.states = append(l.states, memState{index, state})
}

func (l *memLog) LoadState() (uint64, []byte, error) {
	for _, s := range slices.Backward(l.states) {
		if s.index <= l.LastIndex() {
			return s.index, s.bytes, nil
		}
	}
	return 0, nil, nil
}

func (l *memLog) Reader() Reader { return memReader{slices.Clone(l.frames)} }

// memReader reads a memLog.
type memReader struct{ frames []wal.Frame }

func (r memReader) batches() []record.Batch {
	var out []record.Batch
	for _, f := range r.frames {
		if f.Kind() == wal.KindRecords {
			_ = batchesOf(f, func(b record.Batch) { out = append(out, b) })
		}
	}
	return out
}

func (r memReader) Read(offset, limit int64, maxBytes int, atLeastOne bool) (chunks [][]byte, bytes int, release func(), err error) {
	for _, b := range r.batches() {
		if b.LastOffset() < offset {
			continue
		}
		if b.LastOffset() >= limit || bytes+len(b) > maxBytes && !(atLeastOne && bytes == 0) {
			break
		}
		chunks, bytes = append(chunks, b), bytes+len(b)
	}
	return chunks, bytes, func() {}, nil
}

func (r memReader) ForTime(ts, from, limit int64) (offset, timestamp int64, ok bool, err error) {
	for _, b := range r.batches() {
		for rec, err := range b.Records() {
			if err == nil && rec.Offset >= from && rec.Offset < limit && rec.Timestamp >= ts {
				return rec.Offset, rec.Timestamp, true, nil
			}
		}
	}
	return -1, -1, false, nil
}

func (r memReader) MaxTimestamp(from, limit int64) (offset, timestamp int64, ok bool, err error) {
	timestamp = -1
	for _, b := range r.batches() {
		for rec, err := range b.Records() {
			if err == nil && rec.Offset >= from && rec.Offset < limit && rec.Timestamp > timestamp {
				offset, timestamp, ok = rec.Offset, rec.Timestamp, true
			}
		}
	}
	return offset, timestamp, ok, nil
}

func (r memReader) TermAt(offset int64) uint64 {
	for _, f := range r.frames {
		if f.BaseOffset() <= offset && offset < f.NextOffset() {
			return f.Term()
		}
	}
	return 0
}

func (r memReader) EndOffsetForTerm(term uint64) (found uint64, end int64, ok bool) {
	for _, f := range r.frames {
		if f.Term() <= term {
			found, end, ok = f.Term(), f.NextOffset(), true
		}
	}
	return found, end, ok
}
