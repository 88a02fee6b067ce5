package group

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// Kafka's primitive types, as records and subscriptions use them. Numbers are big-endian.
//
//	string           int16 length, then UTF-8; -1 is null
//	bytes            int32 length, then bytes; -1 is null
//	array            int32 count, then elements; -1 is null
//	compact forms    the length or count plus one as an unsigned varint; 0 is null
//	tags             an unsigned varint count, then for each a tag and a size, both unsigned varints, and the bytes

// writer appends primitives.
type writer []byte

func (w *writer) int8(v int8)     { *w = append(*w, byte(v)) }
func (w *writer) int16(v int16)   { *w = binary.BigEndian.AppendUint16(*w, uint16(v)) }
func (w *writer) int32(v int32)   { *w = binary.BigEndian.AppendUint32(*w, uint32(v)) }
func (w *writer) int64(v int64)   { *w = binary.BigEndian.AppendUint64(*w, uint64(v)) }
func (w *writer) uvarint(v int)   { *w = binary.AppendUvarint(*w, uint64(v)) }
func (w *writer) raw(b []byte)    { *w = append(*w, b...) }
func (w *writer) string(s string) { w.int16(int16(len(s))); *w = append(*w, s...) }
func (w *writer) bytes(b []byte)  { w.int32(int32(len(b))); *w = append(*w, b...) }

// optional is a nullable string, null for "".
func (w *writer) optional(s string) {
	if s == "" {
		w.int16(-1)
		return
	}
	w.string(s)
}

func (w *writer) nullable(s *string) {
	if s == nil {
		w.int16(-1)
		return
	}
	w.string(*s)
}

func (w *writer) compact(s string)      { w.uvarint(len(s) + 1); *w = append(*w, s...) }
func (w *writer) compactBytes(b []byte) { w.uvarint(len(b) + 1); *w = append(*w, b...) }

func (w *writer) compactNullable(s *string) {
	if s == nil {
		w.uvarint(0)
		return
	}
	w.compact(*s)
}

// noTags ends a flexible structure.
func (w *writer) noTags() { w.uvarint(0) }

var errShort = errors.New("it ends in the middle of a field")

// reader takes primitives off its bytes. After the first field that is not there every further one is zero, and err says so.
// What it returns aliases the bytes, but for strings.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail() {
	r.b = nil
	if r.err == nil {
		r.err = errShort
	}
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.fail()
		return nil
	}
	taken := r.b[:n:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) int8() int8 {
	if b := r.take(1); b != nil {
		return int8(b[0])
	}
	return 0
}

func (r *reader) int16() int16 {
	if b := r.take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *reader) int32() int32 {
	if b := r.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *reader) int64() int64 {
	if b := r.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

func (r *reader) uvarint() int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > 1<<31 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

func (r *reader) text(n int) string {
	b := r.take(n)
	if !utf8.Valid(b) {
		r.fail()
		return ""
	}
	return string(b)
}

func (r *reader) string() string { return r.text(int(r.int16())) }

func (r *reader) nullable() *string {
	n := int(r.int16())
	if n == -1 || r.err != nil {
		return nil
	}
	s := r.text(n)
	return &s
}

// optional is a nullable string, "" for null.
func (r *reader) optional() string {
	if s := r.nullable(); s != nil {
		return *s
	}
	return ""
}

// bytes is nil for null, and not for empty.
func (r *reader) bytes() []byte {
	n := r.int32()
	if n == -1 || r.err != nil {
		return nil
	}
	return r.take(int(n))
}

func (r *reader) compact() string { return r.text(r.uvarint() - 1) }

func (r *reader) compactNullable() *string {
	n := r.uvarint()
	if n == 0 || r.err != nil {
		return nil
	}
	s := r.text(n - 1)
	return &s
}

func (r *reader) compactBytes() []byte { return r.take(r.uvarint() - 1) }

// count is an array's length, where an element takes at least least bytes: more than there is room for is an error, so that
// memory is bounded by the input. Null is 0.
func (r *reader) count(least int) int { return r.bounded(int(r.int32()), least) }

func (r *reader) compactCount(least int) int { return r.bounded(r.uvarint()-1, least) }

func (r *reader) bounded(n, least int) int {
	if n <= 0 || r.err != nil {
		return 0
	}
	if n > len(r.b)/least {
		r.fail()
		return 0
	}
	return n
}

// tags calls each with every tag of a flexible structure's end.
func (r *reader) tags(each func(tag int, b []byte)) {
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		tag := r.uvarint()
		if b := r.take(r.uvarint()); r.err == nil && each != nil {
			each(tag, b)
		}
	}
}
