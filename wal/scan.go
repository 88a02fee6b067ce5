package wal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// scanner walks the entries of a segment file and verifies each, in a window of fixed size: no length that a damaged file
// claims makes it allocate.
type scanner struct {
	disk Disk
	file *os.File
	pos  int64 // of the next entry
	end  int64 // of the file
	win  []byte
	at   int64 // where in the file the window lies
	head [FrameHeader]byte
}

const scanWindow = 256 << 10

func newScanner(d Disk, f *os.File, pos, end int64) *scanner {
	return &scanner{disk: d, file: f, pos: pos, end: end, win: make([]byte, 0, min(scanWindow, max(end-pos, entryHead)))}
}

// readError is what the disk said, in distinction to what the bytes say.
type readError struct{ cause error }

func (e *readError) Error() string { return "it can't be read: " + e.cause.Error() }
func (e *readError) Unwrap() error { return e.cause }

// peek returns n bytes at pos, n no more than the window's capacity.
func (s *scanner) peek(pos int64, n int) ([]byte, error) {
	if pos >= s.at && pos+int64(n) <= s.at+int64(len(s.win)) {
		return s.win[pos-s.at:][:n], nil
	}
	s.at, s.win = pos, s.win[:min(int64(cap(s.win)), s.end-pos)]
	for done := 0; done < len(s.win); {
		m, err := s.disk.ReadAt(s.file, s.win[done:], pos+int64(done))
		done += m
		if err != nil && done < n {
			s.win = s.win[:0]
			return nil, &readError{err}
		}
		if err != nil { // what was read is enough; the next call meets the error
			s.win = s.win[:done]
		}
	}
	return s.win[:n], nil
}

// next verifies the entry at s.pos and steps behind it. It returns the entry and the header of its frame, valid until the
// next call. io.EOF is the end; any other error says what is wrong with the entry at e.pos, and leaves s.pos there.
func (s *scanner) next() (e entry, head Frame, err error) {
	e.pos = s.pos
	if s.pos >= s.end {
		return e, nil, io.EOF
	}
	p, err := s.peek(s.pos, int(min(entryHead, s.end-s.pos)))
	if err != nil {
		return e, nil, err
	}
	size, n, err := entryLength(p)
	if err != nil {
		return e, nil, err
	}
	e.size = int64(n + size)
	if e.size > s.end-s.pos {
		return e, nil, fmt.Errorf("an entry of %d bytes reaches beyond the file's end", size)
	}
	head = append(s.head[:0], p[n:n+FrameHeader]...)
	if err := head.checkHeader(size); err != nil {
		return e, nil, err
	}
	sum := crc32.Update(crc32.Checksum(head[:4], castagnoli), castagnoli, head[8:])
	for at, end := s.pos+int64(n+FrameHeader), s.pos+e.size; at < end; {
		have := s.at + int64(len(s.win)) - at
		if have <= 0 {
			have = int64(cap(s.win))
		}
		p, err := s.peek(at, int(min(have, end-at)))
		if err != nil {
			return e, nil, err
		}
		sum = crc32.Update(sum, castagnoli, p)
		at += int64(len(p))
	}
	if sum != binary.BigEndian.Uint32(head[4:]) {
		return e, head, errChecksum
	}
	s.pos += e.size
	return e, head, nil
}

// matches reports whether a whole entry lies at p that is what p says.
func (s *scanner) matches(p point) bool {
	s.pos = p.pos
	_, head, err := s.next()
	return err == nil && head.BaseOffset() == p.base && head.Term() == p.term
}

// findWhole looks for the place behind a bad entry where an entry is whole again and its index is known: right behind the bad
// one if its header is plausible, or at a point. bad is the index of the bad one. Without such a place, to is the file's end.
func (s *scanner) findWhole(e entry, head Frame, points []point, bad uint64) (to int64, index uint64, found bool) {
	if head != nil {
		behind := e.pos + e.size
		s.pos = behind
		if _, _, err := s.next(); err == nil || behind == s.end {
			return behind, bad + 1, true
		}
	}
	for _, p := range points {
		if p.pos > e.pos && p.index > bad && s.matches(p) {
			return p.pos, p.index, true
		}
	}
	return s.end, 0, false
}

func damageAt(seg *segment, from, to int64, index uint64, reason error) Damage {
	return Damage{File: seg.path(), From: from, To: to, FirstIndex: index, Reason: reason.Error()}
}
