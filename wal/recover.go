package wal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// recovery finds out what a log holds. What the journal says is durable is believed unless a file contradicts it; what lies
// beyond is read and verified, and cut at the first entry that is not whole.
type recovery struct {
	*Log
	files     logFiles
	synced    position
	hasSynced bool
	rotten    bool // damage was found: nothing is cut any more
	unsure    bool // of the offset at which the next segment begins
}

// recoverLog recovers the log of that name, or makes it.
func recoverLog(s *Store, name string) (*Log, error) {
	dir := filepath.Join(s.opts.Dir, partitionsDir, name)
	l := &Log{store: s, name: name, dir: dir, head: head{first: 1}}
	l.pending.name = name
	l.file = tail{store: s, dir: dir}
	l.states = stateFiles{store: s, name: name, dir: dir}
	l.rot = &rot{log: func(d Damage) {
		s.log.Error().Str("log", name).Str("file", d.File).Int64("from", d.From).Int64("to", d.To).Uint64("index", d.FirstIndex).
			Str("reason", d.Reason).Msg("the log is damaged; what is whole is served, the rest must come from a replica or a backup")
	}}
	k, _ := s.journal.lookup(name)
	l.state, l.owner = k.state, k.owner
	r := &recovery{Log: l, synced: k.synced, hasSynced: k.hasSynced}
	if err := r.run(); err != nil {
		return nil, err
	}
	return l, nil
}

func (r *recovery) run() (err error) {
	switch _, err := os.Stat(r.dir); {
	case errors.Is(err, os.ErrNotExist) && r.reaches(1):
	case errors.Is(err, os.ErrNotExist):
		if err := os.Mkdir(r.dir, 0o750); err != nil {
			return err
		}
		r.names = true
	case err != nil:
		return err
	default:
		if r.files, err = listLog(r.dir); err != nil {
			return err
		}
	}
	for _, name := range r.files.rest {
		if err := os.Remove(filepath.Join(r.dir, name)); err != nil {
			return err
		}
	}
	if r.head, err = readHead(r.dir); err != nil {
		r.quarantine(Damage{File: filepath.Join(r.dir, headFile), FirstIndex: 1, Reason: err.Error()})
		if len(r.files.segments) > 0 {
			r.head.first, r.unsure = r.files.segments[0], true
		}
	}
	r.tail = newGrowing(newSegment(r.dir, r.head.first, r.head.offset, r.store.opts.Now()), r.head.term)
	if err := r.segments(); err != nil {
		return err
	}
	r.dropTerms()
	r.findStates()
	if r.rotten {
		r.failed = &DamagedError{r.rot.list()[0]}
	}
	return nil
}

// reaches reports whether the entry at index was made durable once.
func (r *recovery) reaches(index uint64) bool { return r.hasSynced && r.synced.last >= index }

// quarantine takes note of damage: from now on nothing is cut.
func (r *recovery) quarantine(d Damage) {
	r.rotten = true
	r.rot.add(d)
}

// segments goes through the files, the oldest first, and checks that each begins where the one before it ends.
func (r *recovery) segments() error {
	list, err := r.dropLeftOver()
	if err != nil {
		return err
	}
	for i, first := range list {
		next := uint64(0)
		if i+1 < len(list) {
			next = list[i+1]
		}
		if want := r.tail.last + 1; first != want {
			if !r.rotten && !r.reaches(min(first, want)) {
				return r.removeFrom(list[i:])
			}
			r.hole(want, first)
		}
		if i > 0 {
			r.sealScanned()
		}
		cut, err := r.segment(first, next)
		if err != nil {
			return err
		}
		if cut {
			return r.removeFrom(list[i+1:])
		}
	}
	return r.checkEnd(len(list))
}

// dropLeftOver finishes what DropHead and others had begun when the node stopped, and returns the files that count.
func (r *recovery) dropLeftOver() (list []uint64, err error) {
	have := map[uint64]bool{}
	for _, first := range r.files.segments {
		if first >= r.head.first {
			have[first] = true
			list = append(list, first)
		} else if err := os.Remove(segmentPath(r.dir, first)); err != nil {
			return nil, err
		}
	}
	for _, first := range r.files.indexes {
		if !have[first] {
			if err := os.Remove(segmentPath(r.dir, first) + indexSuffix); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// removeFrom removes files that lie behind the end of what is whole, beyond the recovery point; the last one first, so that
// a crash leaves no hole.
func (r *recovery) removeFrom(list []uint64) error {
	for i := len(list) - 1; i >= 0; i-- {
		path := segmentPath(r.dir, list[i])
		if err := errors.Join(ignoreMissing(os.Remove(path+indexSuffix)), os.Remove(path)); err != nil {
			return err
		}
		r.names = true
	}
	return nil
}

// hole quarantines the entries that should lie in a file that is missing.
func (r *recovery) hole(want, first uint64) {
	r.quarantine(Damage{File: segmentPath(r.dir, want), FirstIndex: want,
		Reason: fmt.Sprintf("entries %d to %d are missing: the next file begins at %d", want, first-1, first)})
	r.unsure = true
}

// checkEnd compares the end with the recovery point, and makes the first file of a log that has none.
func (r *recovery) checkEnd(files int) error {
	if r.reaches(r.tail.last + 1) {
		r.quarantine(Damage{File: r.tail.seg.path(), From: r.tail.end, To: r.tail.end, FirstIndex: r.tail.last + 1,
			Reason: fmt.Sprintf("entries up to %d were durable, but the log ends before them", r.synced.last)})
		r.tail.last = r.synced.last
	}
	if files > 0 || r.rotten {
		return nil
	}
	seg, err := r.createSegment(r.head.first, r.head.offset)
	if err != nil {
		return err
	}
	r.begin(seg)
	return nil
}

// sealScanned makes the segment that was just recovered, which is not the last, a sealed one.
func (r *recovery) sealScanned() {
	sp := r.tail.span
	sp.recent = nil
	r.sealed = append(r.sealed, sp)
}

// durableEnd is up to where a file of size bytes that begins at index first is known to have been durable.
func (r *recovery) durableEnd(first uint64, size int64) int64 {
	switch {
	case !r.hasSynced || first > r.synced.first:
		return 0
	case first == r.synced.first:
		return r.synced.pos
	}
	return size
}

// segment recovers one file into r.tail; next is the index at which the next file begins, 0 for the last one. It reports
// whether the file was cut, so that nothing behind it counts.
func (r *recovery) segment(first, next uint64) (cut bool, err error) {
	f, err := os.OpenFile(segmentPath(r.dir, first), os.O_RDWR, 0)
	if err != nil {
		return false, err
	}
	h := newHandle(f)
	defer h.release()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	size := info.Size()
	seg := newSegment(r.dir, first, r.tail.next, info.ModTime())
	r.tail = newGrowing(seg, r.tail.lastTerm)
	r.side = sidecar{disk: r.store.disk, seg: seg}
	durable := r.durableEnd(first, size)
	if durable >= size && r.bySummary(size, next) {
		return false, nil
	}
	cut, err = r.byScan(f, size, durable, next)
	if err == nil && (cut || size > durable) && !r.rotten {
		r.old = append(r.old, h.acquire())
	}
	return cut, err
}

// bySummary believes the sidecar of a file that was durable as a whole, if it agrees with the file and with its neighbours.
func (r *recovery) bySummary(size int64, next uint64) bool {
	g := &r.tail
	sum, ok := readSummary(g.seg)
	if !ok || sum.end != size || size == 0 || sum.last < g.seg.first || !r.unsure && sum.base != g.next {
		return false
	}
	if next != 0 && sum.last+1 != next {
		return false
	}
	g.seg.base, g.seg.created = sum.base, sum.created
	whole := span{seg: g.seg, end: sum.end, last: sum.last, next: sum.next, maxTS: sum.maxTS}
	if next == 0 {
		if whole.points, ok = readPoints(&whole); !ok {
			return false
		}
		last := whole.points[len(whole.points)-1]
		g.since = size - last.pos
		r.side.adopt(len(whole.points))
	}
	g.span = whole
	for _, t := range sum.terms {
		r.addTerm(t)
	}
	if len(r.terms) > 0 {
		g.lastTerm = r.terms[len(r.terms)-1].term
	}
	r.unsure = false
	return true
}

// findStates keeps the states that belong to what is left of the log, and removes those behind it: another history will have
// their indexes.
func (r *recovery) findStates() {
	r.states.kept = r.files.states
	if !r.rotten {
		r.states.dropBehind(r.tail.last)
	}
}
