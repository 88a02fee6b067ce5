package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/seed-e634fa49/troupe/wal/record"
)

// Read returns whole batches from the one that holds offset, below limit (which never lies inside a batch), maxBytes of them
// in all; the first one even if it is larger, if atLeastOne. Chunks alias a pooled buffer until release is called. Frames that
// hold no records are passed over. Every frame's checksum is verified, also where only a part of it is returned.
func (r *Reader) Read(offset, limit int64, maxBytes int, atLeastOne bool) (chunks [][]byte, bytes int, release func(), err error) {
	q := &query{offset: max(offset, r.base), limit: limit, maxBytes: maxBytes, atLeastOne: atLeastOne}
	err = r.read(q)
	return q.chunks(), q.bytes, q.release(), err
}

// read does what q asks for, in the first segment that has some of it.
func (r *Reader) read(q *query) (err error) {
	if q.offset >= min(q.limit, r.tail.next) || q.maxBytes <= 0 && !q.atLeastOne {
		return nil
	}
	for i := r.spanAt(q.offset); i < r.spans() && !q.full; i++ {
		sp := r.span(i)
		if sp.end == 0 || sp.seg.base >= q.limit {
			continue
		}
		err = r.readSpan(sp, q)
		if q.bytes > 0 || err != nil {
			break
		}
	}
	return err
}

// query is one Read under way.
type query struct {
	offset, limit int64
	maxBytes      int
	atLeastOne    bool
	sectioned     bool // sections are welcome

	sections []Section
	handle   *handle // of the sections' file
	buf      *readBuffer
	bytes    int // in sections and chunks
	full     bool
}

func (q *query) chunks() [][]byte {
	if q.buf == nil || len(q.buf.chunks) == 0 {
		return nil
	}
	return q.buf.chunks
}

// release is what lets go of what q has read. A buffer that holds nothing goes at once.
func (q *query) release() func() {
	buf, h := q.buf, q.handle
	if buf != nil && len(buf.chunks) == 0 {
		buf.release()
		buf = nil
	}
	switch {
	case buf == nil && h == nil:
		return func() {}
	case h == nil:
		return buf.release
	}
	return func() {
		h.release()
		if buf != nil {
			buf.release()
		}
	}
}

// readSpan adds batches of one span to q. If it has added some, damage behind them is left for the next read to report.
func (r *Reader) readSpan(sp *span, q *query) error {
	from, err := r.store.startAt(sp, q.offset)
	if err != nil {
		return err
	}
	if q.sectioned {
		if from = r.readSections(sp, q, from); q.full || from.pos >= sp.end {
			return nil
		}
	}
	if q.buf == nil { // room for what is wanted, and what lies between the point and that
		q.buf = newReadBuffer(int(min(int64(q.maxBytes-q.bytes)+pointEvery+FrameHeader, sp.end-from.pos)))
	}
	c := cursor{r: r, buf: q.buf}
	defer c.close()
	if err := c.open(sp, from.pos, len(q.buf.mem)); err != nil {
		return err
	}
	err = q.collect(&c, false)
	if errors.Is(err, errSkipped) {
		c.pos = from.pos
		err = q.collect(&c, true)
	}
	if errors.Is(err, errSkipped) {
		err = r.rot.missing(sp, from, fmt.Sprintf("the records from offset %d on are missing", q.offset))
	}
	if errors.Is(err, io.EOF) || q.bytes > 0 {
		return nil
	}
	return err
}

// errSkipped says that the frame that holds the offset was not met: there is a hole, or a damaged header led us astray.
var errSkipped = errors.New("the frame that holds the offset was passed over")

// collect walks frames until q is full. Frames before the offset are stepped over by their headers, unless verify is set.
func (q *query) collect(c *cursor, verify bool) error {
	verifiedFrom := int64(-1)
	defer func() { c.verified(verifiedFrom) }()
	for !q.full {
		if q.bytes > 0 && c.ends() {
			return nil
		}
		head, size, err := c.front()
		if err != nil {
			return err
		}
		before := head.NextOffset() <= q.offset
		switch {
		case !before && head.BaseOffset() >= q.limit:
			return q.passed(c, size)
		case before && !verify:
			c.pos += size
			continue
		case q.bytes == 0 && head.BaseOffset() > q.offset:
			return errSkipped
		case q.bytes > 0 && !c.whole(size):
			return nil
		}
		f, err := c.frame(size)
		if err != nil {
			return err
		}
		if verifiedFrom < 0 {
			verifiedFrom = c.pos - size
		}
		if before || f.Kind() != KindRecords {
			continue
		}
		if err := q.add(f); err != nil {
			return c.failed(c.sp, c.pos-size, err)
		}
	}
	return nil
}

// passed ends a walk at a frame behind the limit, if it is what it says.
func (q *query) passed(c *cursor, size int64) error {
	if q.bytes == 0 {
		if _, err := c.frame(size); err != nil {
			return err
		}
	}
	q.full = true
	return nil
}

// add takes from a frame the batches that are wanted.
func (q *query) add(f Frame) error {
	p := f.Payload()
	from, to := 0, len(p)
	if !q.wantsAll(f, len(p)) {
		var err error
		if from, to, err = q.choose(len(p), func(at int) ([]byte, error) { return p[at:], nil }); err != nil {
			return err
		}
	}
	if from < to {
		q.buf.chunks = append(q.buf.chunks, p[from:to])
		q.took(to - from)
	}
	return nil
}

// wantsAll reports whether every batch of a frame, of size bytes in all, is wanted. The frame's header is enough.
func (q *query) wantsAll(head Frame, size int) bool {
	return head.BaseOffset() >= q.offset && head.NextOffset() <= q.limit && q.bytes+size <= q.maxBytes
}

// choose finds which of a frame's batches, of size bytes in all, are wanted: those from byte from on, up to to. header gives
// it at least the header of the batch at a place.
func (q *query) choose(size int, header func(at int) ([]byte, error)) (from, to int, err error) {
	from = -1
	for at, end := 0, 0; at < size && !q.full; at = end {
		p, err := header(at)
		if err != nil {
			return 0, 0, err
		}
		base, next, n, err := batchBounds(p, size-at)
		if err != nil {
			return 0, 0, err
		}
		end = at + n
		if next <= q.offset {
			continue
		}
		begin := from
		if begin < 0 {
			begin = at
		}
		if base >= q.limit || !q.fits(end-begin, from >= 0) {
			q.full = true
			break
		}
		from, to = begin, end
	}
	return max(from, 0), to, nil
}

// fits reports whether n more bytes may be taken; the very first batch always may, if at least one is wanted.
func (q *query) fits(n int, some bool) bool {
	return q.bytes+n <= q.maxBytes || q.atLeastOne && q.bytes == 0 && !some
}

func (q *query) took(n int) {
	q.bytes += n
	q.full = q.full || q.bytes >= q.maxBytes
}

// batchHead is how much of a record batch tells its bounds.
const batchHead = record.HeaderSize

// batchBounds reads the offsets and the size of the record batch that p begins with, where there are room bytes for it.
func batchBounds(p []byte, room int) (base, next int64, size int, err error) {
	if len(p) < batchHead {
		return 0, 0, 0, fmt.Errorf("a record batch of %d bytes is cut off", len(p))
	}
	base = int64(binary.BigEndian.Uint64(p))
	size = 12 + int(int32(binary.BigEndian.Uint32(p[8:])))
	if size < batchHead || size > room {
		return 0, 0, 0, fmt.Errorf("a record batch of %d bytes does not fit into its frame", size)
	}
	next = base + int64(int32(binary.BigEndian.Uint32(p[23:]))) + 1
	return base, next, size, nil
}
