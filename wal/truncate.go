package wal

import (
	"fmt"
	"os"
)

// TruncateBack removes everything behind index, durably. What is left is sealed and a new segment begun: no byte of a file
// ever changes, so a reader that was taken before finds what it had, or the end.
func (l *Log) TruncateBack(index uint64) error {
	if err := l.usable("truncating"); err != nil {
		return err
	}
	if index >= l.tail.last {
		return nil
	}
	if index+1 < l.head.first {
		return fmt.Errorf("truncating %s behind index %d: %w", l.name, index, ErrCompacted)
	}
	keep, err := l.spanBehind(index)
	if err != nil {
		return err
	}
	if err := l.cutBehind(index, keep); err != nil {
		l.failed = storageErr(err, "truncating %s behind index %d: the log can't be written until the node is started again", l.name, index)
		return l.failed
	}
	return nil
}

// spanBehind is what the segment that holds index will hold when it is cut behind it; nil if none must be cut.
func (l *Log) spanBehind(index uint64) (*growing, error) {
	sp := l.spanOf(index)
	if sp == nil || sp.last == index {
		return nil, nil
	}
	points, err := l.store.pointsOf(sp)
	if err != nil {
		return nil, err
	}
	at := pointAtIndex(points, index)
	g := &growing{span: *sp}
	g.points = append([]point(nil), points[:1+pointNumber(points, at)]...)
	g.recent = nil
	g.end, g.last, g.next, g.maxTS = at.pos, at.index-1, at.base, at.maxTS
	g.lastTerm = at.term
	f, err := os.Open(sp.seg.path())
	if err != nil {
		return nil, storageErr(err, "truncating %s", l.name)
	}
	defer f.Close()
	for sc := newScanner(l.store.disk, f, at.pos, sp.end); g.last < index; {
		e, head, err := sc.next()
		if err != nil {
			return nil, l.rot.add(damageAt(sp.seg, e.pos, sp.end, g.last+1, err))
		}
		g.add(head, e.size)
	}
	return g, nil
}

func pointNumber(points []point, p point) int {
	for i := range points {
		if points[i] == p {
			return i
		}
	}
	return 0
}

// spanOf is the span that holds index; nil if none does.
func (l *Log) spanOf(index uint64) *span {
	if index >= l.tail.seg.first && index <= l.tail.last {
		return &l.tail.span
	}
	for i := len(l.sealed) - 1; i >= 0; i-- {
		if sp := &l.sealed[i]; index >= sp.seg.first && index <= sp.last {
			return sp
		}
	}
	return nil
}

// cutBehind does what TruncateBack decided, in an order that leaves a valid log wherever a crash interrupts it: first the
// recovery point goes back, then files are removed from the last one on, then the one that stays is cut.
func (l *Log) cutBehind(index uint64, keep *growing) error {
	back := position{first: index + 1, last: index}
	if keep != nil {
		back = position{keep.seg.first, keep.end, keep.last}
	}
	if err := l.lowerRecoveryPoint(back); err != nil {
		return err
	}
	l.store.closeTail(l.file.detach())
	l.states.dropBehind(index)
	if err := l.removeBehind(index, keep); err != nil {
		return err
	}
	l.forgetBehind(index, keep)
	seg, err := l.createSegment(index+1, l.tail.next)
	if err != nil {
		return err
	}
	l.begin(seg)
	l.names = false
	return syncDir(l.store.disk, l.dir)
}

// lowerRecoveryPoint waits until the journal has taken the recovery point back, and everything asked for before is done.
func (l *Log) lowerRecoveryPoint(back position) error {
	more := unsynced{pos: back, hasPos: true, lower: true, files: l.old}
	if l.unsync != nil {
		more.files = append(more.files, l.unsync)
	}
	l.old, l.unsync = nil, nil
	return l.store.syncer.wait(&l.pending, more)
}

// removeBehind removes the segments that lie wholly behind index, the last one first, and cuts the one that holds it.
func (l *Log) removeBehind(index uint64, keep *growing) error {
	if err := l.removeSegment(l.tail.seg, index); err != nil {
		return err
	}
	for i := len(l.sealed) - 1; i >= 0 && l.sealed[i].seg.first > index; i-- {
		if err := l.removeSegment(l.sealed[i].seg, index); err != nil {
			return err
		}
	}
	if err := syncDir(l.store.disk, l.dir); err != nil || keep == nil {
		return err
	}
	keep.seg.valid.Store(keep.end)
	f, err := os.OpenFile(keep.seg.path(), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := l.store.disk.Truncate(f, keep.end); err != nil {
		return err
	}
	return l.store.disk.Sync(f)
}

func (l *Log) removeSegment(seg *segment, index uint64) error {
	if seg.first <= index {
		return nil
	}
	seg.valid.Store(0)
	l.store.files.forget(seg)
	l.store.indexes.forget(seg)
	os.Remove(seg.indexPath())
	return os.Remove(seg.path())
}

// forgetBehind makes memory say what the files say: everything up to index is sealed, and the tail is empty.
func (l *Log) forgetBehind(index uint64, keep *growing) {
	n := len(l.sealed)
	for n > 0 && l.sealed[n-1].seg.first > index {
		n--
	}
	if keep != nil && n > 0 && l.sealed[n-1].seg == keep.seg {
		n--
	}
	l.sealed = append([]span(nil), l.sealed[:n]...)
	t := len(l.terms)
	for t > 0 && l.terms[t-1].index > index {
		t--
	}
	l.terms = append([]termStart(nil), l.terms[:t]...)
	l.tail.lastTerm, l.tail.last = l.head.term, index
	l.tail.next = l.head.offset
	if t > 0 {
		l.tail.lastTerm = l.terms[t-1].term
	}
	if n > 0 {
		l.tail.next = l.sealed[n-1].next
	}
	if keep != nil {
		l.keepCut(keep)
	}
}

// keepCut takes the segment that was cut for sealed, under a new identity: readers of the old one must see that it was cut.
func (l *Log) keepCut(keep *growing) {
	old := keep.seg
	l.store.files.forget(old)
	l.store.indexes.forget(old)
	sp := keep.span
	sp.seg = newSegment(l.dir, old.first, old.base, old.created)
	points := sp.points
	sp.points, sp.recent = nil, nil
	sum := summarize(&sp, l.terms)
	if err := writeSidecar(l.store.disk, sp.seg, points, &sum); err != nil {
		l.store.log.Warn().Err(err).Str("log", l.name).Msg("could not write the index of a segment that was cut; it is scanned when it is read")
	}
	l.store.indexes.put(sp.seg, points)
	l.sealed = append(l.sealed, sp)
	l.tail.next = sp.next
}
