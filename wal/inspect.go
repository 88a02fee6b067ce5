package wal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Entry is an entry of a log as Inspect finds it.
type Entry struct {
	File     string
	From, To int64 // bytes
	Index    uint64
	Frame    Frame // valid until the next call
}

// Inspect walks the log in dir, an entry at a time, and lists what is damaged. It takes no lock, repairs nothing and writes
// nothing, so it may also be used on the log of a running node, whose last entry may then be half written. An error is one
// of fn's, or says that the directory can't be read. Damage at the very end may be a torn write, which the next start cuts
// off if it was never durable.
func Inspect(dir string, fn func(Entry) error) ([]Damage, error) {
	files, err := listLog(dir)
	if err != nil {
		return nil, err
	}
	if len(files.segments) == 0 {
		return nil, fmt.Errorf("%s holds no segment: it is not the directory of a log", dir)
	}
	in := &inspection{dir: dir, fn: fn}
	h, err := readHead(dir)
	if err != nil {
		in.damages = append(in.damages, Damage{File: filepath.Join(dir, headFile), Reason: err.Error()})
		h.first = files.segments[0]
	}
	in.next = h.first
	for _, first := range files.segments {
		if first < h.first {
			continue
		}
		if err := in.segment(first); err != nil {
			return in.damages, err
		}
	}
	return in.damages, nil
}

// inspection is one Inspect under way.
type inspection struct {
	dir     string
	fn      func(Entry) error
	next    uint64 // the index that comes next; 0: not known
	damages []Damage
	buf     []byte
}

func (in *inspection) segment(first uint64) error {
	seg := newSegment(in.dir, first, 0, time.Time{})
	if in.next != 0 && first != in.next {
		in.damages = append(in.damages, Damage{File: seg.path(), FirstIndex: in.next,
			Reason: fmt.Sprintf("it begins at index %d where %d is next", first, in.next)})
	}
	in.next = first
	f, err := os.Open(seg.path())
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	points := loadPoints(seg)
	for sc := newScanner(realDisk{}, f, 0, info.Size()); ; {
		e, head, err := sc.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err == nil:
			err = in.entry(f, e)
			if err != nil {
				return err
			}
			in.next++
		default:
			to, index, found := sc.findWhole(e, head, points, in.next)
			in.damages = append(in.damages, damageAt(seg, e.pos, to, in.next, err))
			if !found {
				in.next = 0
				return nil
			}
			in.next, sc.pos = index, to
		}
	}
}

// entry reads an entry that is whole, and shows it.
func (in *inspection) entry(f *os.File, e entry) error {
	if int64(cap(in.buf)) < e.size {
		in.buf = make([]byte, e.size)
	}
	p := in.buf[:e.size]
	if _, err := f.ReadAt(p, e.pos); err != nil {
		return fmt.Errorf("reading the entry at byte %d of %s: %w", e.pos, f.Name(), err)
	}
	_, n, err := entryLength(p)
	if err != nil {
		return fmt.Errorf("reading the entry at byte %d of %s: %w", e.pos, f.Name(), err)
	}
	return in.fn(Entry{File: f.Name(), From: e.pos, To: e.pos + e.size, Index: in.next, Frame: Frame(p[n:])})
}
