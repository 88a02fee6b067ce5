package wal

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// A sidecar, NAME.index beside the segment NAME, holds the sparse index of the segment and, when it is sealed or closed, what
// it holds in all. It is a hint: it is never synced for its own sake, each record is checked before it is believed, and a
// scan of the segment replaces one that is missing or bad. It is a row of records:
//
//	 0  4  CRC-32C of everything behind this field, begun with the segment's first index (8 bytes)
//	 4  4  length of the record
//	 8  1  kind: 'P' point, 'S' summary
//	 9     body
//	-4  4  length of the record again, so that the last one is found from the end
//
// A point: index 8, position 8, base offset 8, term 8, max timestamp before it 8.
// A summary: segment bytes 8, last index 8, base offset 8, next offset 8, max timestamp 8, created 8 (milliseconds), and for
// each term in the segment: term 8, its first index there 8, its first offset there 8. All integers are big-endian.
const (
	sidecarPoint   = 'P'
	sidecarSummary = 'S'

	sidecarFrame = 13 // bytes of a record beside its body
	pointBody    = 40
	pointRecord  = pointBody + sidecarFrame
	summaryBody  = 48
	termBody     = 24
)

// summary is what a segment holds in all, up to end.
type summary struct {
	end     int64
	last    uint64
	base    int64
	next    int64
	maxTS   int64
	created time.Time
	terms   []termStart
}

func sidecarSeed(first uint64) uint32 {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], first)
	return crc32.Checksum(b[:], castagnoli)
}

func appendSidecarRecord(buf []byte, first uint64, kind byte, body ...uint64) []byte {
	at := len(buf)
	size := uint32(len(body)*8 + sidecarFrame)
	buf = append(buf, 0, 0, 0, 0)
	buf = binary.BigEndian.AppendUint32(buf, size)
	buf = append(buf, kind)
	for _, v := range body {
		buf = binary.BigEndian.AppendUint64(buf, v)
	}
	buf = binary.BigEndian.AppendUint32(buf, size)
	binary.BigEndian.PutUint32(buf[at:], crc32.Update(sidecarSeed(first), castagnoli, buf[at+4:]))
	return buf
}

func appendPoint(buf []byte, first uint64, p point) []byte {
	return appendSidecarRecord(buf, first, sidecarPoint, p.index, uint64(p.pos), uint64(p.base), p.term, uint64(p.maxTS))
}

func appendSummary(buf []byte, first uint64, s summary) []byte {
	body := []uint64{uint64(s.end), s.last, uint64(s.base), uint64(s.next), uint64(s.maxTS), uint64(s.created.UnixMilli())}
	for _, t := range s.terms {
		body = append(body, t.term, t.index, uint64(t.offset))
	}
	return appendSidecarRecord(buf, first, sidecarSummary, body...)
}

// nextSidecarRecord cuts the first record off p; ok is false if it is not whole.
func nextSidecarRecord(p []byte, first uint64) (kind byte, body, rest []byte, ok bool) {
	if len(p) < sidecarFrame {
		return 0, nil, nil, false
	}
	size := uint64(binary.BigEndian.Uint32(p[4:]))
	if size < sidecarFrame || size > uint64(len(p)) {
		return 0, nil, nil, false
	}
	if crc32.Update(sidecarSeed(first), castagnoli, p[4:size]) != binary.BigEndian.Uint32(p) {
		return 0, nil, nil, false
	}
	return p[8], p[9 : size-4], p[size:], true
}

func parsePoint(b []byte) (point, bool) {
	if len(b) != pointBody {
		return point{}, false
	}
	u := func(i int) uint64 { return binary.BigEndian.Uint64(b[i*8:]) }
	return point{u(0), int64(u(1)), int64(u(2)), u(3), int64(u(4))}, true
}

func parseSummary(b []byte) (s summary, ok bool) {
	if len(b) < summaryBody || (len(b)-summaryBody)%termBody != 0 {
		return s, false
	}
	u := func(i int) uint64 { return binary.BigEndian.Uint64(b[i*8:]) }
	s = summary{int64(u(0)), u(1), int64(u(2)), int64(u(3)), int64(u(4)), time.UnixMilli(int64(u(5))), nil}
	for i := summaryBody / 8; i < len(b)/8; i += 3 {
		s.terms = append(s.terms, termStart{u(i), u(i + 1), int64(u(i + 2))})
	}
	return s, true
}

// lastSummary reads the summary that p ends with.
func lastSummary(p []byte, first uint64) (s summary, ok bool) {
	if len(p) < sidecarFrame {
		return s, false
	}
	size := uint64(binary.BigEndian.Uint32(p[len(p)-4:]))
	if size < sidecarFrame || size > uint64(len(p)) {
		return s, false
	}
	kind, body, rest, ok := nextSidecarRecord(p[uint64(len(p))-size:], first)
	if !ok || kind != sidecarSummary || len(rest) != 0 {
		return s, false
	}
	return parseSummary(body)
}

// parseSidecar reads records from the beginning: the points, in order, and the last summary; whole is how many bytes of p
// were good.
func parseSidecar(p []byte, first uint64) (points []point, sum summary, hasSum bool, whole int) {
	rest := p
	for {
		kind, body, behind, ok := nextSidecarRecord(rest, first)
		if !ok {
			return points, sum, hasSum, len(p) - len(rest)
		}
		switch kind {
		case sidecarPoint:
			pt, ok := parsePoint(body)
			if !ok || !follows(points, pt, first) {
				return points, sum, hasSum, len(p) - len(rest)
			}
			points = append(points, pt)
		case sidecarSummary:
			if sum, hasSum = parseSummary(body); !hasSum {
				return points, sum, hasSum, len(p) - len(rest)
			}
		}
		rest = behind
	}
}

// follows reports whether p can come after points.
func follows(points []point, p point, first uint64) bool {
	if len(points) == 0 {
		return p.index == first && p.pos == 0
	}
	q := points[len(points)-1]
	return p.index > q.index && p.pos > q.pos && p.base >= q.base && p.term >= q.term
}
