package wal

import (
	"errors"
	"fmt"
	"io"
)

// Frames returns the frames from lo up to but not including hi, at least one and no more than about maxBytes. They are the
// caller's to keep.
func (l *Log) Frames(lo, hi uint64, maxBytes int) ([]Frame, error) {
	c, at, err := l.cursorAt(lo, hi, &readBuffer{}, maxBytes+pointEvery)
	if err != nil {
		return nil, err
	}
	defer c.close()
	return c.collectFrames(at, lo, min(hi, c.sp.last+1), maxBytes)
}

// cursorAt is a cursor in front of the entry at index at, which is lo or a little before it, where hi lies behind lo and no
// further than the log's end. It reads into buf, about ahead bytes at first.
func (l *Log) cursorAt(lo, hi uint64, buf *readBuffer, ahead int) (c *cursor, at uint64, err error) {
	switch {
	case lo < l.head.first:
		return nil, 0, ErrCompacted
	case hi > l.tail.last+1 || lo >= hi:
		return nil, 0, ErrOutOfRange
	}
	sp := l.spanOf(lo)
	if sp == nil {
		return nil, 0, storageErr(ErrOutOfRange, "reading index %d of %s, whose file is missing", lo, l.name)
	}
	points, err := l.store.pointsOf(sp)
	if err != nil {
		return nil, 0, err
	}
	p := pointAtIndex(points, lo)
	if p.index > lo {
		return nil, 0, l.rot.missing(sp, p, fmt.Sprintf("entries %d to %d are missing", lo, p.index-1))
	}
	c = &cursor{r: l.Reader(), buf: buf}
	if err := c.open(sp, p.pos, ahead); err != nil {
		c.close()
		return nil, 0, err
	}
	return c, p.index, nil
}

// next reads and verifies the entry in front, which must be there, and steps behind it.
func (c *cursor) next() (Frame, error) {
	_, size, err := c.front()
	if errors.Is(err, io.EOF) {
		err = c.failed(c.sp, c.pos, io.ErrUnexpectedEOF)
	}
	if err != nil {
		return nil, err
	}
	return c.frame(size)
}

func (c *cursor) collectFrames(index, lo, hi uint64, maxBytes int) (frames []Frame, err error) {
	for bytes := 0; index < hi; index++ {
		if len(frames) > 0 && c.ends() {
			return frames, nil
		}
		_, size, err := c.front()
		if err == nil && index >= lo && len(frames) > 0 && (bytes+int(size) > maxBytes || !c.whole(size)) {
			return frames, nil
		}
		var f Frame
		if err == nil {
			f, err = c.frame(size)
		}
		if errors.Is(err, io.EOF) {
			err = c.failed(c.sp, c.pos, io.ErrUnexpectedEOF)
		}
		switch {
		case err != nil && len(frames) > 0:
			return frames, nil
		case err != nil:
			return nil, err
		case index >= lo:
			frames = append(frames, f)
			bytes += len(f)
		}
	}
	return frames, nil
}
