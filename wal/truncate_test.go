package wal

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// A log that is written, truncated, rolled, shortened, stopped and killed at random is always what its dumb twin is.
func TestLogAgainstItsTwin(t *testing.T) {
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 31))
		small := func(o *Options) { o.SegmentBytes, o.Disk = 20<<10, lazyDisk{} }
		s := openStore(t, scratch(t), small)
		l := openLog(t, s, "a-0")
		w := newTwin()
		for round := range 150 {
			switch rng.IntN(12) {
			default:
				var frames []Frame
				for range 1 + rng.IntN(3) {
					frames = append(frames, w.add(rng, 2500))
				}
				appendTo(t, l, frames...)
			case 0:
				index := w.first - 1 + uint64(rng.IntN(len(w.frames)+1))
				if err := l.TruncateBack(index); err != nil {
					t.Fatal(err)
				}
				w.truncate(index, l)
			case 1:
				if err := l.Roll(); err != nil {
					t.Fatal(err)
				}
			case 2:
				offset := rng.Int64N(w.next + 1)
				first, err := l.DropHead(offset)
				if err != nil {
					t.Fatal(err)
				}
				w.drop(t, first, offset)
			case 3:
				syncLog(t, l, nil)
			case 4:
				dir := s.opts.Dir
				if rng.IntN(2) == 0 {
					s.Close()
				} else {
					syncLog(t, l, nil)
					dir = copyDir(t, dir)
				}
				s = openStore(t, dir, small)
				l = openLog(t, s, "a-0")
				if d := l.Damage(); len(d) > 0 {
					t.Fatalf("seed %d: damage %+v", seed, d)
				}
			}
			if round%10 == 0 || len(w.frames) < 20 {
				w.same(t, l)
			}
		}
		w.same(t, l)
	}
}

func (w *twin) truncate(index uint64, l *Log) {
	w.frames = w.frames[: index+1-w.first : index+1-w.first]
	w.next = l.NextOffset()
	if n := len(w.frames); n > 0 {
		w.next = w.frames[n-1].NextOffset()
	}
}

// drop takes the head away, which must be as much as fits below offset in whole files.
func (w *twin) drop(t *testing.T, first uint64, offset int64) {
	t.Helper()
	for w.first < first {
		if w.frames[0].NextOffset() > offset {
			t.Fatalf("entry %d with offsets up to %d was dropped below offset %d", w.first, w.frames[0].NextOffset(), offset)
		}
		w.frames = w.frames[1:]
		w.first++
	}
}

func TestTheTermBeforeTheFirstEntryIsKept(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	l := openLog(t, s, "a-0")
	appendTo(t, l, recordsFrame(3, 0, 10, 1, nil), recordsFrame(4, 10, 10, 1, nil))
	l.Roll()
	appendTo(t, l, recordsFrame(6, 20, 10, 1, nil))
	l.Roll()
	if first, err := l.DropHead(29); err != nil || first != 3 {
		t.Fatal(first, err)
	}
	check := func(l *Log) {
		t.Helper()
		for index, want := range map[uint64]uint64{2: 4, 3: 6} {
			if term, err := l.Term(index); err != nil || term != want {
				t.Errorf("term of %d is %d, %v; want %d", index, term, err, want)
			}
		}
		if _, err := l.Term(1); !errors.Is(err, ErrCompacted) {
			t.Errorf("term of 1: %v", err)
		}
		if _, err := l.Term(4); !errors.Is(err, ErrOutOfRange) {
			t.Errorf("term of 4: %v", err)
		}
		if _, err := l.Frames(1, 2, 1); !errors.Is(err, ErrCompacted) {
			t.Errorf("frames from 1: %v", err)
		}
	}
	check(l)
	s.Close()
	s = openStore(t, dir)
	l = openLog(t, s, "a-0")
	check(l)
	// All of it: the log is empty, but knows where it was.
	if first, err := l.DropHead(30); err != nil || first != 4 || l.LastIndex() != 3 || l.NextOffset() != 30 {
		t.Fatal(first, err, l.LastIndex(), l.NextOffset())
	}
	s.Close()
	l = openLog(t, openStore(t, dir), "a-0")
	if term, err := l.Term(3); err != nil || term != 6 || l.NextOffset() != 30 || l.FirstIndex() != 4 {
		t.Errorf("term %d, %v, next offset %d, first index %d", term, err, l.NextOffset(), l.FirstIndex())
	}
	appendTo(t, l, recordsFrame(6, 30, 1, 1, nil))
}

// A crash after the head was moved, before its files were deleted.
func TestDroppedFilesAreDeletedAtStart(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	l := openLog(t, s, "a-0")
	for i := range int64(3) {
		appendTo(t, l, recordsFrame(1, i, 1, 1, nil))
		l.Roll()
	}
	keep, _ := os.ReadFile(segmentPath(l.dir, 1))
	l.DropHead(1)
	s.Close()
	path := filepath.Join(dir, partitionsDir, "a-0", segmentName(1))
	os.WriteFile(path, keep, 0o640)
	l = openLog(t, openStore(t, dir), "a-0")
	if _, err := os.Stat(path); err == nil || l.FirstIndex() != 2 || len(l.Damage()) > 0 {
		t.Errorf("first index %d, damage %v, file there: %v", l.FirstIndex(), l.Damage(), err == nil)
	}
}

// A reader that was taken before a truncation finds what it had, or is told that it is gone; never what came instead.
func TestAReaderNeverSeesWhatCameInstead(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	for i := range int64(20) {
		appendTo(t, l, recordsFrame(1, i, 1, 1, bytes.Repeat([]byte("a"), 500)))
	}
	old := l.Reader()
	if err := l.TruncateBack(10); err != nil {
		t.Fatal(err)
	}
	for i := range int64(20) {
		appendTo(t, l, recordsFrame(2, 10+i, 1, 1, bytes.Repeat([]byte("b"), 300+int(i))))
	}
	for i := range int64(20) {
		chunks, n, release, err := old.Read(i, i+1, 1000, true)
		if i < 10 && (err != nil || n == 0) || err != nil && !errors.Is(err, ErrCutOff) {
			t.Errorf("offset %d: %d bytes, %v", i, n, err)
		}
		if n > 0 && bytes.Contains(chunks[0], []byte("b")) {
			t.Errorf("offset %d: what came instead was served", i)
		}
		release()
	}
	if len(l.Damage()) > 0 {
		t.Errorf("a truncation was taken for damage: %v", l.Damage())
	}
}

// The recovery point goes back before the file is cut: a crash in between must not look like lost data.
func TestTruncationTakesTheRecoveryPointBack(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	w := newTwin()
	rng := rand.New(rand.NewPCG(1, 43))
	for range 50 {
		appendTo(t, l, w.add(rng, 300))
	}
	syncLog(t, l, nil)
	syncLog(t, l, &HardState{Term: 1})
	if err := l.TruncateBack(20); err != nil {
		t.Fatal(err)
	}
	k := openLog(t, openStore(t, copyDir(t, s.opts.Dir)), "a-0")
	if len(k.Damage()) > 0 || k.LastIndex() != 20 {
		t.Errorf("after a kill: last index %d, damage %v", k.LastIndex(), k.Damage())
	}
	w.truncate(20, l)
	w.same(t, k)
}

// watchCut looks at the journal at the moment when a segment is cut.
type watchCut struct {
	lazyDisk
	onCut func()
}

func (d *watchCut) Truncate(f *os.File, size int64) error {
	if d.onCut != nil && len(filepath.Base(f.Name())) == 20 {
		d.onCut()
	}
	return d.lazyDisk.Truncate(f, size)
}

// And it is durable by then: a power failure takes what the journal was told without a sync.
func TestTheRecoveryPointIsBackOnDiskBeforeTheCut(t *testing.T) {
	d := &watchCut{}
	s := openStore(t, scratch(t), withDisk(d))
	l := openLog(t, s, "a-0")
	for i := range int64(50) {
		appendTo(t, l, recordsFrame(1, i, 1, 1, nil))
	}
	syncLog(t, l, nil)
	cut := false
	d.onCut = func() {
		cut = true
		text, err := os.ReadFile(s.journal.path)
		if err != nil {
			t.Fatal(err)
		}
		j := &journal{disk: d, known: newKnowledge()}
		if err := j.load(text[:s.journal.durable]); err != nil {
			t.Fatal(err)
		}
		if k := j.known.byName["a-0"]; k == nil || k.synced.last > 20 {
			t.Errorf("the journal on disk says %+v", k)
		}
	}
	if err := l.TruncateBack(20); err != nil || !cut {
		t.Fatal(err, cut)
	}
}

func TestStatesAreKeptAndDropped(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	l := openLog(t, s, "a-0")
	w := newTwin()
	rng := rand.New(rand.NewPCG(1, 44))
	for range 50 {
		appendTo(t, l, w.add(rng, 300))
	}
	load := func(l *Log, want uint64) {
		t.Helper()
		index, state, err := l.LoadState()
		if err != nil || index != want || want > 0 && len(state) != int(want) {
			t.Fatalf("state of %d with %d bytes, %v; want that of %d", index, len(state), err, want)
		}
	}
	save := func(index uint64) {
		l.SaveState(index, make([]byte, index))
		done := make(chan struct{})
		s.behind(func() { close(done) })
		<-done
	}
	load(l, 0)
	for _, index := range []uint64{10, 20, 30, 40} {
		save(index)
	}
	load(l, 40)
	if files, _ := listLog(l.dir); len(files.states) != statesKept {
		t.Errorf("%d states are kept", len(files.states))
	}
	scribble(t, l.states.path(40), func(b []byte) []byte { return flip(b, 30) })
	load(l, 30)
	if err := l.TruncateBack(25); err != nil {
		t.Fatal(err)
	}
	load(l, 0)
	save(22)
	s.Close()
	// A power failure takes entries that the state knows of: it belongs to a history that is gone.
	scribble(t, segmentPath(l.dir, 1), func(b []byte) []byte { return b[:w.entryAt(1, 15)] })
	s = openStore(t, dir)
	l = openLog(t, s, "a-0")
	if len(l.Damage()) == 0 {
		t.Error("the log is shorter than its recovery point")
	}
	load(l, 22)
}

func TestAStateOfACutHistoryIsRemoved(t *testing.T) {
	c := crash(t, rand.New(rand.NewPCG(1, 45)), 30, 10, 1000)
	s := openStore(t, c.dir)
	l := openLog(t, s, "a-0")
	l.SaveState(25, []byte("state"))
	s.janitor.stop()
	dir := copyDir(t, s.opts.Dir)
	// The same log on a disk where the state got through, and the entries that it knows of did not.
	logDir := filepath.Join(dir, partitionsDir, "a-0")
	fresh := crash(t, rand.New(rand.NewPCG(1, 45)), 30, 10, 1000)
	state, _ := os.ReadFile(filepath.Join(logDir, segmentName(25)+stateSuffix))
	target := filepath.Join(fresh.dir, partitionsDir, "a-0", segmentName(25)+stateSuffix)
	if err := os.WriteFile(target, state, 0o640); err != nil {
		t.Fatal(err)
	}
	scribble(t, fresh.path(1), func(b []byte) []byte { return b[:fresh.synced.pos] })
	l = openLog(t, openStore(t, fresh.dir), "a-0")
	if index, _, _ := l.LoadState(); index != 0 {
		t.Errorf("the state of index %d is loaded, the log ends at %d", index, l.LastIndex())
	}
	if _, err := os.Stat(target); err == nil {
		t.Error("the state is still there, for a new history to reach its index")
	}
}
