package wal

import (
	"math"
	"path/filepath"
	"sort"
	"sync/atomic"
	"time"
)

// segment is one file of a log. What it holds is said by spans, of which readers keep copies; the segment itself changes in
// one way only: TruncateBack may cut it, after which no more is ever written to it.
type segment struct {
	dir     string
	first   uint64 // index of its first entry
	base    int64  // offset of its first record
	created time.Time
	// valid is how many bytes readers may find: all of them, until the file is cut or removed.
	valid atomic.Int64
	// verified are the bytes that readers may send without verifying them again.
	verified verified
}

func newSegment(dir string, first uint64, base int64, created time.Time) *segment {
	s := &segment{dir: dir, first: first, base: base, created: created}
	s.valid.Store(math.MaxInt64)
	return s
}

func (s *segment) path() string      { return filepath.Join(s.dir, segmentName(s.first)) }
func (s *segment) indexPath() string { return s.path() + indexSuffix }

// span is what a segment held at a moment. It is immutable. Entries lie in it without holes from byte 0 to end, and their
// indexes run from seg.first to last.
type span struct {
	seg   *segment
	end   int64  // bytes
	last  uint64 // index of the last entry; seg.first-1 if there is none
	next  int64  // the offset behind the last record
	maxTS int64  // milliseconds; -1: no records
	// points are in memory for a tail, and for a segment that is damaged; else pointsOf fetches them from the sidecar.
	points []point
	// recent are the last entries of a tail, each: what consumers that have caught up ask for.
	recent []point
}

// point is one place of the sparse index: where an entry begins.
type point struct {
	index uint64
	pos   int64
	base  int64  // base offset of the entry's frame
	term  uint64 // of the frame
	maxTS int64  // the greatest timestamp before the entry, in this segment; -1: none
}

// pointEvery is how many bytes lie between two points, about. The first entry of a segment and the first of a term have a
// point of their own.
const pointEvery = 64 << 10

// pointAtIndex is the last point that is not behind index.
func pointAtIndex(points []point, index uint64) point {
	i := sort.Search(len(points), func(i int) bool { return points[i].index > index })
	return points[max(i-1, 0)]
}

// pointAtOffset is the last point whose frame does not begin behind offset.
func pointAtOffset(points []point, offset int64) point {
	i := sort.Search(len(points), func(i int) bool { return points[i].base > offset })
	return points[max(i-1, 0)]
}

// pointBeforeTime is the last point before which every record is older than ts.
func pointBeforeTime(points []point, ts int64) point {
	i := sort.Search(len(points), func(i int) bool { return points[i].maxTS >= ts })
	return points[max(i-1, 0)]
}

// recentEntries is how many of a tail's last entries are known one by one, at least; and half of how many at most.
const recentEntries = 64

// startAt is where to begin reading for offset.
func (s *Store) startAt(sp *span, offset int64) (point, error) {
	if len(sp.recent) > 0 && sp.recent[0].base <= offset {
		return pointAtOffset(sp.recent, offset), nil
	}
	points, err := s.pointsOf(sp)
	if err != nil {
		return point{}, err
	}
	return pointAtOffset(points, offset), nil
}

// termStart is where a term begins in a log.
type termStart struct {
	term   uint64
	index  uint64
	offset int64
}

// growing is the span of the tail while it is written, and what is counted on the way.
type growing struct {
	span
	since    int64 // bytes since the last point
	lastTerm uint64
}

// add takes note of an entry of size bytes with the frame f (its header is enough).
func (g *growing) add(f Frame, size int64) {
	p := point{g.last + 1, g.end, f.BaseOffset(), f.Term(), g.maxTS}
	if len(g.points) == 0 || f.Term() != g.lastTerm || g.since >= pointEvery {
		g.points = append(g.points, p)
		g.since = 0
	}
	if len(g.recent) == 2*recentEntries { // readers share the old array
		g.recent = append(make([]point, 0, 2*recentEntries), g.recent[recentEntries:]...)
	}
	g.recent = append(g.recent, p)
	g.lastTerm = f.Term()
	g.last++
	g.end += size
	g.since += size
	g.next = f.NextOffset()
	if f.Kind() == KindRecords {
		g.maxTS = max(g.maxTS, f.MaxTimestamp())
	}
}

// newGrowing is an empty tail.
func newGrowing(seg *segment, lastTerm uint64) growing {
	return growing{span: span{seg: seg, last: seg.first - 1, next: seg.base, maxTS: -1}, lastTerm: lastTerm}
}
