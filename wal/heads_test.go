package wal

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/seed-e634fa49/troupe/wal/record"
)

// Heads are what Frames returns, without the records; together as much of the log as is asked for, whatever its frames' sizes.
func TestHeadsAgainstFrames(t *testing.T) {
	s := openStore(t, t.TempDir(), func(o *Options) { o.SegmentBytes = 1 << 20 })
	l := openLog(t, s, "a-0")
	rng := rand.New(rand.NewPCG(5, 5))
	var all []Frame
	for i := range 200 {
		f := bigFrame(rng, l.NextOffset(), rng.IntN(3) == 0)
		switch {
		case i%17 == 3:
			f = membersFrame(1, l.NextOffset())
		case i == 100: // larger than the window
			f = recordsFrame(1, l.NextOffset(), 2, 1, noise(rng, 3<<20))
		}
		all = append(all, f)
		appendTo(t, l, f)
	}
	for range 300 {
		lo := 1 + rng.Uint64N(200)
		hi := lo + 1 + rng.Uint64N(201-lo)
		maxBytes := rng.IntN(1 << rng.IntN(20))
		heads, err := l.Heads(lo, hi, maxBytes)
		if err != nil || len(heads) == 0 || len(heads) > int(hi-lo) {
			t.Fatalf("%d to %d: %d heads, %v", lo, hi, len(heads), err)
		}
		total := 0
		for i, h := range heads {
			sameBatches(t, h, all[lo-1+uint64(i)])
			if total > maxBytes {
				t.Fatalf("%d heads take more than %d bytes", i, maxBytes)
			}
			total += len(h)
		}
	}
	for _, c := range []struct {
		lo, hi uint64
		err    error
	}{{0, 1, ErrCompacted}, {1, 202, ErrOutOfRange}, {3, 3, ErrOutOfRange}} {
		if _, err := l.Heads(c.lo, c.hi, 100); !errors.Is(err, c.err) {
			t.Errorf("%d to %d: %v, want %v", c.lo, c.hi, err, c.err)
		}
	}
}

// sameBatches checks that heads tell the same as the frame, of each batch but its records.
func sameBatches(t *testing.T, heads, f Frame) {
	t.Helper()
	if heads.Kind() != f.Kind() || heads.Size() != len(f) || f.Size() != len(f) || !bytes.Equal(heads[:FrameHeader], f[:FrameHeader]) {
		t.Fatalf("heads of another frame: %v of %d bytes, want %v of %d", heads.Kind(), heads.Size(), f.Kind(), len(f))
	}
	if f.Kind() != KindRecords {
		if !bytes.Equal(heads, f) {
			t.Fatal("a frame without records is not its own heads")
		}
		return
	}
	left := heads.Payload()
	for rest := f.Payload(); len(rest) > 0; {
		var want, got record.Batch
		var err error
		if want, rest, err = f.NextBatch(rest); err != nil {
			t.Fatal(err)
		}
		if got, left, err = heads.NextBatch(left); err != nil || !bytes.Equal(got, want[:record.HeaderSize]) {
			t.Fatalf("a batch's header is another one: %v", err)
		}
	}
	if len(left) > 0 {
		t.Fatalf("%d bytes are left", len(left))
	}
	if _, _, err := heads.NextBatch(heads[:1]); err == nil {
		t.Fatal("a header that is cut off was taken")
	}
}

// Heads are never taken of a frame that does not verify, though what is damaged is only its records.
func TestHeadsOfDamage(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	rng := rand.New(rand.NewPCG(1, 1))
	appendTo(t, l, emptyFrame(1, 0), bigFrame(rng, 0, true))
	appendTo(t, l, bigFrame(rng, l.NextOffset(), true))
	scribble(t, l.tail.seg.path(), func(b []byte) []byte { b[5000] ^= 1; return b })
	if heads, err := l.Heads(1, 4, 1<<20); err != nil || len(heads) != 1 {
		t.Errorf("before the damage: %d heads, %v", len(heads), err)
	}
	var damaged *DamagedError
	if _, err := l.Heads(2, 4, 1<<20); !errors.As(err, &damaged) {
		t.Errorf("the damaged frame: %v", err)
	}
}

// A long log is not gone through in one call.
func TestHeadsStopSomewhere(t *testing.T) {
	s := openStore(t, scratch(t))
	l := openLog(t, s, "a-0")
	payload := make([]byte, 1<<20)
	for i := range int64(20) {
		appendTo(t, l, recordsFrame(1, i, 1, 1, payload))
	}
	if heads, err := l.Heads(1, 21, 1<<20); err != nil || len(heads) != 16 {
		t.Errorf("%d heads of 20, %v", len(heads), err)
	}
}
