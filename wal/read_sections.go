package wal

import "os"

// Section is a piece of a segment's file that holds whole batches.
type Section struct {
	File *os.File // to be read at a position, never closed by who is given it
	At   int64    // bytes
	Size int64
}

// Pieces are whole batches in order: first those in the sections, then those in the chunks. Both are valid until Release,
// which is never nil, is called. A section that can't be read to its end was cut off meanwhile; committed batches never are.
type Pieces struct {
	Sections []Section
	Chunks   [][]byte
	Bytes    int
	Release  func()
}

// sectionFrom is the size of the smallest frame that is worth a system call of its own. Smaller ones are copied.
const sectionFrom = 32 << 10

// ReadSections is Read for whoever can send a file's bytes as they lie. Large frames that were verified lately (verified.go)
// come as sections, so that their bytes are neither copied nor looked at; from the first other frame on it reads like Read.
//
// A frame's header lies in front of its batches, so each large frame is a section of its own:
//
//	| head | batch batch batch | head | batch batch | head | batch |
//	       |--- a section ----|       |- a section -|      copied
//
// The headers, of frames and of batches where a frame is wanted in part, are read to find the sections' bounds.
func (r *Reader) ReadSections(offset, limit int64, maxBytes int, atLeastOne bool) (Pieces, error) {
	q := &query{offset: max(offset, r.base), limit: limit, maxBytes: maxBytes, atLeastOne: atLeastOne, sectioned: true}
	err := r.read(q)
	return Pieces{q.sections, q.chunks(), q.bytes, q.release()}, err
}

// readSections adds sections of a span to q, from from on, and returns where to read on; q is full if nowhere. What is
// unusual is left to collect, which verifies what it meets.
func (r *Reader) readSections(sp *span, q *query, from point) point {
	if sp.end-from.pos < sectionFrom || q.maxBytes < sectionFrom {
		return from
	}
	buf := newReadBuffer(sectionWindow)
	defer buf.release()
	c := cursor{r: r, buf: buf}
	defer c.close()
	if c.open(sp, from.pos, sectionWindow) != nil {
		return from
	}
	q.collectSections(&c)
	if q.bytes == 0 {
		return from
	}
	from.pos = c.pos
	return from
}

// sectionWindow is how much is read at a time to look at headers.
const sectionWindow = 1 << minReadClass

// collectSections walks frames as long as they can be sent as they lie, or need not be sent.
func (q *query) collectSections(c *cursor) {
	now := c.r.store.opts.Now()
	for !q.full {
		head, size, err := c.front()
		if err != nil {
			return
		}
		before := head.NextOffset() <= q.offset
		switch {
		case before:
			c.pos += size
			continue
		case head.BaseOffset() >= q.limit:
			q.full = q.bytes > 0
			return
		case !c.sp.seg.verified.covers(c.pos, c.pos+size, now) || q.bytes == 0 && head.BaseOffset() > q.offset:
			return
		case head.Kind() != KindRecords:
			c.pos += size
			continue
		case size < sectionFrom:
			return
		}
		if !q.addSection(c, head, size) {
			return
		}
	}
}

// addSection takes from the frame in front, of size bytes, what is wanted, and steps behind it.
func (q *query) addSection(c *cursor, head Frame, size int64) bool {
	length := int64(head.payloadLength())
	payload := c.pos + size - length
	from, to := int64(0), length
	if !q.wantsAll(head, int(length)) {
		a, b, err := q.choose(int(length), func(at int) ([]byte, error) { return c.peek(payload+int64(at), batchHead) })
		if err != nil {
			return false
		}
		from, to = int64(a), int64(b)
	}
	c.pos = payload + length
	if from == to {
		return q.bytes > 0 // what does not fit alone is left to collect
	}
	if q.handle == nil {
		q.handle = c.h.acquire()
	}
	q.sections = append(q.sections, Section{c.h.File, payload + from, to - from})
	q.took(int(to - from))
	c.r.store.stats.sent.Add(to - from)
	return true
}
