package wal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// reopenBelow is how long a tail may be for tidwall/wal to open it again, which reads all of it into memory. A longer one is
// sealed, and a new segment begun.
const reopenBelow = 1 << 20

// Append writes frames at first, first+1 … = LastIndex+1: one write for small ones, one for each that is large, no sync. After an error the log
// is as it was before.
//
// The headers are checked, and that terms and offsets go on from the last entry. The checksums are not: the partition that
// leads has just made them, and one that follows checks what came over the link (Frame.Check) before it brings it here.
func (l *Log) Append(first uint64, frames []Frame) error {
	if len(frames) == 0 {
		return nil
	}
	if err := l.appendable(first, frames); err != nil {
		return err
	}
	if l.tail.end >= l.store.opts.SegmentBytes || l.tail.end >= reopenBelow && !l.file.isOpen() {
		if err := l.Roll(); err != nil {
			return err
		}
	}
	h, err := l.file.write(l.tail.seg, l.tail.end, first, frames)
	if outOfSpace(err) {
		err = l.undoWrite(err)
		if l.failed == nil && l.store.room.giveUpBallast() {
			h, err = l.file.write(l.tail.seg, l.tail.end, first, frames)
		}
	}
	if err != nil {
		return l.undoWrite(err)
	}
	l.wrote(h, frames)
	return nil
}

func (l *Log) appendable(first uint64, frames []Frame) error {
	if err := l.usable("appending to"); err != nil {
		return err
	}
	if first != l.tail.last+1 {
		return fmt.Errorf("appending to %s at index %d: the next index is %d", l.name, first, l.tail.last+1)
	}
	term, next := l.tail.lastTerm, l.tail.next
	for i, f := range frames {
		err := f.checkHeader(len(f))
		switch {
		case err != nil:
		case f.Term() < term:
			err = fmt.Errorf("term %d follows term %d", f.Term(), term)
		case f.BaseOffset() != next:
			err = fmt.Errorf("base offset is %d where %d is next", f.BaseOffset(), next)
		}
		if err != nil {
			return fmt.Errorf("appending to %s at index %d: the frame is not valid: %w", l.name, first+uint64(i), err)
		}
		term, next = f.Term(), f.NextOffset()
	}
	return nil
}

// wrote takes note of frames that are in the file.
func (l *Log) wrote(h *handle, frames []Frame) {
	if l.unsync == nil {
		l.unsync = h
	} else {
		h.release()
	}
	before := l.tail.end
	for _, f := range frames {
		index := l.tail.last + 1
		l.tail.add(f, int64(uvarintSize(uint64(len(f)))+len(f)))
		l.addTerm(termStart{f.Term(), index, f.BaseOffset()})
	}
	l.tail.seg.verified.add(before, l.tail.end, l.store.opts.Now())
	l.store.stats.appended.Add(l.tail.end - before)
	if len(l.tail.points)-l.side.written >= flushEvery {
		if err := l.side.flush(l.tail.points, nil); err != nil {
			l.store.log.Warn().Err(err).Str("log", l.name).Msg("could not write the index of the tail; it is tried again, or the next start scans more")
		}
	}
}

// undoWrite makes the log what it was before a write that failed: close, cut to the last good length, open again at the next
// write. Nothing is ever written behind what failed.
func (l *Log) undoWrite(cause error) error {
	if l.failed != nil {
		return l.failed
	}
	l.store.closeTail(l.file.detach())
	err := cutFile(l.store.disk, l.tail.seg.path(), l.tail.end)
	cause = storageErr(cause, "appending to %s", l.name)
	if err != nil {
		l.failed = storageErr(errors.Join(cause, err), "cutting %s back to byte %d after a failed write: the log can't be "+
			"written until the node is started again", l.tail.seg.path(), l.tail.end)
		return l.failed
	}
	return cause
}

// cutFile cuts a file to size, and makes sure that it has it.
func cutFile(d Disk, path string, size int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := d.Truncate(f, size); err != nil {
		return err
	}
	if is, err := f.Seek(0, io.SeekEnd); err != nil || is != size {
		return errors.Join(err, fmt.Errorf("the file has %d bytes where %d should be", is, size))
	}
	return nil
}

func outOfSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
