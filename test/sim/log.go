package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-e634fa49/troupe/partitions"
	"github.com/seed-e634fa49/troupe/wal"
)

// memLog is one partition's log on a simulated disk: what the process sees, and what would be left if power were lost now.
type memLog struct {
	disk *disk
	name string
	gone bool // removed

	// content is what was written. Its frames are never changed in place, so copies of it share them.
	content
	hard wal.HardState
	// durable is what the last sync that has ended had to make durable.
	durable     content
	durableHard wal.HardState
	// asked are the hard states of syncs that have not ended, oldest first; later is one that nobody waits for.
	asked []wal.HardState
	later *wal.HardState

	states []savedState
	// crashes counts, so that a sync that was under way then has no effect.
	crashes int
}

// content is entries at dense indexes from first on.
type content struct {
	first    uint64
	previous uint64 // term of entry first-1
	before   int64  // next offset where there are no frames
	frames   []wal.Frame
	segments []wal.Segment // the tail last; its FirstIndex says where each begins
}

type savedState struct {
	index uint64
	bytes []byte
	at    time.Duration
}

var _ partitions.Log = (*memLog)(nil)

func newMemLog(d *disk, name string) *memLog {
	empty := content{first: 1, segments: []wal.Segment{{FirstIndex: 1, MaxTimestamp: -1}}}
	return &memLog{disk: d, name: name, content: empty, durable: empty}
}

func (l *memLog) HardState() wal.HardState { return l.hard }
func (l *memLog) FirstIndex() uint64       { return l.first }
func (l *memLog) LastIndex() uint64        { return l.first + uint64(len(l.frames)) - 1 }
func (l *memLog) Damage() []wal.Damage     { return nil }
func (l *memLog) Close() error             { return nil }

func (c *content) NextOffset() int64 {
	if n := len(c.frames); n > 0 {
		return c.frames[n-1].NextOffset()
	}
	return c.before
}

// Size is the bytes of all entries.
func (l *memLog) Size() (n int64) {
	for _, s := range l.segments {
		n += s.Bytes
	}
	return n
}

func (l *memLog) Term(index uint64) (uint64, error) {
	switch {
	case index+1 == l.first:
		return l.previous, nil
	case index < l.first:
		return 0, wal.ErrCompacted
	case index > l.LastIndex():
		return 0, wal.ErrOutOfRange
	}
	return l.frames[index-l.first].Term(), nil
}

// Append writes entries. Every frame is checked, as it is when a real log is opened again.
func (l *memLog) Append(first uint64, frames []wal.Frame) error {
	if first != l.LastIndex()+1 {
		return fmt.Errorf("appending entry %d to %s, which ends with %d", first, l.name, l.LastIndex())
	}
	for i, f := range frames {
		if err := f.Check(); err != nil {
			return fmt.Errorf("appending entry %d to %s: %w", first+uint64(i), l.name, err)
		}
		if f.BaseOffset() != l.NextOffset() {
			return fmt.Errorf("appending entry %d with base offset %d to %s, where %d is next", first+uint64(i), f.BaseOffset(), l.name, l.NextOffset())
		}
		l.frames = append(l.frames, slices.Clone(f))
		l.count(f)
		l.disk.cluster.wrote(l, first+uint64(i), f)
	}
	return nil
}

// count adds a frame to the tail's segment.
func (l *memLog) count(f wal.Frame) {
	l.segments = slices.Clone(l.segments)
	tail := &l.segments[len(l.segments)-1]
	if tail.Bytes == 0 {
		tail.BaseOffset, tail.Created = f.BaseOffset(), epoch.Add(l.disk.cluster.Now())
	}
	tail.Bytes += int64(len(f))
	tail.NextOffset = f.NextOffset()
	tail.MaxTimestamp = max(tail.MaxTimestamp, f.MaxTimestamp())
}

// Sync makes what was written until now durable, a little later.
func (l *memLog) Sync(hs *wal.HardState, done func(error)) {
	if hs != nil {
		l.hard = *hs
	}
	l.later = nil
	now, hard, crashes := l.content, l.hard, l.crashes
	l.asked = append(l.asked, hard)
	life := l.disk.life
	l.disk.cluster.clock.AfterFunc(l.disk.syncTakes(), func() {
		if l.crashes != crashes || l.gone {
			return
		}
		l.durable, l.durableHard = now, hard
		l.asked = l.asked[1:]
		life.do(func() { done(nil) })
	})
}

func (l *memLog) SyncLater(hs *wal.HardState) {
	if hs != nil {
		l.hard = *hs
		l.later = hs
	}
}

// TruncateBack cuts the end off. What is appended next goes to new memory, as others share the old.
func (l *memLog) TruncateBack(index uint64) error {
	if index+1 < l.first || index > l.LastIndex() {
		return fmt.Errorf("truncating %s behind entry %d: it has %d to %d", l.name, index, l.first, l.LastIndex())
	}
	l.content = l.cut(index)
	return nil
}

// cut is the content up to and including index.
func (c content) cut(index uint64) content {
	c.frames = slices.Clip(c.frames[:index+1-c.first])
	c.segments = slices.Clone(c.segments)
	for len(c.segments) > 1 && c.segments[len(c.segments)-1].FirstIndex > index {
		c.segments = c.segments[:len(c.segments)-1]
	}
	tail := &c.segments[len(c.segments)-1]
	*tail = wal.Segment{FirstIndex: tail.FirstIndex, BaseOffset: tail.BaseOffset, NextOffset: tail.BaseOffset, MaxTimestamp: -1, Created: tail.Created}
	for _, f := range c.frames[tail.FirstIndex-c.first:] {
		tail.Bytes += int64(len(f))
		tail.NextOffset = f.NextOffset()
		tail.MaxTimestamp = max(tail.MaxTimestamp, f.MaxTimestamp())
	}
	return c
}

func (l *memLog) Roll() error {
	if l.segments[len(l.segments)-1].Bytes > 0 {
		next := l.NextOffset()
		l.segments = append(slices.Clone(l.segments), wal.Segment{FirstIndex: l.LastIndex() + 1, BaseOffset: next, NextOffset: next, MaxTimestamp: -1})
	}
	return nil
}

func (l *memLog) Segments() []wal.Segment { return slices.Clone(l.segments) }

// DropHead deletes whole segments below an offset.
func (l *memLog) DropHead(offset int64) (uint64, error) {
	for len(l.segments) > 1 && l.segments[0].NextOffset <= offset {
		next := l.segments[1].FirstIndex
		term, err := l.Term(next - 1)
		if err != nil {
			return l.first, err
		}
		l.previous, l.before = term, l.segments[0].NextOffset
		l.frames = l.frames[next-l.first:]
		l.first, l.segments = next, l.segments[1:]
	}
	return l.first, nil
}

func (l *memLog) Frames(lo, hi uint64, maxBytes int) ([]wal.Frame, error) {
	switch {
	case lo < l.first:
		return nil, wal.ErrCompacted
	case hi > l.LastIndex()+1, lo >= hi:
		return nil, wal.ErrOutOfRange
	}
	var out []wal.Frame
	for _, f := range l.frames[lo-l.first : hi-l.first] {
		if len(out) > 0 && maxBytes < len(f) {
			break
		}
		maxBytes -= len(f)
		out = append(out, slices.Clone(f))
	}
	return out, nil
}

func (l *memLog) Heads(lo, hi uint64, maxBytes int) ([]wal.Frame, error) {
	frames, err := l.Frames(lo, hi, maxBytes)
	for i := range frames {
		if frames[i], err = frames[i].Heads(); err != nil {
			return nil, err
		}
	}
	return frames, err
}

// keptStates is how many saved states a log keeps.
const keptStates = 4

func (l *memLog) SaveState(index uint64, state []byte) {
	if len(l.states) == keptStates {
		l.states = slices.Delete(l.states, 0, 1)
	}
	l.states = append(l.states, savedState{index, slices.Clone(state), l.disk.cluster.Now()})
}

func (l *memLog) LoadState() (uint64, []byte, error) {
	for _, s := range slices.Backward(l.states) {
		if s.index <= l.LastIndex() {
			return s.index, s.bytes, nil
		}
	}
	return 0, nil, nil
}

func (l *memLog) Reader() partitions.Reader { return memReader{l.content.frames} }
