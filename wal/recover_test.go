package wal

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kerr"
)

// crashed is a data directory as a killed node leaves it, with one log: synced says how many of its entries are known to be
// durable, the twin what was written.
type crashed struct {
	dir    string
	twin   *twin
	synced position
}

// crash writes a log of some segments, of which all but the last entries are synced, and copies the directory.
func crash(t testing.TB, rng *rand.Rand, entries, unsynced, size int, change ...func(*Options)) crashed {
	t.Helper()
	s := openStore(t, scratch(t), change...)
	l := openLog(t, s, "a-0")
	w := newTwin()
	for i := range entries {
		appendTo(t, l, w.add(rng, rng.IntN(size)))
		if i == entries-1-unsynced {
			syncLog(t, l, nil)
			syncLog(t, l, &HardState{Term: 1}) // writes the recovery point
		}
	}
	k, _ := s.journal.lookup("a-0")
	if k.synced.last != uint64(entries-unsynced) {
		t.Fatalf("recovery point at %d, want %d", k.synced.last, entries-unsynced)
	}
	return crashed{copyDir(t, s.opts.Dir), w, k.synced}
}

func (c crashed) path(first uint64) string {
	return filepath.Join(c.dir, partitionsDir, "a-0", segmentName(first))
}

// keeps cuts the twin to its first n frames.
func (w *twin) keeps(n uint64) *twin {
	cut := &twin{frames: w.frames[:n:n], first: w.first}
	for _, f := range cut.frames {
		cut.next, cut.term = f.NextOffset(), f.Term()
	}
	return cut
}

// entryAt is the position of the entry at index in its segment, by walking the twin.
func (w *twin) entryAt(first, index uint64) (pos int64) {
	for i := first; i < index; i++ {
		pos += framesSize(w.frames[i-1 : i])
	}
	return pos
}

func TestTornEndsAreCut(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	c := crash(t, rng, 30, 10, 3000)
	whole, err := os.ReadFile(c.path(1))
	if err != nil {
		t.Fatal(err)
	}
	boundary := c.twin.entryAt(1, 25)
	for _, tc := range []struct {
		name string
		text []byte
		want uint64 // entries that stay
	}{
		{"whole", whole, 30},
		{"zero-filled tail", append(bytes.Clone(whole), make([]byte, 8192)...), 30},
		{"zeros instead of entries", append(bytes.Clone(whole[:boundary]), make([]byte, len(whole)-int(boundary))...), 24},
		{"cut in a length", whole[:boundary+1], 24},
		{"cut in a header", whole[:boundary+20], 24},
		{"cut in a payload", whole[:len(whole)-1], 29},
		{"cut between entries", whole[:boundary], 24},
		{"garbage behind", append(bytes.Clone(whole), "garbage"...), 30},
		{"an entry again behind", append(bytes.Clone(whole), whole[c.twin.entryAt(1, 30):]...), 30},
		{"an empty entry behind", append(bytes.Clone(whole), 0), 30},
		{"damage with whole entries behind it, all unsynced", flip(whole, boundary+45), 24},
		{"nothing but what was synced", whole[:c.synced.pos], 20},
		{"zeros where nothing was synced", append(bytes.Clone(whole[:c.synced.pos]), make([]byte, 4096)...), 20},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := os.WriteFile(c.path(1), tc.text, 0o640); err != nil {
				t.Fatal(err)
			}
			s := openStore(t, copyDir(t, c.dir))
			l := openLog(t, s, "a-0")
			if len(l.Damage()) != 0 {
				t.Fatalf("damage: %+v", l.Damage())
			}
			w := c.twin.keeps(tc.want)
			w.same(t, l)
			for range 5 { // and it goes on from there
				appendTo(t, l, w.add(rng, 1000))
			}
			w.same(t, l)
			dir := s.opts.Dir
			s.Close()
			w.same(t, openLog(t, openStore(t, dir), "a-0"))
		})
	}
}

func flip(p []byte, at int64) []byte {
	p = bytes.Clone(p)
	p[at] ^= 0x04
	return p
}

func TestRotIsNeverCut(t *testing.T) {
	c := crash(t, rand.New(rand.NewPCG(6, 6)), 30, 0, 3000)
	whole, err := os.ReadFile(c.path(1))
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(c.path(1) + indexSuffix) // so that all of it is scanned
	at := c.twin.entryAt(1, 12)
	for _, tc := range []struct {
		name string
		text []byte
		last uint64
	}{
		{"a flipped payload", flip(whole, at+45), 30},
		{"a flipped length", flip(whole, at), 30},
		{"zeros in the middle", append(append(bytes.Clone(whole[:at]), make([]byte, 500)...), whole[at+500:]...), 30},
		{"shorter than what was synced", whole[:at], 30},
		{"shorter, within an entry", whole[:len(whole)-3], 30},
		{"empty", nil, 30},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := os.WriteFile(c.path(1), tc.text, 0o640); err != nil {
				t.Fatal(err)
			}
			s := openStore(t, copyDir(t, c.dir))
			l := openLog(t, s, "a-0")
			if len(l.Damage()) == 0 {
				t.Fatal("the damage went unnoticed")
			}
			if l.LastIndex() != tc.last {
				t.Errorf("last index %d, want %d", l.LastIndex(), tc.last)
			}
			kept, _ := os.ReadFile(segmentPath(l.dir, 1))
			if !bytes.Equal(kept, tc.text) {
				t.Error("the file was changed")
			}
			err := l.Append(l.LastIndex()+1, []Frame{emptyFrame(99, l.NextOffset())})
			var damaged *DamagedError
			if !errors.Is(err, kerr.KafkaStorageError) || !errors.As(err, &damaged) || damaged.File == "" {
				t.Errorf("append: %v", err)
			}
			c.twin.served(t, l)
		})
	}
}

// served reads all that can be read of a log, by index and by offset, and checks that it is what was written. It returns how
// many entries that was.
func (w *twin) served(t testing.TB, l *Log) (n int) {
	t.Helper()
	for i := l.FirstIndex(); i <= l.LastIndex(); i++ {
		frames, err := l.Frames(i, i+1, 1)
		if err == nil && !bytes.Equal(frames[0], w.frames[i-1]) {
			t.Fatalf("entry %d is served wrong", i)
		}
		if err == nil {
			n++
		} else if !errors.Is(err, kerr.KafkaStorageError) {
			t.Fatalf("entry %d: %v", i, err)
		}
	}
	r := l.Reader()
	for _, f := range w.frames {
		if f.Kind() != KindRecords {
			continue
		}
		chunks, bytesRead, release, err := r.Read(f.BaseOffset(), w.next, len(f)+3000, true)
		if err != nil && !errors.Is(err, kerr.KafkaStorageError) {
			t.Fatalf("offset %d: %v", f.BaseOffset(), err)
		}
		if bytesRead > 0 && !bytes.HasPrefix(w.records(f.BaseOffset()), bytes.Join(chunks, nil)) {
			t.Fatalf("offset %d is served wrong", f.BaseOffset())
		}
		release()
	}
	return n
}

// What is whole behind a damaged entry is served: its header says where it ends, or a point of the index.
func TestWhatIsWholeAroundRotIsServed(t *testing.T) {
	c := crash(t, rand.New(rand.NewPCG(7, 7)), 400, 0, 3000)
	s := openStore(t, c.dir) // writes the index
	openLog(t, s, "a-0")
	s.Close()
	for what, at := range map[string]int64{"payload": 50, "length": 0} {
		dir := copyDir(t, c.dir)
		scribble(t, filepath.Join(dir, partitionsDir, "a-0", segmentName(1)), func(b []byte) []byte {
			return flip(b, c.twin.entryAt(1, 150)+at)
		})
		// Without the summary the file is scanned from its last point on; take that away too, but leave the points.
		scribble(t, filepath.Join(dir, partitionsDir, "a-0", segmentName(1)+indexSuffix), func(b []byte) []byte {
			points, _, _, _ := parseSidecar(b, 1)
			if len(points) < 8 {
				t.Fatalf("only %d points", len(points))
			}
			return b[:len(points)*pointRecord]
		})
		s := openStore(t, dir)
		l := openLog(t, s, "a-0")
		c.twin.served(t, l)
		_, err := l.Frames(150, 151, 1)
		if !errors.Is(err, kerr.KafkaStorageError) || len(l.Damage()) == 0 {
			t.Errorf("%s: the damaged entry: %v, damage %v", what, err, l.Damage())
		}
		if n := c.twin.served(t, l); n < 400-70 {
			t.Errorf("%s: only %d of 400 entries are served", what, n)
		}
		d := l.Damage()[0]
		if d.From > c.twin.entryAt(1, 150) || d.To <= d.From || d.FirstIndex > 150 {
			t.Errorf("%s: the damage is said to be %+v", what, d)
		}
	}
}

func TestAMissingSegmentIsDamage(t *testing.T) {
	small := func(o *Options) { o.SegmentBytes = 20 << 10 }
	c := crash(t, rand.New(rand.NewPCG(8, 8)), 100, 0, 3000, small)
	files, err := listLog(filepath.Dir(c.path(1)))
	if err != nil || len(files.segments) < 5 {
		t.Fatal(files, err)
	}
	for i, first := range files.segments {
		dir := copyDir(t, c.dir)
		os.Remove(segmentPath(filepath.Join(dir, partitionsDir, "a-0"), first))
		l := openLog(t, openStore(t, dir, small), "a-0")
		if d := l.Damage(); len(d) == 0 || d[0].FirstIndex != first {
			t.Errorf("file %d of %d is missing: damage %+v", i+1, len(files.segments), d)
		}
		if l.LastIndex() != 100 {
			t.Errorf("file %d is missing: last index %d", i+1, l.LastIndex())
		}
		c.twin.served(t, l)
	}
}

// Random damage at 1,000 random places: what may have been acknowledged is never cut, and nothing is served wrong.
func TestRandomDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	small := func(o *Options) { o.SegmentBytes = 16 << 10 }
	cases := make([]crashed, 5)
	for i := range cases {
		cases[i] = crash(t, rng, 40, i*5, 2500, small)
	}
	cut, rotten := 0, 0
	for i := range 1000 {
		c := cases[i%len(cases)]
		dir := copyDir(t, c.dir)
		logDir := filepath.Join(dir, partitionsDir, "a-0")
		files, _ := listLog(logDir)
		first := files.segments[rng.IntN(len(files.segments))]
		var at int64
		scribble(t, segmentPath(logDir, first), func(b []byte) []byte {
			if len(b) == 0 {
				return []byte{0}
			}
			at = rng.Int64N(int64(len(b)))
			return damage(rng, b, at)
		})
		l, s := openQuietly(t, dir)
		synced := c.synced.last
		if l.LastIndex() < synced {
			t.Fatalf("round %d: %d entries are left of the %d that were synced", i, l.LastIndex(), synced)
		}
		beyond := position{first, at, 0}
		if !beyond.before(position{c.synced.first, c.synced.pos, 0}) && len(l.Damage()) > 0 {
			t.Fatalf("round %d: damage beyond what was synced is quarantined: %+v", i, l.Damage())
		}
		if n := c.twin.served(t, l); len(l.Damage()) > 0 {
			rotten++
		} else if uint64(n) != l.LastIndex() {
			t.Fatalf("round %d: %d entries of %d are served, and no damage is known", i, n, l.LastIndex())
		} else if l.LastIndex() < 40 {
			cut++
		}
		s.Close()
		os.RemoveAll(dir)
	}
	if cut < 50 || rotten < 50 {
		t.Errorf("%d cut, %d rotten: the test does not reach both", cut, rotten)
	}
}

// damage flips a bit, cuts, or zeroes what lies behind at.
func damage(rng *rand.Rand, b []byte, at int64) []byte {
	switch rng.IntN(4) {
	case 0:
		return flip(b, at)
	case 1:
		return b[:at]
	case 2:
		clear(b[at:])
		return b
	default:
		clear(b[at:min(at+512, int64(len(b)))])
		b[at] ^= 1
		return b
	}
}

func openQuietly(t testing.TB, dir string) (*Log, *Store) {
	t.Helper()
	s, err := OpenStore(Options{Dir: dir, Log: zerolog.Nop(), SegmentBytes: 16 << 10, Disk: lazyDisk{}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Open("a-0")
	if err != nil {
		t.Fatal(err)
	}
	return l, s
}

// A power failure keeps what was synced, and any subset of the blocks that were not.
func TestPowerFailure(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	small := func(o *Options) { o.SegmentBytes, o.Disk = 30<<10, lazyDisk{} }
	for round := range 60 {
		c := crash(t, rng, 90, 1+rng.IntN(60), 3000, small)
		logDir := filepath.Join(c.dir, partitionsDir, "a-0")
		files, _ := listLog(logDir)
		for _, first := range files.segments {
			from := int64(0)
			if first < c.synced.first {
				continue
			} else if first == c.synced.first {
				from = c.synced.pos
			}
			if from == 0 && rng.IntN(8) == 0 {
				os.Remove(segmentPath(logDir, first))
				continue
			}
			scribble(t, segmentPath(logDir, first), func(b []byte) []byte { return loseBlocks(rng, b, from) })
		}
		for _, first := range files.indexes { // never synced
			scribble(t, segmentPath(logDir, first)+indexSuffix, func(b []byte) []byte { return loseBlocks(rng, b, 0) })
		}
		l := openLog(t, openStore(t, c.dir, small), "a-0")
		if len(l.Damage()) > 0 {
			t.Fatalf("round %d: damage %+v", round, l.Damage())
		}
		if l.LastIndex() < c.synced.last {
			t.Fatalf("round %d: %d entries are left of the %d that were synced", round, l.LastIndex(), c.synced.last)
		}
		w := c.twin.keeps(l.LastIndex())
		w.same(t, l)
		for range 20 {
			appendTo(t, l, w.add(rng, 3000))
		}
		w.same(t, l)
	}
}

// loseBlocks loses blocks of 512 bytes behind from, and perhaps the end.
func loseBlocks(rng *rand.Rand, b []byte, from int64) []byte {
	for at := from; at < int64(len(b)); at = at/512*512 + 512 {
		if rng.IntN(3) == 0 {
			clear(b[at:min(at/512*512+512, int64(len(b)))])
		}
	}
	if rng.IntN(2) == 0 && int64(len(b)) > from {
		b = b[:from+rng.Int64N(int64(len(b))-from)]
	}
	return b
}
