package wal

import (
	"errors"
	"fmt"
	"io"

	"github.com/seed-e634fa49/troupe/wal/record"
)

// ForTime finds the first record at or behind from and below limit whose timestamp is at least ts; ok is false if none.
func (r *Reader) ForTime(ts, from, limit int64) (offset, timestamp int64, ok bool, err error) {
	for i := r.spanAt(from); i < r.spans() && !ok && err == nil; i++ {
		sp := r.span(i)
		if sp.end == 0 || sp.maxTS < ts || sp.seg.base >= limit {
			continue
		}
		points, perr := r.store.pointsOf(sp)
		if perr != nil {
			return 0, 0, false, perr
		}
		at := max(pointBeforeTime(points, ts).pos, pointAtOffset(points, from).pos)
		err = r.batches(sp, at, from, limit, func(b record.Batch) (bool, error) {
			if b.MaxTimestamp() < ts {
				return true, nil
			}
			var berr error
			offset, timestamp, ok, berr = b.FirstAtOrAfter(ts, from)
			return !ok, berr
		})
	}
	return offset, timestamp, ok, err
}

// MaxTimestamp finds the first record with the greatest timestamp, between from and limit.
func (r *Reader) MaxTimestamp(from, limit int64) (offset, timestamp int64, ok bool, err error) {
	greatest := int64(-1)
	for i := r.spanAt(from); i < r.spans(); i++ {
		sp := r.span(i)
		if sp.end == 0 || sp.maxTS <= greatest || sp.seg.base >= limit {
			continue
		}
		ts, err := r.maxIn(sp, from, limit)
		if err != nil {
			return 0, 0, false, err
		}
		greatest = max(greatest, ts)
	}
	if greatest < 0 {
		return 0, 0, false, nil
	}
	return r.ForTime(greatest, from, limit)
}

// maxIn is the greatest timestamp in sp between from and limit; -1: none. Only the end of the range, and its beginning where
// it lies inside the segment, are read.
func (r *Reader) maxIn(sp *span, from, limit int64) (int64, error) {
	if from <= sp.seg.base && limit >= sp.next {
		return sp.maxTS, nil
	}
	points, err := r.store.pointsOf(sp)
	if err != nil {
		return 0, err
	}
	greatest, at := int64(-1), pointAtOffset(points, from)
	if from <= sp.seg.base {
		at = pointAtOffset(points, limit-1)
		greatest = at.maxTS
	}
	err = r.batches(sp, at.pos, from, limit, func(b record.Batch) (bool, error) {
		if b.MaxTimestamp() <= greatest {
			return true, nil
		}
		ts, err := maxInBatch(b, from)
		greatest = max(greatest, ts)
		return true, err
	})
	return greatest, err
}

// batches calls f for the batches of sp from position pos on that reach beyond from and begin below limit, until f returns
// false.
func (r *Reader) batches(sp *span, pos, from, limit int64, f func(record.Batch) (bool, error)) error {
	buf := newReadBuffer(readAhead)
	defer buf.release()
	c := cursor{r: r, buf: buf}
	defer c.close()
	if err := c.open(sp, pos, readAhead); err != nil {
		return err
	}
	for {
		_, size, err := c.front()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		frame, err := c.frame(size)
		if err != nil {
			return err
		}
		if frame.BaseOffset() >= limit {
			return nil
		}
		if frame.Kind() != KindRecords || frame.NextOffset() <= from {
			continue
		}
		more, err := eachBatch(frame.Payload(), from, limit, f)
		if err != nil {
			return fmt.Errorf("looking for a time in %s, in the frame at byte %d of %s: %w", r.name, c.pos-size, sp.seg.path(), err)
		}
		if !more {
			return nil
		}
	}
}

func eachBatch(p []byte, from, limit int64, f func(record.Batch) (bool, error)) (more bool, err error) {
	for len(p) > 0 {
		base, next, size, err := batchBounds(p, len(p))
		if err != nil {
			return false, err
		}
		if base >= limit {
			return false, nil
		}
		if next > from {
			if more, err := f(record.Batch(p[:size])); err != nil || !more {
				return false, err
			}
		}
		p = p[size:]
	}
	return true, nil
}

// maxInBatch is the greatest timestamp in a batch at or behind from.
func maxInBatch(b record.Batch, from int64) (int64, error) {
	if b.BaseOffset() >= from {
		return b.MaxTimestamp(), nil
	}
	greatest := int64(-1)
	for rec, err := range b.Records() {
		if err != nil {
			return 0, err
		}
		if rec.Offset >= from {
			greatest = max(greatest, rec.Timestamp)
		}
	}
	return greatest, nil
}
