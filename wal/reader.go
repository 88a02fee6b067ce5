package wal

import (
	"errors"
	"io"
	"sort"
)

// Reader reads what was in the log when it was taken. It is immutable: it holds no lock and no descriptor, and may be used
// from any goroutine. Taking one costs one allocation.
type Reader struct {
	store  *Store
	rot    *rot
	name   string
	sealed []span
	tail   span
	terms  []termStart
	base   int64 // offset of the first record
}

// Reader is an immutable picture of the log for readers on any goroutine.
func (l *Log) Reader() *Reader {
	return &Reader{store: l.store, rot: l.rot, name: l.name, sealed: l.sealed, tail: l.tail.span, terms: l.terms, base: l.head.offset}
}

// spans counts the segments; span returns one of them, the oldest first.
func (r *Reader) spans() int { return len(r.sealed) + 1 }

func (r *Reader) span(i int) *span {
	if i < len(r.sealed) {
		return &r.sealed[i]
	}
	return &r.tail
}

// spanAt is the number of the first segment that reaches beyond offset.
func (r *Reader) spanAt(offset int64) int {
	return sort.Search(len(r.sealed), func(i int) bool { return r.sealed[i].next > offset })
}

// TermAt is the term of the frame that holds offset; 0 if none.
func (r *Reader) TermAt(offset int64) uint64 {
	if offset < r.base || offset >= r.tail.next {
		return 0
	}
	i := sort.Search(len(r.terms), func(i int) bool { return r.terms[i].offset > offset })
	if i == 0 {
		return 0
	}
	return r.terms[i-1].term
}

// EndOffsetForTerm is the greatest term not above the one asked for, and the offset at which the next one begins (or the
// log's end); ok is false if there is none.
func (r *Reader) EndOffsetForTerm(term uint64) (found uint64, end int64, ok bool) {
	i := sort.Search(len(r.terms), func(i int) bool { return r.terms[i].term > term })
	if i == 0 {
		return 0, 0, false
	}
	if i == len(r.terms) {
		return r.terms[i-1].term, r.tail.next, true
	}
	return r.terms[i-1].term, r.terms[i].offset, true
}

// cursor walks the entries of one span, reading ahead into a buffer.
type cursor struct {
	r   *Reader
	sp  *span
	buf *readBuffer
	h   *handle
	end int64 // of what can be read: less than the span's where the file was cut since
	pos int64 // of the entry in front
	win []byte
	at  int64 // where in the file win lies
}

// open makes c walk sp from pos on, reading about ahead bytes at first.
func (c *cursor) open(sp *span, pos int64, ahead int) error {
	h, err := c.r.store.files.acquire(sp.seg)
	if err != nil {
		return c.failed(sp, pos, err)
	}
	c.sp, c.h, c.pos = sp, h, pos
	c.end = min(sp.end, sp.seg.valid.Load())
	if pos >= c.end && c.end < sp.end {
		return c.failed(sp, pos, ErrCutOff)
	}
	return c.load(pos, int64(ahead))
}

func (c *cursor) close() {
	if c.h != nil {
		c.h.release()
		c.h = nil
	}
}

// load fills the window with n bytes at pos, or what there is.
func (c *cursor) load(pos, n int64) error {
	n = min(n, c.end-pos)
	c.win, c.at = c.buf.room(int(n)), pos
	m, err := c.r.store.disk.ReadAt(c.h.File, c.win, pos)
	c.r.store.stats.read.Add(int64(m))
	if m < len(c.win) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return c.failed(c.sp, pos, err)
	}
	return nil
}

// front looks at the entry in front: its header, and its size. io.EOF is the end of the span.
func (c *cursor) front() (head Frame, size int64, err error) {
	switch {
	case c.pos >= c.sp.end:
		return nil, 0, io.EOF
	case c.pos >= c.end:
		return nil, 0, c.failed(c.sp, c.pos, ErrCutOff)
	}
	if err := c.need(min(entryHead, c.end-c.pos)); err != nil {
		return nil, 0, err
	}
	p := c.win[c.pos-c.at:]
	length, n, err := entryLength(p)
	if err == nil && int64(n+length) > c.end-c.pos {
		err = errors.New("the entry reaches beyond the end of the log")
	}
	if err == nil {
		head = Frame(p[n : n+FrameHeader])
		err = head.checkHeader(length)
	}
	if err != nil {
		return nil, 0, c.failed(c.sp, c.pos, err)
	}
	return head, int64(n + length), nil
}

// whole reports whether all of the entry in front, of size bytes, is in the window.
func (c *cursor) whole(size int64) bool { return c.pos+size <= c.at+int64(len(c.win)) }

// ends reports whether the window ends before the header of the entry in front: whoever has something stops here.
func (c *cursor) ends() bool { return !c.whole(min(entryHead, c.end-c.pos)) }

// need makes the window hold n bytes from the entry in front on.
func (c *cursor) need(n int64) error {
	if c.whole(n) {
		return nil
	}
	return c.load(c.pos, max(n, min(int64(cap(c.win)), readAhead)))
}

// frame reads the entry in front, of size bytes, verifies it, and steps behind it.
func (c *cursor) frame(size int64) (Frame, error) {
	if err := c.need(size); err != nil {
		return nil, err
	}
	p := c.win[c.pos-c.at:][:size]
	length, n, err := entryLength(p)
	if err == nil && int64(n+length) != size {
		err = errChecksum
	}
	if err == nil {
		err = Frame(p[n:]).Check()
	}
	if err != nil {
		return nil, c.failed(c.sp, c.pos, err)
	}
	c.pos += size
	return Frame(p[n:]), nil
}

// peek returns n bytes at pos, which stay until the next call.
func (c *cursor) peek(pos int64, n int) ([]byte, error) {
	if pos < c.at || pos+int64(n) > c.at+int64(len(c.win)) {
		if c.end-pos < int64(n) {
			return nil, io.ErrUnexpectedEOF
		}
		if err := c.load(pos, int64(max(n, cap(c.win)))); err != nil {
			return nil, err
		}
	}
	return c.win[pos-c.at:][:n], nil
}

// verified takes note that every entry between from and the one in front was verified; a negative from is none.
func (c *cursor) verified(from int64) {
	if from >= 0 && from < c.pos {
		c.sp.seg.verified.add(from, c.pos, c.r.store.opts.Now())
	}
}

// failed says what a failure to read at pos means: the log was cut since the reader was taken, or it is damaged.
func (c *cursor) failed(sp *span, pos int64, cause error) error {
	if errors.Is(cause, ErrCutOff) || sp.seg.valid.Load() < sp.end {
		return storageErr(ErrCutOff, "reading %s", c.r.name)
	}
	sp.seg.verified.clear()
	return c.r.rot.add(damageAt(sp.seg, pos, sp.end, indexAt(c.r.store, sp, pos), cause))
}

// indexAt is the index of the last point that is not behind pos.
func indexAt(s *Store, sp *span, pos int64) uint64 {
	points := sp.points
	if points == nil {
		points = s.indexes.get(sp.seg)
	}
	i := sort.Search(len(points), func(i int) bool { return points[i].pos > pos })
	if i == 0 {
		return sp.seg.first
	}
	return points[i-1].index
}
