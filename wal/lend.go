//lint:file-ignore U1000 the mirrors have every field, used or not

package wal

import (
	"reflect"
	"unsafe"

	twal "github.com/tidwall/wal"
)

// tidwall/wal keeps a copy of its whole tail segment in memory, for reads that we never ask it for, in a buffer that grows
// in 1.25x steps of fresh memory. That buffer (segments[last].ebuf) also is where it lays out what it writes. So it is lent
// one for the length of a write, and left without one in between: the heap holds what is being written, not the tails.
//
// The fields are private, so they are reached by their offsets. The mirrors below are compared, field by field, with the
// pinned version when the program starts (and by a test). Should they differ, lending is off: everything still works, but
// each open tail is held in memory, and tails are closed to keep within Options.TailMemory.

// tidwallSegment mirrors tidwall/wal's segment.
type tidwallSegment struct {
	path  string
	index uint64
	ebuf  []byte
	epos  []tidwallPosition
}

type tidwallPosition struct{ pos, end int }

// tidwallBatch mirrors tidwall/wal's Batch.
type tidwallBatch struct {
	entries []tidwallEntry
	datas   []byte
}

type tidwallEntry struct {
	index uint64
	size  int
}

var segmentsOffset, lending = findSegments(reflect.TypeFor[twal.Log](), reflect.TypeFor[twal.Batch]())

// findSegments returns the offset of a log's list of segments, and whether everything is laid out as the mirrors say.
func findSegments(log, batch reflect.Type) (uintptr, bool) {
	list, ok := log.FieldByName("segments")
	if !ok || list.Type.Kind() != reflect.Slice || list.Type.Elem().Kind() != reflect.Pointer {
		return 0, false
	}
	return list.Offset, sameLayout(list.Type.Elem().Elem(), reflect.TypeFor[tidwallSegment]()) &&
		sameLayout(batch, reflect.TypeFor[tidwallBatch]())
}

// sameLayout reports whether two types are made of the same fields at the same places.
func sameLayout(a, b reflect.Type) bool {
	if a.Kind() != b.Kind() || a.Size() != b.Size() {
		return false
	}
	switch a.Kind() {
	case reflect.Struct:
		if a.NumField() != b.NumField() {
			return false
		}
		for i := range a.NumField() {
			fa, fb := a.Field(i), b.Field(i)
			if fa.Name != fb.Name || fa.Offset != fb.Offset || !sameLayout(fa.Type, fb.Type) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Pointer:
		return sameLayout(a.Elem(), b.Elem())
	default:
		return a == b
	}
}

// lastSegment is tidwall/wal's tail.
func lastSegment(l *twal.Log) *tidwallSegment {
	list := *(*[]*tidwallSegment)(unsafe.Add(unsafe.Pointer(l), segmentsOffset))
	return list[len(list)-1]
}

// loan is what a write borrows.
type loan struct {
	batch    twal.Batch
	borrowed bool   // the batch holds a frame that is not its own
	datas    []byte // the batch's own, meanwhile
	ebuf     []byte
	epos     []tidwallPosition
}

// fill puts frames into the batch. A lone frame is borrowed, not copied.
func (b *loan) fill(first uint64, frames []Frame) {
	if !lending || len(frames) != 1 {
		for i, f := range frames {
			b.batch.Write(first+uint64(i), f)
		}
		return
	}
	m := (*tidwallBatch)(unsafe.Pointer(&b.batch))
	b.datas, b.borrowed = m.datas, true
	m.entries = append(m.entries[:0], tidwallEntry{first, len(frames[0])})
	m.datas = frames[0]
}

// lend gives the log's tail an empty buffer.
func (b *loan) lend(l *twal.Log) {
	if lending {
		s := lastSegment(l)
		s.ebuf, s.epos = b.ebuf[:0], b.epos[:0]
	}
}

// takeBack leaves the log's tail without a buffer, and the batch without a frame that is not its own.
func (b *loan) takeBack(l *twal.Log) {
	if !lending {
		b.batch.Clear()
		return
	}
	s := lastSegment(l)
	b.ebuf, b.epos = s.ebuf[:0], s.epos[:0]
	s.ebuf, s.epos = nil, nil
	if b.borrowed {
		(*tidwallBatch)(unsafe.Pointer(&b.batch)).datas = b.datas
		b.datas, b.borrowed = nil, false
	}
	b.batch.Clear()
}

// size is the memory that the loan holds.
func (b *loan) size() int64 {
	return int64(cap(b.ebuf) + cap((*tidwallBatch)(unsafe.Pointer(&b.batch)).datas))
}
