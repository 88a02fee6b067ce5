package wal

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
)

// filled is a log of several segments with its twin, synced.
func filled(t testing.TB, s *Store, name string, rng *rand.Rand, segments, each int) (*Log, *twin) {
	t.Helper()
	l, w := openLog(t, s, name), newTwin()
	for i := range segments {
		for range each {
			appendTo(t, l, w.add(rng, rng.IntN(900)))
		}
		if i+1 < segments {
			if err := l.Roll(); err != nil {
				t.Fatal(err)
			}
		}
	}
	syncLog(t, l, &HardState{Term: w.term, Commit: l.LastIndex()})
	return l, w
}

func offer(t testing.TB, l *Log, index uint64, state string) *Offer {
	t.Helper()
	o, err := l.Offer(index, []byte(state))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

func receive(t testing.TB, s *Store, name string, m Manifest) *Incoming {
	t.Helper()
	in, err := s.Receive(name, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.Close)
	return in
}

// carry moves bytes from an offer to where it is received, piece by piece, until all are there or limit have been moved.
func carry(o *Offer, in *Incoming, piece, limit int64) error {
	for {
		file, off, left, more := in.At()
		if !more || limit <= 0 {
			return nil
		}
		p := make([]byte, min(piece, left, limit))
		limit -= int64(len(p))
		if err := o.ReadAt(p, file, off); err != nil {
			return err
		}
		if err := in.Write(p); err != nil {
			return err
		}
	}
}

const everything = 1 << 40

// sweep waits for what the janitor has to do.
func sweep(s *Store) {
	swept := make(chan struct{})
	s.behind(func() { close(swept) })
	<-swept
}

// same checks that a log holds what the twin holds up to entry index.
func (w *twin) sameUpTo(t testing.TB, l *Log, index uint64) {
	t.Helper()
	w.keeps(index-w.first+1).same(t, l)
}

func TestLogIsReceivedAtAnyEntry(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	from, to := openStore(t, scratch(t)), openStore(t, scratch(t))
	l, w := filled(t, from, "p", rng, 3, 20)
	for _, index := range []uint64{0, 1, 19, 20, 21, 40, 55, 60} {
		o := offer(t, l, index, "state")
		in := receive(t, to, "q", o.Manifest)
		if err := carry(o, in, 777, everything); err != nil {
			t.Fatal(err)
		}
		if in.Here() != o.Bytes() {
			t.Errorf("%d bytes are here, of %d", in.Here(), o.Bytes())
		}
		if err := in.Seal(); err != nil {
			t.Fatal(err)
		}
		hs := HardState{Term: w.term, Vote: 3, Commit: index}
		if err := to.Install("q", o.Manifest, hs); err != nil {
			t.Fatal(err)
		}
		got := openLog(t, to, "q")
		w.sameUpTo(t, got, index)
		if got.HardState() != hs {
			t.Errorf("hard state %v, want %v", got.HardState(), hs)
		}
		at, state, err := got.LoadState()
		if err != nil || index > 0 && (at != index || string(state) != "state") {
			t.Errorf("the state is %q as of %d, %v", state, at, err)
		}
		appendTo(t, got, emptyFrame(w.term, got.NextOffset()))
		got.Close()
		o.Close()
	}
}

// A log whose head was dropped begins where the offered one begins, also when nothing is left in it.
func TestReceivedLogBeginsWhereTheOtherBegins(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	from, to := openStore(t, scratch(t)), openStore(t, scratch(t))
	l, w := filled(t, from, "p", rng, 3, 20)
	if err := l.Roll(); err != nil {
		t.Fatal(err)
	}
	for _, first := range []uint64{41, 61} {
		offset := w.frames[first-2].NextOffset()
		if got, err := l.DropHead(offset); err != nil || got != first {
			t.Fatalf("the log begins with %d, %v", got, err)
		}
		o := offer(t, l, 60, "s")
		in := receive(t, to, "p", o.Manifest)
		if err := errors.Join(carry(o, in, 4096, everything), in.Seal(), to.Install("p", o.Manifest, HardState{Term: 9})); err != nil {
			t.Fatal(err)
		}
		got := openLog(t, to, "p")
		term, err := got.Term(first - 1)
		if err != nil || got.FirstIndex() != first || got.LastIndex() != 60 || got.NextOffset() != w.next || term != w.frames[first-2].Term() {
			t.Errorf("entries %d to %d, next offset %d, term before %d, %v", got.FirstIndex(), got.LastIndex(), got.NextOffset(), term, err)
		}
		got.Close()
	}
}

func TestOfferKeepsWhatIsDropped(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	from, to := openStore(t, scratch(t)), openStore(t, scratch(t))
	l, w := filled(t, from, "p", rng, 4, 20)
	o := offer(t, l, 80, "")
	in := receive(t, to, "p", o.Manifest)
	if err := carry(o, in, 100, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := l.DropHead(w.frames[59].NextOffset()); err != nil {
		t.Fatal(err)
	}
	first := segmentPath(l.dir, 1)
	if err := carry(o, in, 4096, everything); err != nil {
		t.Fatalf("files that are offered were taken away: %v", err)
	}
	other := offer(t, l, 80, "")
	o.Close()
	sweep(from)
	if _, err := os.Stat(first); err != nil {
		t.Errorf("while another offer is open: %v", err)
	}
	other.Close()
	waitFor(t, func() bool { _, err := os.Stat(first); return os.IsNotExist(err) })
	if err := o.ReadAt(make([]byte, 1), 61, 0); !errors.Is(err, ErrCutOff) {
		t.Errorf("reading a closed offer: %v", err)
	}
}

func TestClosingALogClosesItsOffers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 5))
	s := openStore(t, scratch(t))
	l, _ := filled(t, s, "p", rng, 2, 5)
	o := offer(t, l, 10, "")
	l.Close()
	if err := s.Remove("p"); err != nil {
		t.Fatal(err)
	}
	if err := o.ReadAt(make([]byte, 1), 1, 0); !errors.Is(err, ErrCutOff) {
		t.Errorf("reading an offer of a log that is gone: %v", err)
	}
}

func TestWhatIsNotOfferedIsRefused(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 6))
	s := openStore(t, scratch(t))
	l, w := filled(t, s, "p", rng, 2, 5)
	o := offer(t, l, 10, "abc")
	for _, c := range []struct {
		file uint64
		off  int64
		n    int
	}{{2, 0, 1}, {7, 0, 1}, {1, -1, 1}, {1, o.Files[0].Bytes, 1}, {1, o.Files[0].Bytes + 1, 0}, {StateFile, 1, 3}} {
		if err := o.ReadAt(make([]byte, c.n), c.file, c.off); !errors.Is(err, ErrOutOfRange) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := l.Offer(11, nil); !errors.Is(err, ErrOutOfRange) {
		t.Errorf("offering what is not there: %v", err)
	}
	if _, err := l.DropHead(w.frames[4].NextOffset()); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Offer(4, nil); !errors.Is(err, ErrCompacted) {
		t.Errorf("offering what was dropped: %v", err)
	}
}

// Wherever a transfer stops, it goes on with what is whole: after a clean stop, after a kill, and with a torn file.
func TestTransferGoesOnWhereItStopped(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	from := openStore(t, scratch(t))
	l, w := filled(t, from, "p", rng, 3, 30)
	o := offer(t, l, 85, "a state of some length")
	for stop := int64(0); stop <= o.Bytes(); stop += o.Bytes()/17 + 1 {
		dir := scratch(t)
		to := openStore(t, dir)
		in := receive(t, to, "p", o.Manifest)
		if err := carry(o, in, 500, stop); err != nil {
			t.Fatal(err)
		}
		here := in.Here()
		killed := copyDir(t, dir)
		to.Close()
		if rng.IntN(2) == 0 { // the last block of the file was lost
			file, off, _, _ := in.At()
			path := filepath.Join(killed, incomingDir, "p", segmentName(file))
			if off > 200 && file != StateFile {
				scribble(t, path, func(b []byte) []byte { clear(b[off-100 : off]); return b })
				here -= 100
			}
		}
		again := openStore(t, killed)
		in = receive(t, again, "p", o.Manifest)
		if lost := here - in.Here(); lost > 1100 {
			t.Errorf("stopped at byte %d: %d bytes are to be sent again", stop, lost)
		}
		if err := errors.Join(carry(o, in, 500, everything), in.Seal(), again.Install("p", o.Manifest, HardState{Term: 1})); err != nil {
			t.Fatal(err)
		}
		w.sameUpTo(t, openLog(t, again, "p"), 85)
	}
}

// The leader, or its log, may have moved on meanwhile: what is here of the old manifest serves the new one.
func TestTransferGoesOnWithAnotherManifest(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	from, to := openStore(t, scratch(t)), openStore(t, scratch(t))
	l, w := filled(t, from, "p", rng, 4, 30)
	old := offer(t, l, 110, "old")
	in := receive(t, to, "p", old.Manifest)
	if err := carry(old, in, 4096, old.Bytes()-1); err != nil {
		t.Fatal(err)
	}
	here := in.Here()
	in.Close()
	if _, err := l.DropHead(w.frames[29].NextOffset()); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		appendTo(t, l, w.add(rng, 300))
	}
	now := offer(t, l, 125, "new")
	in = receive(t, to, "p", now.Manifest)
	if got, want := in.Here(), here-old.Files[0].Bytes-2; got != want {
		t.Errorf("%d bytes serve the new manifest, want %d", got, want)
	}
	if _, err := os.Stat(segmentPath(in.dir, 1)); !os.IsNotExist(err) {
		t.Errorf("a file that is in the new manifest no more: %v", err)
	}
	if err := errors.Join(carry(now, in, 4096, everything), in.Seal(), to.Install("p", now.Manifest, HardState{Term: 1})); err != nil {
		t.Fatal(err)
	}
	got := openLog(t, to, "p")
	if got.FirstIndex() != 31 || got.LastIndex() != 125 {
		t.Errorf("entries %d to %d", got.FirstIndex(), got.LastIndex())
	}
	for i := uint64(31); i <= 125; i++ {
		f, err := got.Frames(i, i+1, 1)
		if err != nil || string(f[0]) != string(w.frames[i-1]) {
			t.Fatalf("entry %d: %v", i, err)
		}
	}
}

func TestDamagedPiecesAreRefusedAndWantedAgain(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	from, to := openStore(t, scratch(t)), openStore(t, scratch(t))
	l, w := filled(t, from, "p", rng, 2, 20)
	o := offer(t, l, 40, "state")
	in := receive(t, to, "p", o.Manifest)
	first := make([]byte, o.Files[0].Bytes)
	if err := o.ReadAt(first, 1, 0); err != nil {
		t.Fatal(err)
	}
	if err := in.Write(append(first[:len(first):len(first)], 0)); !errors.Is(err, ErrRefused) || in.Here() > 0 {
		t.Fatalf("more than the file has: %v, %d bytes are kept", err, in.Here())
	}
	spoilt := flip(first, o.Files[0].Bytes/2)
	if err := in.Write(spoilt); !errors.Is(err, ErrRefused) {
		t.Fatalf("a flipped bit: %v", err)
	}
	file, off, _, _ := in.At()
	if file != 1 || off > o.Files[0].Bytes/2 || off < o.Files[0].Bytes/2-1100 {
		t.Errorf("wanted again from byte %d of file %d on", off, file)
	}
	if err := in.Write(first[off:]); err != nil {
		t.Fatal(err)
	}
	// Whole entries, but not those that were promised: the first file's, in place of the second one's.
	second := make([]byte, o.Files[1].Bytes)
	copy(second, first)
	if err := in.Write(second); !errors.Is(err, ErrRefused) {
		t.Fatalf("entries of another place: %v", err)
	}
	if _, off, _, _ := in.At(); off != 0 {
		t.Errorf("wanted again from byte %d on", off)
	}
	if err := o.ReadAt(second, 21, 0); err != nil {
		t.Fatal(err)
	}
	if err := in.Write(second); err != nil {
		t.Fatal(err)
	}
	if err := in.Write([]byte("stale")); !errors.Is(err, ErrRefused) {
		t.Errorf("another state: %v", err)
	}
	if err := in.Seal(); err == nil {
		t.Error("it is sealed without its state")
	}
	if err := errors.Join(in.Write([]byte("state")), in.Seal(), to.Install("p", o.Manifest, HardState{Term: 1})); err != nil {
		t.Fatal(err)
	}
	w.sameUpTo(t, openLog(t, to, "p"), 40)
	if err := in.Write([]byte{1}); !errors.Is(err, ErrRefused) {
		t.Errorf("more than was asked for: %v", err)
	}
}

// The term before a file's first entry is known, also when what lies before it came with an earlier transfer.
func TestTermsDoNotGoBackBetweenFiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 11))
	from, to := openStore(t, scratch(t)), openStore(t, scratch(t))
	l, w := filled(t, from, "p", rng, 2, 30)
	o := offer(t, l, 60, "")
	in := receive(t, to, "p", o.Manifest)
	if err := carry(o, in, 4096, o.Files[0].Bytes); err != nil {
		t.Fatal(err)
	}
	in.Close()
	in = receive(t, to, "p", o.Manifest)
	if want := w.frames[29].Term(); in.term != want || in.Here() != o.Files[0].Bytes {
		t.Errorf("%d bytes are here, and the last term is %d, want %d", in.Here(), in.term, want)
	}
	m := o.Manifest
	m.PrevTerm, m.Term = 1000, 1000
	in = receive(t, to, "q", m)
	if err := carry(o, in, 4096, o.Files[0].Bytes); !errors.Is(err, ErrRefused) {
		t.Errorf("a term that goes back: %v", err)
	}
}

// A sidecar that speaks of less than the file holds, as a power failure may bring one back, says nothing of it.
func TestStaleSidecarIsNotBelieved(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 12))
	from, to := openStore(t, scratch(t)), openStore(t, scratch(t))
	l, w := filled(t, from, "p", rng, 1, 30)
	short, long := offer(t, l, 20, ""), offer(t, l, 30, "")
	in := receive(t, to, "p", short.Manifest)
	if err := carry(short, in, 4096, everything); err != nil {
		t.Fatal(err)
	}
	in.Close()
	scribble(t, segmentPath(in.dir, 1), func(b []byte) []byte { return append(b, make([]byte, long.Bytes()-short.Bytes())...) })
	in = receive(t, to, "p", long.Manifest)
	if in.Here() != short.Bytes() {
		t.Fatalf("%d bytes are taken for whole, of which %d are", in.Here(), short.Bytes())
	}
	if err := errors.Join(carry(long, in, 4096, everything), in.Seal(), to.Install("p", long.Manifest, HardState{Term: 1})); err != nil {
		t.Fatal(err)
	}
	w.same(t, openLog(t, to, "p"))

	in = receive(t, to, "q", long.Manifest)
	if err := carry(long, in, 4096, everything); err != nil {
		t.Fatal(err)
	}
	in.Close()
	scribble(t, segmentPath(in.dir, 1), func(b []byte) []byte { return b[:len(b)/2] })
	if n := receive(t, to, "q", long.Manifest).Here(); n > long.Bytes()/2 {
		t.Errorf("%d bytes are taken for whole of a file that lost half of %d", n, long.Bytes())
	}
}

// A manifest that promises another end than its files have is found out, though every entry is whole.
func TestFilesMustEndAsPromised(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 4))
	from, to := openStore(t, scratch(t)), openStore(t, scratch(t))
	l, _ := filled(t, from, "p", rng, 1, 20)
	for name, spoil := range map[string]func(*Manifest){
		"last index":  func(m *Manifest) { m.Last++; m.Files[0].Last++ },
		"next offset": func(m *Manifest) { m.Files[0].Next++ },
		"term":        func(m *Manifest) { m.Term++ },
		"base offset": func(m *Manifest) { m.Base++ },
		"term before": func(m *Manifest) { m.PrevTerm, m.Term = 1000, 1000 },
	} {
		o := offer(t, l, 20, "")
		m := o.Manifest
		m.Files = append([]ManifestFile(nil), m.Files...)
		spoil(&m)
		in := receive(t, to, "p", m)
		if err := carry(o, in, 4096, everything); !errors.Is(err, ErrRefused) {
			t.Errorf("another %s: %v", name, err)
		}
		in.Close()
	}
}

func TestRottenLogIsNotOffered(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 5))
	s := openStore(t, scratch(t))
	l, w := filled(t, s, "p", rng, 2, 20)
	scribble(t, segmentPath(l.dir, 1), func(b []byte) []byte { return flip(b, 20) })
	var told []uint64
	l.OnDamage(func(d Damage) { told = append(told, d.FirstIndex) })
	if _, _, _, err := l.Reader().Read(0, w.next, 1<<20, true); err == nil {
		t.Fatal("the rot was read")
	}
	if _, err := l.Offer(40, nil); !errors.As(err, new(*DamagedError)) {
		t.Errorf("offering it: %v", err)
	}
	if len(told) != 1 || told[0] != 1 {
		t.Errorf("the log's owner was told of %v", told)
	}
}

// A file is durable before its sidecar says that it is whole, and what was gathered before it can be installed.
func TestWhatIsReceivedIsDurable(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	disk := &faultyDisk{}
	from, to := openStore(t, scratch(t)), openStore(t, scratch(t), withDisk(disk))
	l, w := filled(t, from, "p", rng, 3, 20)
	if _, err := l.DropHead(w.frames[19].NextOffset()); err != nil {
		t.Fatal(err)
	}
	o := offer(t, l, 60, "state")
	in := receive(t, to, "p", o.Manifest)
	disk.reset()
	var seen string
	disk.set(func(d *faultyDisk) {
		d.failAt = func(name string, write bool) error {
			if write && strings.HasSuffix(name, indexSuffix+tempSuffix) {
				seen += strings.Join(d.synced, " ") + "; "
			}
			return nil
		}
	})
	if err := carry(o, in, 4096, everything); err != nil {
		t.Fatal(err)
	}
	if want := segmentName(21) + "; " + segmentName(21) + " " + segmentName(41) + "; "; seen != want {
		t.Errorf("before sidecars are written, synced are %s", seen)
	}
	disk.reset()
	if err := in.Seal(); err != nil {
		t.Fatal(err)
	}
	names, _ := disk.syncs()
	if want := headFile + tempSuffix + " p " + segmentName(60) + stateSuffix + tempSuffix + " p p " + incomingDir; names != want {
		t.Errorf("sealing syncs %s\nwant %s", names, want)
	}
}

// A log's offer must not reach into the log that takes its place.
func TestOfferOfTheOldLogEndsWithIt(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 10))
	from, to := openStore(t, scratch(t)), openStore(t, scratch(t))
	l, w := filled(t, from, "p", rng, 3, 20)
	m, own := filled(t, to, "p", rng, 3, 20)
	old := offer(t, m, 60, "")
	if _, err := m.DropHead(own.frames[39].NextOffset()); err != nil {
		t.Fatal(err)
	}
	o := offer(t, l, 60, "")
	in := receive(t, to, "p", o.Manifest)
	m.Close()
	if err := errors.Join(carry(o, in, 4096, everything), in.Seal(), to.Install("p", o.Manifest, HardState{Term: 9})); err != nil {
		t.Fatal(err)
	}
	if err := old.ReadAt(make([]byte, 10), 1, 0); !errors.Is(err, ErrCutOff) {
		t.Errorf("the old offer reads the new log: %v", err)
	}
	old.Close()
	sweep(to)
	w.same(t, openLog(t, to, "p"))
}

// Whoever gets rotten bytes can have the file verified where they come from.
func TestOfferedFileIsVerified(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 8))
	s := openStore(t, scratch(t))
	l, _ := filled(t, s, "p", rng, 3, 20)
	told := 0
	l.OnDamage(func(Damage) { told++ })
	o := offer(t, l, 60, "")
	scribble(t, segmentPath(l.dir, 21), func(b []byte) []byte { return flip(b, int64(len(b)-20)) })
	if err := errors.Join(o.Verify(1), o.Verify(41)); err != nil || told != 0 {
		t.Errorf("files that are whole: %v", err)
	}
	var damaged *DamagedError
	if err := o.Verify(21); !errors.As(err, &damaged) || damaged.FirstIndex != 40 || told != 1 || len(l.Damage()) != 1 {
		t.Errorf("a rotten file: %v", err)
	}
	if err := o.Verify(22); !errors.Is(err, ErrOutOfRange) {
		t.Errorf("no file: %v", err)
	}
}

// A full disk stops a transfer with an error that says so; with room again it goes on. The log in use is not touched.
func TestFullDiskStopsATransfer(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 6))
	disk := &faultyDisk{}
	from, to := openStore(t, scratch(t)), openStore(t, scratch(t), withDisk(disk))
	mine, own := filled(t, to, "p", rng, 2, 10)
	l, w := filled(t, from, "p", rng, 3, 20)
	o := offer(t, l, 60, "state")
	in := receive(t, to, "p", o.Manifest)
	full := func(name string) func(*faultyDisk) {
		return func(d *faultyDisk) {
			d.failAt = func(file string, write bool) error {
				if write && (name == "" || strings.Contains(file, name)) {
					return syscall.ENOSPC
				}
				return nil
			}
		}
	}
	for _, name := range []string{segmentName(1), indexSuffix, segmentName(21), stateSuffix} {
		disk.set(full(name))
		err := carry(o, in, 700, everything)
		if err == nil {
			err = in.Seal()
		}
		if !errors.Is(err, kerr.KafkaStorageError) || !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("no room for %s: %v", name, err)
		}
		in.Close()
		disk.set(func(d *faultyDisk) { d.failAt = nil })
		own.same(t, mine)
		in = receive(t, to, "p", o.Manifest)
		if _, _, left, more := in.At(); more && left == 0 {
			t.Errorf("no room for %s: nothing is wanted, and it is not complete", name)
		}
	}
	if err := errors.Join(carry(o, in, 700, everything), in.Seal()); err != nil {
		t.Fatal(err)
	}
	mine.Close()
	disk.set(full(installSuffix))
	if err := to.Install("p", o.Manifest, HardState{Term: 7}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("no room to install: %v", err)
	}
	disk.set(func(d *faultyDisk) { d.failAt = nil })
	mine = openLog(t, to, "p")
	own.same(t, mine)
	mine.Close()
	if err := to.Install("p", o.Manifest, HardState{Term: 7}); err != nil {
		t.Fatal(err)
	}
	w.same(t, openLog(t, to, "p"))

	disk.set(func(d *faultyDisk) { d.free = 1 })
	in = receive(t, to, "q", o.Manifest)
	waitFor(t, func() bool { return errors.Is(to.Room(1), errDiskFull) })
	if err := carry(o, in, 700, 700); !errors.Is(err, errDiskFull) {
		t.Errorf("a transfer uses the reserve up: %v", err)
	}
}

func TestDiscardedAndRemovedLogsAreGatheredAnew(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 7))
	from, to := openStore(t, scratch(t)), openStore(t, scratch(t))
	l, _ := filled(t, from, "p", rng, 2, 10)
	o := offer(t, l, 20, "")
	for name, forget := range map[string]func(string) error{"Discard": to.Discard, "Remove": to.Remove} {
		in := receive(t, to, "p", o.Manifest)
		if err := carry(o, in, 512, 2000); err != nil {
			t.Fatal(err)
		}
		in.Close()
		if err := forget("p"); err != nil {
			t.Fatal(err)
		}
		if n := receive(t, to, "p", o.Manifest).Here(); n != 0 {
			t.Errorf("%s leaves %d bytes", name, n)
		}
	}
}
