package wal

import (
	"io"
	"os"
)

// sidecar writes the index beside the tail: its points, and behind them a summary when the log is closed, which gives way to
// the points that follow. It holds no descriptor: it is written once in a while.
type sidecar struct {
	disk    Disk
	seg     *segment
	size    int64 // of what is whole in the file
	written int   // points in the file
	dirty   bool  // the file may hold more than size bytes
	buf     []byte
}

// flushEvery is how many points may wait to be written: as many as a scan passes in a few tenths of a millisecond.
const flushEvery = 16

// flush writes the points that are not in the file yet, and a summary if sum is not nil. What fails is left for the next
// time, or for recovery's scan.
func (s *sidecar) flush(points []point, sum *summary) error {
	buf := s.buf[:0]
	for _, p := range points[s.written:] {
		buf = appendPoint(buf, s.seg.first, p)
	}
	if sum != nil {
		buf = appendSummary(buf, s.seg.first, *sum)
	}
	s.buf = buf
	if len(buf) == 0 {
		return nil
	}
	f, err := os.OpenFile(s.seg.indexPath(), os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	defer f.Close()
	if s.dirty {
		if err := s.disk.Truncate(f, s.size); err != nil {
			return err
		}
		s.dirty = false
	}
	if _, err := s.disk.WriteAt(f, buf, s.size); err != nil {
		s.dirty = true
		return err
	}
	s.size += int64(len(points)-s.written) * pointRecord
	s.written = len(points)
	s.dirty = sum != nil
	return nil
}

// adopt takes the first kept points of the file for written; whatever follows them will be cut.
func (s *sidecar) adopt(kept int) {
	s.written, s.size, s.dirty = kept, int64(kept)*pointRecord, true
}

// trim cuts off what follows the adopted points, at once: a point must not outlive the bytes that it points to.
func (s *sidecar) trim() error {
	f, err := os.OpenFile(s.seg.indexPath(), os.O_WRONLY, 0)
	if os.IsNotExist(err) {
		s.dirty = false
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if err := s.disk.Truncate(f, s.size); err != nil {
		return err
	}
	s.dirty = false
	return nil
}

// writeSidecar replaces the sidecar of a segment.
func writeSidecar(d Disk, seg *segment, points []point, sum *summary) error {
	tmp := seg.indexPath() + tempSuffix
	s := sidecar{disk: d, seg: seg}
	for _, p := range points {
		s.buf = appendPoint(s.buf, seg.first, p)
	}
	if sum != nil {
		s.buf = appendSummary(s.buf, seg.first, *sum)
	}
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = d.WriteAt(f, s.buf, 0)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = d.Rename(tmp, seg.indexPath())
	}
	return err
}

// readSummary reads what a sealed segment's sidecar ends with.
func readSummary(seg *segment) (summary, bool) {
	f, err := os.Open(seg.indexPath())
	if err != nil {
		return summary{}, false
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return summary{}, false
	}
	for n := min(size, 4<<10); ; n = size {
		p := make([]byte, n)
		if _, err := f.ReadAt(p, size-n); err != nil {
			return summary{}, false
		}
		if sum, ok := lastSummary(p, seg.first); ok || n == size {
			return sum, ok
		}
	}
}

// readPoints reads the points of a sealed segment's sidecar; ok is false if they don't reach from its beginning to a summary
// of all of it.
func readPoints(sp *span) (points []point, ok bool) {
	text, err := os.ReadFile(sp.seg.indexPath())
	if err != nil {
		return nil, false
	}
	points, sum, ok, whole := parseSidecar(text, sp.seg.first)
	if !ok || whole != len(text) || sum.end != sp.end || sum.last != sp.last || len(points) == 0 {
		return nil, false
	}
	return points, points[len(points)-1].pos < sp.end
}

// loadPoints reads the points that a sidecar begins with, whole or not.
func loadPoints(seg *segment) []point {
	text, err := os.ReadFile(seg.indexPath())
	if err != nil {
		return nil
	}
	points, _, _, _ := parseSidecar(text, seg.first)
	return points
}
