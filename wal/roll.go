package wal

import (
	"os"
	"time"
)

// Roll seals the tail segment, if it holds anything, and begins the next one. It waits for no sync: the sealed file stays
// with the syncer until it is durable, and recovery knows that several files may lie beyond the recovery point.
func (l *Log) Roll() error {
	if err := l.usable("rolling"); err != nil {
		return err
	}
	if l.tail.end == 0 {
		return nil
	}
	next, err := l.createSegment(l.tail.last+1, l.tail.next)
	if err != nil {
		return storageErr(err, "beginning a new segment of %s", l.name)
	}
	l.seal()
	l.begin(next)
	return nil
}

// seal makes the tail the last of the sealed segments.
func (l *Log) seal() {
	sum := l.summary()
	if err := l.side.flush(l.tail.points, &sum); err != nil {
		l.store.log.Warn().Err(err).Str("log", l.name).Msg("could not write the index of a segment; the next start scans the segment")
	}
	closing := l.file.detach()
	l.store.behind(func() { l.store.closeTail(closing) })
	if l.unsync != nil {
		l.old = append(l.old, l.unsync)
		l.unsync = nil
	}
	sp := l.tail.span
	sp.points, sp.recent = nil, nil
	l.store.indexes.put(sp.seg, l.tail.points)
	l.sealed = append(l.sealed, sp)
}

// begin makes seg, an empty file, the tail.
func (l *Log) begin(seg *segment) {
	l.tail = newGrowing(seg, l.tail.lastTerm)
	l.side = sidecar{disk: l.store.disk, seg: seg, buf: l.side.buf}
	l.names = true
}

// createSegment makes the file that tidwall/wal will take for its tail. The directory is synced with the next Sync.
func (l *Log) createSegment(first uint64, base int64) (*segment, error) {
	seg := newSegment(l.dir, first, base, time.UnixMilli(l.store.opts.Now().UnixMilli()))
	f, err := os.OpenFile(seg.path(), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o640)
	if outOfSpace(err) && l.store.room.giveUpBallast() {
		f, err = os.OpenFile(seg.path(), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o640)
	}
	if err != nil {
		return nil, err
	}
	return seg, f.Close()
}

// summary says what the tail holds.
func (l *Log) summary() summary {
	return summarize(&l.tail.span, l.terms)
}

// summarize sums a span up. Of terms, that of the first entry counts as beginning here, wherever it began.
func summarize(sp *span, terms []termStart) summary {
	sum := summary{end: sp.end, last: sp.last, base: sp.seg.base, next: sp.next, maxTS: sp.maxTS, created: sp.seg.created}
	for i, t := range terms {
		if i+1 < len(terms) && terms[i+1].index <= sp.seg.first || t.index > sp.last {
			continue
		}
		if t.index < sp.seg.first {
			t.index, t.offset = sp.seg.first, sp.seg.base
		}
		sum.terms = append(sum.terms, t)
	}
	return sum
}
