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
	none := func() {}
	if offset >= min(limit, r.tail.next) || maxBytes <= 0 && !atLeastOne {
		return nil, 0, none, nil
	}
	q := &query{offset: max(offset, r.base), limit: limit, maxBytes: maxBytes, atLeastOne: atLeastOne}
	for i := r.spanAt(q.offset); i < r.spans() && !q.full; i++ {
		sp := r.span(i)
		if sp.end == 0 || sp.seg.base >= limit {
			continue
		}
		err = r.readSpan(sp, q)
		if q.bytes > 0 || err != nil {
			break
		}
	}
	switch {
	case q.buf == nil:
		return nil, 0, none, err
	case q.bytes == 0:
		q.buf.release()
		return nil, 0, none, err
	}
	return q.buf.chunks, q.bytes, q.buf.release, nil
}

// query is one Read under way.
type query struct {
	offset, limit int64
	maxBytes      int
	atLeastOne    bool

	buf   *readBuffer
	bytes int
	full  bool
}

// readSpan adds batches of one span to q. If it has added some, damage behind them is left for the next read to report.
func (r *Reader) readSpan(sp *span, q *query) error {
	from, err := r.store.startAt(sp, q.offset)
	if err != nil {
		return err
	}
	if q.buf == nil { // room for what is wanted, and what lies between the point and that
		q.buf = newReadBuffer(int(min(int64(q.maxBytes)+pointEvery+FrameHeader, sp.end-from.pos)))
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
	if f.BaseOffset() >= q.offset && f.NextOffset() <= q.limit && q.bytes+len(p) <= q.maxBytes {
		q.take(p)
		return nil
	}
	from, to := -1, 0
	for rest := p; len(rest) > 0 && !q.full; {
		base, next, size, err := batchBounds(rest)
		if err != nil {
			return err
		}
		at := len(p) - len(rest)
		rest = rest[size:]
		if next <= q.offset {
			continue
		}
		begin := from
		if begin < 0 {
			begin = at
		}
		if base >= q.limit || !q.fits(at+size-begin, from >= 0) {
			q.full = true
			break
		}
		from, to = begin, at+size
	}
	if from >= 0 {
		q.take(p[from:to])
	}
	return nil
}

// fits reports whether n more bytes may be taken; the very first batch always may, if at least one is wanted.
func (q *query) fits(n int, some bool) bool {
	return q.bytes+n <= q.maxBytes || q.atLeastOne && q.bytes == 0 && !some
}

func (q *query) take(p []byte) {
	q.buf.chunks = append(q.buf.chunks, p)
	q.bytes += len(p)
	q.full = q.full || q.bytes >= q.maxBytes
}

// batchBounds reads the offsets and the size of the record batch that p begins with.
func batchBounds(p []byte) (base, next int64, size int, err error) {
	if len(p) < record.HeaderSize {
		return 0, 0, 0, fmt.Errorf("a record batch of %d bytes is cut off", len(p))
	}
	base = int64(binary.BigEndian.Uint64(p))
	size = 12 + int(int32(binary.BigEndian.Uint32(p[8:])))
	if size < record.HeaderSize || size > len(p) {
		return 0, 0, 0, fmt.Errorf("a record batch of %d bytes does not fit into its frame", size)
	}
	next = base + int64(int32(binary.BigEndian.Uint32(p[23:]))) + 1
	return base, next, size, nil
}
