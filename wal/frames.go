package wal

import (
	"errors"
	"fmt"
	"io"
)

// Frames returns the frames from lo up to but not including hi, at least one and no more than about maxBytes. They are the
// caller's to keep.
func (l *Log) Frames(lo, hi uint64, maxBytes int) ([]Frame, error) {
	switch {
	case lo < l.head.first:
		return nil, ErrCompacted
	case hi > l.tail.last+1 || lo >= hi:
		return nil, ErrOutOfRange
	}
	sp := l.spanOf(lo)
	if sp == nil {
		return nil, storageErr(ErrOutOfRange, "reading index %d of %s, whose file is missing", lo, l.name)
	}
	points, err := l.store.pointsOf(sp)
	if err != nil {
		return nil, err
	}
	at := pointAtIndex(points, lo)
	if at.index > lo {
		return nil, l.rot.missing(sp, at, fmt.Sprintf("entries %d to %d are missing", lo, at.index-1))
	}
	c := cursor{r: l.Reader(), buf: &readBuffer{}}
	defer c.close()
	if err := c.open(sp, at.pos, maxBytes+pointEvery); err != nil {
		return nil, err
	}
	return c.collectFrames(at.index, lo, min(hi, sp.last+1), maxBytes)
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
