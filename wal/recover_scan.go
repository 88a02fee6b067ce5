package wal

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// byScan reads a file from its last point within what was durable, and verifies every entry from there on.
func (r *recovery) byScan(f *os.File, size, durable int64, next uint64) (cut bool, err error) {
	g := &r.tail
	points := loadPoints(g.seg)
	sc := newScanner(r.store.disk, f, 0, size)
	kept := r.resumeAt(sc, points, min(durable, size))
	for {
		e, head, err := sc.next()
		if err == nil {
			err = r.follows(head)
		}
		if err == nil {
			r.take(head, e.size)
			continue
		}
		if errors.Is(err, io.EOF) {
			break
		}
		var unreadable *readError
		if e.pos >= durable && !r.rotten && !errors.As(err, &unreadable) {
			return true, r.cut(f, e.pos, kept)
		}
		if !r.stepOver(sc, e, head, points, next, err) {
			break
		}
	}
	r.afterScan(kept, next)
	return false, nil
}

// resumeAt begins the scan at the last point that lies no further than end, if the entry there is what the point says, and
// returns how many points it kept.
func (r *recovery) resumeAt(sc *scanner, points []point, end int64) int {
	g := &r.tail
	if len(points) > 0 && !r.unsure && points[0].base != g.seg.base {
		points = nil
	}
	for len(points) > 0 {
		p := points[len(points)-1]
		if p.pos <= end && sc.matches(p) {
			break
		}
		points = points[:len(points)-1]
	}
	sc.pos = 0
	if len(points) == 0 {
		return 0
	}
	for _, p := range points {
		r.addTerm(termStart{p.term, p.index, p.base})
	}
	p := points[len(points)-1]
	g.seg.base, r.unsure = points[0].base, false
	g.end, g.last, g.next, g.maxTS, g.lastTerm = p.pos, p.index-1, p.base, p.maxTS, p.term
	g.points = points[:len(points):len(points)]
	sc.pos = p.pos
	return len(points)
}

// follows checks that a frame can come after the entries before it.
func (r *recovery) follows(head Frame) error {
	g := &r.tail
	if r.unsure {
		if g.end == 0 {
			g.seg.base = head.BaseOffset()
		}
		g.next, r.unsure = head.BaseOffset(), false
	}
	switch {
	case head.BaseOffset() != g.next:
		return fmt.Errorf("its base offset is %d where %d is next", head.BaseOffset(), g.next)
	case head.Term() < g.lastTerm:
		return fmt.Errorf("its term %d is below the term %d before it", head.Term(), g.lastTerm)
	}
	return nil
}

// take counts an entry that is whole. The point that a scan resumed at is there already.
func (r *recovery) take(head Frame, size int64) {
	g := &r.tail
	if n := len(g.points); n > 0 && g.points[n-1].pos == g.end {
		g.points = g.points[:n-1]
		g.since = pointEvery
	}
	index := g.last + 1
	g.add(head, size)
	r.addTerm(termStart{head.Term(), index, head.BaseOffset()})
}

// cut removes a torn end: everything from pos on, of which nothing was durable.
func (r *recovery) cut(f *os.File, pos int64, kept int) error {
	r.store.log.Info().Str("log", r.name).Str("file", f.Name()).Int64("at", pos).Msg("cut what was not durable off the end of the log")
	if err := r.store.disk.Truncate(f, pos); err != nil {
		return fmt.Errorf("cutting %s at byte %d: %w", f.Name(), pos, err)
	}
	r.afterScan(kept, 0)
	return nil
}

// stepOver quarantines the entry at e and whatever else can't be read behind it. It reports whether the scan can go on.
func (r *recovery) stepOver(sc *scanner, e entry, head Frame, points []point, next uint64, reason error) bool {
	g := &r.tail
	bad := g.last + 1
	to, index, found := sc.findWhole(e, head, points, bad)
	r.quarantine(damageAt(g.seg, e.pos, to, bad, reason))
	r.unsure = true
	g.end, g.since, sc.pos = to, pointEvery, to
	switch {
	case found:
		g.last = index - 1
	case next != 0:
		g.last = next - 1
	default:
		g.last = max(g.last, r.synced.last)
	}
	return found
}

// afterScan brings the sidecar up to date, of which the first kept points were good.
func (r *recovery) afterScan(kept int, next uint64) {
	g := &r.tail
	if r.rotten {
		return
	}
	var err error
	if next != 0 && g.last+1 == next {
		sum := summarize(&g.span, r.terms)
		err = writeSidecar(r.store.disk, g.seg, g.points, &sum)
		r.store.indexes.put(g.seg, g.points)
		g.points = nil
	} else {
		r.side.adopt(kept)
		if err = r.side.trim(); err == nil {
			err = r.side.flush(g.points, nil)
		}
	}
	if err != nil {
		r.store.log.Warn().Err(err).Str("log", r.name).Msg("could not write an index anew; the next start scans more")
	}
}
