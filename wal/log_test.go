package wal

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/wal/record"
)

// batch is a record batch as far as the log looks at it: a header, and bytes.
func batch(base int64, count int, ts int64, payload []byte) []byte {
	b := make([]byte, record.HeaderSize+len(payload))
	binary.BigEndian.PutUint64(b, uint64(base))
	binary.BigEndian.PutUint32(b[8:], uint32(len(b)-12))
	b[16] = 2
	binary.BigEndian.PutUint32(b[23:], uint32(count-1))
	binary.BigEndian.PutUint64(b[27:], uint64(ts))
	binary.BigEndian.PutUint64(b[35:], uint64(ts))
	copy(b[record.HeaderSize:], payload)
	return b
}

// recordsFrame is a sealed frame of one batch.
func recordsFrame(term uint64, base int64, count int, ts int64, payload []byte) Frame {
	f := append(NewFrame(len(payload)+record.HeaderSize), batch(base, count, ts, payload)...)
	f.Seal(KindRecords, term, base, uint32(count), ts)
	return f
}

func emptyFrame(term uint64, base int64) Frame {
	f := NewFrame(0)
	f.Seal(KindEmpty, term, base, 0, -1)
	return f
}

// noise is n bytes that don't compress and don't repeat.
func noise(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// twin is the dumb twin of a log: all frames in a slice.
type twin struct {
	frames []Frame
	first  uint64
	term   uint64
	next   int64
}

func newTwin() *twin { return &twin{first: 1, term: 1} }

func (w *twin) last() uint64 { return w.first + uint64(len(w.frames)) - 1 }

func (w *twin) add(rng *rand.Rand, size int) Frame {
	var f Frame
	if rng.IntN(20) == 0 {
		w.term++
		f = emptyFrame(w.term, w.next)
	} else {
		n := 1 + rng.IntN(5)
		f = recordsFrame(w.term, w.next, n, 1000+w.next*10+int64(rng.IntN(50)), noise(rng, size))
	}
	w.frames = append(w.frames, f)
	w.next = f.NextOffset()
	return f
}

func openStore(t testing.TB, dir string, change ...func(*Options)) *Store {
	t.Helper()
	o := Options{Dir: dir, Log: zerolog.Nop(), Fatal: func(err error) { t.Errorf("fatal: %v", err) }}
	for _, c := range change {
		c(&o)
	}
	s, err := OpenStore(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func openLog(t testing.TB, s *Store, name string) *Log {
	t.Helper()
	l, err := s.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func syncLog(t testing.TB, l *Log, hs *HardState) {
	t.Helper()
	done := make(chan error, 1)
	l.Sync(hs, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func appendTo(t testing.TB, l *Log, frames ...Frame) {
	t.Helper()
	if err := l.Append(l.LastIndex()+1, frames); err != nil {
		t.Fatal(err)
	}
}

// readAll reads the records of the whole log through a Reader, maxBytes at a time.
func readAll(t testing.TB, r *Reader, from, limit int64, maxBytes int) []byte {
	t.Helper()
	var out []byte
	for from < limit {
		chunks, n, release, err := r.Read(from, limit, maxBytes, true)
		if err != nil {
			t.Fatalf("reading from %d: %v", from, err)
		}
		if n == 0 {
			break
		}
		for _, c := range chunks {
			out = append(out, c...)
			for len(c) > 0 {
				_, next, size, err := batchBounds(c, len(c))
				if err != nil {
					t.Fatal(err)
				}
				from, c = next, c[size:]
			}
		}
		release()
	}
	return out
}

// records are all batches of the twin's frames with offsets at or behind from.
func (w *twin) records(from int64) []byte {
	var out []byte
	for _, f := range w.frames {
		if f.Kind() == KindRecords && f.NextOffset() > from {
			out = append(out, f.Payload()...)
		}
	}
	return out
}

// same compares a log with its twin: every frame, every record, every term.
func (w *twin) same(t testing.TB, l *Log) {
	t.Helper()
	if l.FirstIndex() != w.first || l.LastIndex() != w.last() || l.NextOffset() != w.next {
		t.Fatalf("log has %d to %d, next offset %d; want %d to %d, %d", l.FirstIndex(), l.LastIndex(), l.NextOffset(), w.first, w.last(), w.next)
	}
	for i := w.first; i <= w.last(); {
		frames, err := l.Frames(i, w.last()+1, 100<<10)
		if err != nil {
			t.Fatalf("frames from %d: %v", i, err)
		}
		for _, f := range frames {
			if !bytes.Equal(f, w.frames[i-w.first]) {
				t.Fatalf("frame %d differs: %v base %d, want %v base %d", i, f.Kind(), f.BaseOffset(), w.frames[i-w.first].Kind(), w.frames[i-w.first].BaseOffset())
			}
			if term, err := l.Term(i); err != nil || term != f.Term() {
				t.Fatalf("term of %d: %d, %v; want %d", i, term, err, f.Term())
			}
			i++
		}
	}
	base := int64(0)
	if len(w.frames) > 0 {
		base = w.frames[0].BaseOffset()
	}
	if got, want := readAll(t, l.Reader(), base, w.next, 50<<10), w.records(base); !bytes.Equal(got, want) {
		t.Fatalf("records read: %d bytes, want %d", len(got), len(want))
	}
}

func TestWhatIsWrittenIsThereAfterAStop(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	dir := t.TempDir()
	small := func(o *Options) { o.SegmentBytes = 100 << 10 }
	w := newTwin()
	s := openStore(t, dir, small)
	l := openLog(t, s, "a-0")
	for round := range 4 {
		for range 40 {
			var frames []Frame
			for range 1 + rng.IntN(4) {
				frames = append(frames, w.add(rng, rng.IntN(8000)))
			}
			appendTo(t, l, frames...)
		}
		syncLog(t, l, &HardState{Term: w.term, Vote: 7, Commit: w.last()})
		w.same(t, l)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if round%2 == 0 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = openStore(t, dir, small)
			if !s.Clean() {
				t.Error("the stop was clean, but is not known as such")
			}
		}
		l = openLog(t, s, "a-0")
		w.same(t, l)
		if hs := l.HardState(); hs != (HardState{w.term, 7, w.last()}) {
			t.Fatalf("hard state is %+v", hs)
		}
		if d := l.Damage(); len(d) > 0 {
			t.Fatalf("damage: %+v", d)
		}
	}
	if n := len(l.Segments()); n < 5 {
		t.Errorf("only %d segments: nothing was rolled", n)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, partitionsDir, "a-0", "*.index")); len(names) < 5 {
		t.Errorf("only %d sidecars", len(names))
	}
}
