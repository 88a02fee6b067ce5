package wal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/wal/record"
)

// manyBatches is a frame of several batches, with their sizes.
func manyBatches(term uint64, base int64, counts ...int) Frame {
	f := NewFrame(0)
	next := base
	for i, n := range counts {
		f = append(f, batch(next, n, int64(i), bytes.Repeat([]byte{byte(i)}, 39))...)
		next += int64(n)
	}
	f.Seal(KindRecords, term, base, uint32(next-base), int64(len(counts)-1))
	return f
}

func membersFrame(term uint64, base int64) Frame {
	f := append(NewFrame(8), "members!"...)
	f.Seal(KindMembers, term, base, 0, -1)
	return f
}

// Each batch here is 100 bytes long.
func TestReadReturnsWholeBatchesWithinItsBounds(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	appendTo(t, l,
		emptyFrame(1, 0),
		manyBatches(1, 0, 10, 10, 10), // offsets 0-9, 10-19, 20-29
		emptyFrame(2, 30),
		manyBatches(2, 30, 5), // 30-34
		membersFrame(2, 35),
		manyBatches(2, 35, 1, 1, 1, 1, 1),
	)
	l.Roll()
	appendTo(t, l, emptyFrame(3, 40), manyBatches(3, 40, 10, 10)) // 40-49, 50-59
	for _, c := range []struct {
		offset, limit int64
		max           int
		atLeastOne    bool
		first, bytes  int // base offset of the first batch, and how much
	}{
		{0, 60, 1000, true, 0, 900}, // ends with the segment
		{0, 60, 299, true, 0, 200},
		{0, 60, 300, true, 0, 300},
		{0, 60, 99, true, 0, 100},
		{0, 60, 99, false, 0, 0},
		{0, 60, 0, false, 0, 0},
		{0, 60, 0, true, 0, 100},
		{15, 60, 1000, true, 10, 800}, // begins earlier than asked
		{15, 30, 1000, true, 10, 200},
		{15, 20, 1000, true, 10, 100},
		{25, 60, 150, true, 20, 100}, // a frame in part
		{29, 60, 150, true, 20, 100},
		{30, 60, 150, true, 30, 100},
		{34, 60, 250, true, 30, 200}, // and the next one in part
		{39, 60, 1000, true, 39, 100},
		{40, 60, 1000, true, 40, 200},
		{40, 50, 1000, true, 40, 100},
		{59, 60, 1000, true, 50, 100},
		{60, 60, 1000, true, 0, 0},
		{20, 20, 1000, true, 0, 0},
		{25, 20, 1000, true, 0, 0},
	} {
		chunks, n, release, err := l.Reader().Read(c.offset, c.limit, c.max, c.atLeastOne)
		if err != nil {
			t.Fatal(err)
		}
		got := bytes.Join(chunks, nil)
		if n != c.bytes || len(got) != n {
			t.Errorf("%+v: %d bytes, in chunks %d", c, n, len(got))
		} else if n > 0 {
			if base, _, _, _ := batchBounds(got, len(got)); base != int64(c.first) {
				t.Errorf("%+v: begins at %d", c, base)
			}
		}
		release()
	}
}

func TestBuffersAreNotSharedBetweenReads(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	for i := range int64(50) {
		appendTo(t, l, recordsFrame(1, i, 1, 1, bytes.Repeat([]byte{byte(i)}, 3000)))
	}
	r := l.Reader()
	a, _, releaseA, _ := r.Read(0, 50, 40_000, true)
	before := bytes.Clone(bytes.Join(a, nil))
	b, _, releaseB, _ := r.Read(20, 50, 40_000, true)
	if !bytes.Equal(bytes.Join(a, nil), before) || bytes.Equal(bytes.Join(b, nil), before) {
		t.Error("a read changed what another one holds")
	}
	releaseA()
	releaseB()
}

// A reader keeps its own picture of the tail's last entries while the tail grows.
func TestAReaderIsImmutable(t *testing.T) {
	s := openStore(t, scratch(t))
	l := openLog(t, s, "a-0")
	for i := range int64(2 * recentEntries) {
		appendTo(t, l, recordsFrame(1, i, 1, 1, nil))
	}
	r := l.Reader()
	recent, points := slices.Clone(r.tail.recent), slices.Clone(r.tail.points)
	for i := range int64(3 * recentEntries) {
		appendTo(t, l, recordsFrame(2, 2*recentEntries+i, 1, 1, nil))
	}
	if !slices.Equal(recent, r.tail.recent) || !slices.Equal(points, r.tail.points) {
		t.Error("a reader's picture of the tail has changed")
	}
}

// Small frames are mostly headers: a read ends where its window does, and returns what was there.
func TestReadsOfManySmallFrames(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 66))
	s := openStore(t, scratch(t))
	l := openLog(t, s, "a-0")
	w := newTwin()
	for range 100 {
		var frames []Frame
		for range 100 {
			frames = append(frames, w.add(rng, rng.IntN(30)))
		}
		appendTo(t, l, frames...)
	}
	want := w.records(0)
	for _, maxBytes := range []int{100, 60_000, 440_000, 1 << 20} {
		if got := readAll(t, l.Reader(), 0, w.next, maxBytes); !bytes.Equal(got, want) {
			t.Errorf("reading %d bytes at a time: %d bytes, want %d", maxBytes, len(got), len(want))
		}
	}
	for from := int64(0); from < 13_000; from += 700 { // the window ends within a header, sooner or later
		chunks, n, release, err := l.Reader().Read(from, w.next, 440_000, true)
		if got := bytes.Join(chunks, nil); err != nil || n < 100_000 || !bytes.HasPrefix(w.records(from), got) {
			t.Fatalf("offset %d: %d bytes, %v", from, n, err)
		}
		release()
	}
	w.same(t, l)
}

func TestTerms(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	r := l.Reader()
	if _, _, ok := r.EndOffsetForTerm(9); ok || r.TermAt(0) != 0 {
		t.Error("an empty log has no terms")
	}
	appendTo(t, l, emptyFrame(2, 0), recordsFrame(2, 0, 10, 1, nil), emptyFrame(3, 10), emptyFrame(5, 10), recordsFrame(5, 10, 10, 1, nil), emptyFrame(7, 20))
	check := func(l *Log) {
		t.Helper()
		r := l.Reader()
		for offset, want := range map[int64]uint64{-1: 0, 0: 2, 9: 2, 10: 5, 19: 5, 20: 0} {
			if got := r.TermAt(offset); got != want {
				t.Errorf("term at %d: %d, want %d", offset, got, want)
			}
		}
		for term, want := range map[uint64]string{1: "0 0 false", 2: "2 10 true", 3: "3 10 true", 4: "3 10 true", 5: "5 20 true", 6: "5 20 true", 7: "7 20 true", 99: "7 20 true"} {
			found, end, ok := r.EndOffsetForTerm(term)
			if got := fmt.Sprint(found, end, ok); got != want {
				t.Errorf("end of term %d: %s, want %s", term, got, want)
			}
		}
	}
	check(l)
	dir := s.opts.Dir
	s.Close()
	check(openLog(t, openStore(t, dir), "a-0"))
}

// timedFrame is a frame of real batches whose records have the given timestamps.
func timedFrame(term uint64, base int64, batches ...[]int64) Frame {
	f, next, max := NewFrame(0), base, int64(-1)
	for _, stamps := range batches {
		var recs []record.Record
		for _, ts := range stamps {
			recs = append(recs, record.Record{Timestamp: ts, Value: []byte("v")})
			if ts > max {
				max = ts
			}
		}
		b := record.Build(recs, time.UnixMilli(0))
		b.Stamp(next, int32(term))
		f = append(f, b...)
		next += int64(len(stamps))
	}
	f.Seal(KindRecords, term, base, uint32(next-base), max)
	return f
}

// Times against a list of all records.
func TestTimesAgainstAList(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 61))
	s := openStore(t, t.TempDir(), func(o *Options) { o.SegmentBytes = 3 << 10 })
	l := openLog(t, s, "a-0")
	var stamps []int64 // by offset
	starts := map[int64]bool{}
	for l.NextOffset() < 600 {
		var batches [][]int64
		base := l.NextOffset()
		for range 1 + rng.IntN(3) {
			starts[int64(len(stamps))] = true
			var b []int64
			for range 1 + rng.IntN(6) {
				b = append(b, 1000+int64(len(stamps))*3+rng.Int64N(60))
				stamps = append(stamps, b[len(b)-1])
			}
			batches = append(batches, b)
		}
		appendTo(t, l, timedFrame(1, base, batches...))
	}
	end := int64(len(stamps))
	starts[end] = true
	r := l.Reader()
	for range 1500 {
		from, limit := rng.Int64N(end), 1+rng.Int64N(end)
		for !starts[limit] {
			limit++
		}
		ts := 900 + rng.Int64N(3100)
		wantOffset, wantMax, maxAt := int64(-1), int64(-1), int64(-1)
		for o := from; o < limit; o++ {
			if wantOffset < 0 && stamps[o] >= ts {
				wantOffset = o
			}
			if stamps[o] > wantMax {
				wantMax, maxAt = stamps[o], o
			}
		}
		offset, stamp, ok, err := r.ForTime(ts, from, limit)
		if err != nil || ok != (wantOffset >= 0) || ok && (offset != wantOffset || stamp != stamps[offset]) {
			t.Fatalf("ForTime(%d, %d, %d) = %d %d %v %v, want %d", ts, from, limit, offset, stamp, ok, err, wantOffset)
		}
		offset, stamp, ok, err = r.MaxTimestamp(from, limit)
		if err != nil || ok != (maxAt >= 0) || ok && (offset != maxAt || stamp != wantMax) {
			t.Fatalf("MaxTimestamp(%d, %d) = %d %d %v %v, want %d %d", from, limit, offset, stamp, ok, err, maxAt, wantMax)
		}
	}
}

// Readers go on while the owner appends, rolls and drops the head; what they get is what was written.
func TestReadersNextToTheOwner(t *testing.T) {
	s := openStore(t, t.TempDir(), func(o *Options) { o.SegmentBytes = 64 << 10 })
	l := openLog(t, s, "a-0")
	payload := func(base int64) []byte { return bytes.Repeat([]byte{byte(base), byte(base >> 8)}, 200) }
	var latest atomic.Pointer[Reader]
	latest.Store(l.Reader())
	var stop atomic.Bool
	var wg sync.WaitGroup
	var reads, dropped atomic.Int64
	for seed := range uint64(3) {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 71))
			for !stop.Load() {
				r := latest.Load()
				if r.tail.next <= r.base {
					continue
				}
				offset := r.base + rng.Int64N(r.tail.next-r.base)
				chunks, n, release, err := r.Read(offset, r.tail.next, 1+rng.IntN(50_000), true)
				if err != nil && (!errors.Is(err, ErrCutOff) || offset >= dropped.Load()) {
					t.Errorf("offset %d: %v", offset, err)
				}
				for _, c := range chunks {
					for len(c) > 0 {
						base, _, size, _ := batchBounds(c, len(c))
						if !bytes.Equal(c[record.HeaderSize:size], payload(base)) {
							t.Errorf("offset %d is served wrong", base)
						}
						c = c[size:]
					}
				}
				if n > 0 {
					reads.Add(1)
				}
				release()
			}
		})
	}
	for i := range int64(3000) {
		appendTo(t, l, recordsFrame(1, i, 1, 1, payload(i)))
		if i%10 == 0 {
			latest.Store(l.Reader())
		}
		if i%500 == 499 {
			dropped.Store(i - 400)
			if _, err := l.DropHead(i - 400); err != nil {
				t.Fatal(err)
			}
			latest.Store(l.Reader())
		}
	}
	waitFor(t, func() bool { return reads.Load() > 300 || t.Failed() })
	stop.Store(true)
	wg.Wait()
	if len(l.Damage()) > 0 {
		t.Errorf("damage: %+v", l.Damage()[0])
	}
}

// A file that was deleted while a reader has it open can be read to the end of that read.
func TestDescriptorsAreSharedAndBounded(t *testing.T) {
	s := openStore(t, t.TempDir(), func(o *Options) { o.SegmentBytes = 1 })
	s.files.limit = 4
	l := openLog(t, s, "a-0")
	for i := range int64(20) {
		appendTo(t, l, recordsFrame(1, i, 1, 1, nil))
	}
	r := l.Reader()
	for range 2 {
		for i := range int64(20) {
			_, n, release, err := r.Read(i, i+1, 100, true)
			if err != nil || n == 0 {
				t.Fatal(n, err)
			}
			release()
		}
	}
	if n := s.Stats().ReadFiles; n > 4 {
		t.Errorf("%d descriptors are open, want 4 at most", n)
	}
	seg := r.sealed[19-1].seg
	h, err := s.files.acquire(seg)
	if err != nil {
		t.Fatal(err)
	}
	s.files.closeAll()
	if _, err := h.ReadAt(make([]byte, 10), 0); err != nil {
		t.Errorf("a descriptor in use was closed: %v", err)
	}
	h.release()
	if _, err := h.ReadAt(make([]byte, 10), 0); err == nil {
		t.Error("a descriptor that nobody uses is open")
	}
}

func TestAReaderOfADroppedHeadIsToldSo(t *testing.T) {
	s := openStore(t, scratch(t))
	l := openLog(t, s, "a-0")
	appendTo(t, l, recordsFrame(1, 0, 1, 1, nil))
	l.Roll()
	r := l.Reader()
	if _, err := l.DropHead(1); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { _, err := os.Stat(segmentPath(l.dir, 1)); return err != nil })
	if _, _, _, err := r.Read(0, 1, 100, true); !errors.Is(err, ErrCutOff) || len(l.Damage()) > 0 {
		t.Errorf("%v, damage %v", err, l.Damage())
	}
}

// A header that is damaged so that its frame seems to lie before the offset does not hide where the damage is.
func TestADamagedHeaderIsFoundWhereItIs(t *testing.T) {
	s := openStore(t, scratch(t))
	l := openLog(t, s, "a-0")
	for i := range int64(100) {
		appendTo(t, l, recordsFrame(1, i*10, 10, 1, make([]byte, 300)))
	}
	l.Roll()
	r := l.Reader()
	at := int64(50) * r.sealed[0].end / 100
	scribble(t, segmentPath(l.dir, 1), func(b []byte) []byte {
		b[at+2+27] = 0 // offset count
		return b
	})
	_, _, _, err := r.Read(505, 1000, 100, true)
	if d := l.Damage(); err == nil || len(d) != 1 || d[0].From != at {
		t.Errorf("%v, damage %+v, want it at %d", err, d, at)
	}
}

func TestReadAllocatesLittle(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	for i := range int64(500) {
		appendTo(t, l, recordsFrame(1, i, 1, 1, make([]byte, 1000)))
	}
	r := l.Reader()
	got := testing.AllocsPerRun(200, func() {
		_, _, release, err := r.Read(100, 400, 100<<10, true)
		if err != nil {
			t.Fatal(err)
		}
		release()
	})
	if got > 4 { // the race detector empties pools at random
		t.Errorf("a read of 100 frames makes %.1f allocations", got)
	}
}
