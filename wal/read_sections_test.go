package wal

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// joined are the bytes of what was read, and how many of them lie in sections.
func (p Pieces) joined(t testing.TB) (out []byte, sectioned int) {
	for _, s := range p.Sections {
		b := make([]byte, s.Size)
		if _, err := s.File.ReadAt(b, s.At); err != nil {
			t.Fatalf("reading a section at byte %d: %v", s.At, err)
		}
		out = append(out, b...)
	}
	sectioned = len(out)
	for _, c := range p.Chunks {
		out = append(out, c...)
	}
	if len(out) != p.Bytes {
		t.Fatalf("%d bytes are there, %d are told", len(out), p.Bytes)
	}
	return out, sectioned
}

// bigFrame holds batches of about 8 KiB, more than sectionFrom in all, or a single small one.
func bigFrame(rng *rand.Rand, base int64, big bool) Frame {
	n := 1
	if big {
		n = 5 + rng.IntN(8)
	}
	f := NewFrame(0)
	next := base
	for range n {
		count := 1 + rng.IntN(4)
		size := 8 << 10
		if !big {
			size = rng.IntN(3000)
		}
		f = append(f, batch(next, count, next, noise(rng, size+rng.IntN(100)))...)
		next += int64(count)
	}
	f.Seal(KindRecords, 1, base, uint32(next-base), next)
	return f
}

// What is read by sections is what Read reads, whatever is asked for, up to where one of them stops early; and large frames
// come as sections.
func TestSectionsAgainstRead(t *testing.T) {
	s := openStore(t, t.TempDir(), func(o *Options) { o.SegmentBytes = 4 << 20 })
	l := openLog(t, s, "a-0")
	rng := rand.New(rand.NewPCG(7, 7))
	next, bases := int64(0), []int64{0}
	for i := range 300 {
		f := bigFrame(rng, next, rng.IntN(4) > 0)
		appendTo(t, l, f)
		if i%40 == 17 {
			appendTo(t, l, membersFrame(1, f.NextOffset()))
		}
		for p := f.Payload(); len(p) > 0; {
			_, n, size, _ := batchBounds(p, len(p))
			bases = append(bases, n)
			p = p[size:]
		}
		next = f.NextOffset()
	}
	r, total := l.Reader(), 0
	for range 3000 {
		offset, limit := rng.Int64N(next), bases[rng.IntN(len(bases))]
		maxBytes, atLeastOne := rng.IntN(1<<rng.IntN(22)), rng.IntN(2) == 0
		chunks, _, release, err := r.Read(offset, limit, maxBytes, atLeastOne)
		p, perr := r.ReadSections(offset, limit, maxBytes, atLeastOne)
		if err != nil || perr != nil {
			t.Fatal(err, perr)
		}
		want := bytes.Join(chunks, nil)
		got, sectioned := p.joined(t)
		total += sectioned
		for _, s := range p.Sections {
			if s.Size < 8<<10 {
				t.Fatalf("a section of %d bytes: small frames are to be copied", s.Size)
			}
		}
		short := min(len(want), len(got))
		if !bytes.Equal(got[:short], want[:short]) || (short == 0) != (max(len(want), len(got)) == 0) || len(got) < len(want) {
			t.Fatalf("from %d below %d, %d bytes, %v: %d bytes by sections, %d by Read", offset, limit, maxBytes, atLeastOne, len(got), len(want))
		}
		if len(got) > max(maxBytes, 0) && len(got) > 9<<10 {
			t.Fatalf("%d bytes where %d were wanted", len(got), maxBytes)
		}
		release()
		p.Release()
	}
	if total == 0 || s.Stats().SentBytes != int64(total) {
		t.Errorf("%d bytes came as sections, %d are counted", total, s.Stats().SentBytes)
	}
}

// A frame is a section only for verifiedFor after it was written or verified; then it is verified again, and rot is found.
func TestSectionsAreOfVerifiedFrames(t *testing.T) {
	now := time.Now().UnixNano()
	dir := t.TempDir()
	open := func() (*Store, *Log) {
		s := openStore(t, dir, func(o *Options) { o.Now = clockAt(&now) })
		return s, openLog(t, s, "a-0")
	}
	s, l := open()
	rng := rand.New(rand.NewPCG(1, 1))
	f := bigFrame(rng, 0, true)
	appendTo(t, l, f, bigFrame(rng, f.NextOffset(), true))
	end, want := l.NextOffset(), len(f)
	read := func(note string, sectioned bool) {
		t.Helper()
		p, err := l.Reader().ReadSections(0, end, 1<<20, true)
		if err != nil {
			t.Fatalf("%s: %v", note, err)
		}
		defer p.Release()
		if all, n := p.joined(t); len(all) < want || (n > 0) != sectioned || sectioned && n != len(all) {
			t.Errorf("%s: %d bytes, %d of them in sections", note, len(all), n)
		}
	}
	read("just written", true)
	now += verifiedFor.Nanoseconds() + 1
	read("written long ago", false)
	read("just verified", true)
	l.Close()
	s.Close()
	_, l = open()
	read("opened anew", false)
	read("verified since", true)

	scribble(t, l.tail.seg.path(), func(b []byte) []byte { b[2000] ^= 1; return b })
	now += verifiedFor.Nanoseconds() + 1
	for range 2 {
		p, err := l.Reader().ReadSections(0, end, 1<<20, true)
		var damaged *DamagedError
		if !errors.As(err, &damaged) || p.Bytes > 0 {
			t.Errorf("rot was served: %d bytes, %v", p.Bytes, err)
		}
		p.Release()
	}
}

// Damage that anybody meets makes all of its segment's frames be verified again.
func TestDamageEndsTrust(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	rng := rand.New(rand.NewPCG(1, 1))
	first := bigFrame(rng, 0, true)
	second := bigFrame(rng, first.NextOffset(), true)
	appendTo(t, l, first, second)
	scribble(t, l.tail.seg.path(), func(b []byte) []byte { b[2000] ^= 1; b[len(b)-2000] ^= 1; return b })
	if _, err := l.Frames(2, 3, 1<<20); err == nil {
		t.Fatal("the second frame is damaged, and was read")
	}
	if p, err := l.Reader().ReadSections(0, l.NextOffset(), 1<<20, true); err == nil {
		t.Errorf("%d bytes of the first frame, which is damaged too, were served", p.Bytes)
	}
}

// A section can be read until it is released, though its file was deleted meanwhile; then nobody holds the file.
func TestASectionOutlivesItsFile(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	rng := rand.New(rand.NewPCG(1, 1))
	f := bigFrame(rng, 0, true)
	appendTo(t, l, f)
	l.Roll()
	appendTo(t, l, bigFrame(rng, f.NextOffset(), true))
	p, err := l.Reader().ReadSections(0, l.NextOffset(), 1<<20, true)
	if err != nil || len(p.Sections) != 1 {
		t.Fatal(p, err)
	}
	path, file := p.Sections[0].File.Name(), p.Sections[0].File
	if _, err := l.DropHead(f.NextOffset()); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { _, err := os.Stat(path); return errors.Is(err, os.ErrNotExist) })
	if all, _ := p.joined(t); !bytes.Equal(all, f.Payload()) {
		t.Error("the section holds something else now")
	}
	p.Release()
	if _, err := file.ReadAt(make([]byte, 1), 0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the file is still open: %v", err)
	}
}

// verified says of a byte that it was verified only if it was, and of what is added in order that all of it was.
func TestVerifiedAgainstAMap(t *testing.T) {
	now := time.Unix(1000, 0)
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 3))
		var v verified
		var known [400]bool
		for range 60 {
			from := rng.Int64N(390)
			to := min(from+1+rng.Int64N(20), 400)
			v.add(from, to, now)
			for i := from; i < to; i++ {
				known[i] = true
			}
			if !v.covers(from, to, now) {
				t.Fatalf("seed %d: %d to %d was added, and is not known", seed, from, to)
			}
			a := rng.Int64N(399)
			b := a + 1 + rng.Int64N(400-a)
			all := true
			for i := a; i < b; i++ {
				all = all && known[i]
			}
			if got := v.covers(a, b, now); got && !all {
				t.Fatalf("seed %d: %d to %d is said to be known in %v", seed, a, b, v.ranges)
			}
			if len(v.ranges) > maxVerified {
				t.Fatalf("%d ranges", len(v.ranges))
			}
			for i := 1; i < len(v.ranges); i++ {
				if v.ranges[i-1].to >= v.ranges[i].from {
					t.Fatalf("seed %d: ranges touch: %v", seed, v.ranges)
				}
			}
		}
	}
	var v verified
	for i := range int64(1000) {
		v.add(10*i, 10*i+10, now)
	}
	if !v.covers(0, 10_000, now) || v.covers(0, 10_001, now) || v.covers(0, 10, now.Add(-1)) {
		t.Error("what was added in order is not one range")
	}
}
