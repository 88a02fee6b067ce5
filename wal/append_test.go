package wal

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
)

func TestAppendRefusesWhatCannotFollow(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	w := newTwin()
	w.term = 5
	good := recordsFrame(5, 0, 3, 1, []byte("x"))
	w.frames, w.next = append(w.frames, good), 3
	appendTo(t, l, good)
	unsealed := NewFrame(10)
	wrongLength := append(bytes.Clone(recordsFrame(5, 3, 1, 1, nil)), 0)
	for _, c := range []struct {
		name  string
		index uint64
		frame Frame
	}{
		{"a hole", 3, recordsFrame(5, 3, 1, 1, nil)},
		{"again", 1, recordsFrame(5, 3, 1, 1, nil)},
		{"an older term", 2, recordsFrame(4, 3, 1, 1, nil)},
		{"a hole in the offsets", 2, recordsFrame(5, 4, 1, 1, nil)},
		{"offsets again", 2, recordsFrame(5, 2, 1, 1, nil)},
		{"empty", 2, nil},
		{"unsealed", 2, unsealed},
		{"a wrong length", 2, wrongLength},
	} {
		if err := l.Append(c.index, []Frame{c.frame}); err == nil {
			t.Errorf("%s was appended", c.name)
		}
	}
	w.same(t, l)
}

// tidwall/wal keeps what a failed write had in its buffer, and its next write would go behind it. Whatever the failed write
// left in the file, and whatever fails next, the log is what it was.
func TestAFailedWriteLeavesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 21))
	s := openStore(t, t.TempDir(), func(o *Options) { o.Fatal = func(error) {} }) // a closed descriptor can't be synced either
	l := openLog(t, s, "a-0")
	w := newTwin()
	for round := range 5 {
		for range 5 {
			appendTo(t, l, w.add(rng, 3000))
		}
		breakTail(t, l)
		// The descriptor is gone, but half of the entry got there before.
		lost := recordsFrame(w.term, w.next, 1, 1, []byte("never written"))
		f, err := os.OpenFile(l.tail.seg.path(), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(lost[:20+round])
		f.Close()
		if err := l.Append(l.LastIndex()+1, []Frame{lost}); !errors.Is(err, kerr.KafkaStorageError) || !errors.Is(err, os.ErrClosed) {
			t.Fatalf("append: %v", err)
		}
		w.same(t, l)
		if info, _ := os.Stat(l.tail.seg.path()); info.Size() != l.tail.end {
			t.Fatalf("the file has %d bytes, the log %d", info.Size(), l.tail.end)
		}
		appendTo(t, l, w.add(rng, 3000))
		w.same(t, l)
	}
}

// TestFramesOfAllSizesFollowEachOther: some are joined to one write, others written apart.
func TestFramesOfAllSizesFollowEachOther(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	l := openLog(t, s, "a-0")
	w := newTwin()
	rng := rand.New(rand.NewPCG(23, 23))
	var frames []Frame
	for _, size := range []int{10, joinedBytes, 20, joinedBytes / 2, joinedBytes / 4, joinedBytes / 2, 3 * joinedBytes, 5, 7} {
		frames = append(frames, w.add(rng, size))
	}
	if err := l.Append(1, frames); err != nil {
		t.Fatal(err)
	}
	w.same(t, l)
	s.Close()
	w.same(t, openLog(t, openStore(t, dir), "a-0"))
}

func TestALogThatCannotBeCutIsDone(t *testing.T) {
	d := &cutless{}
	s := openStore(t, t.TempDir(), withDisk(d), func(o *Options) { o.Fatal = func(error) {} })
	l := openLog(t, s, "a-0")
	w := newTwin()
	rng := rand.New(rand.NewPCG(22, 22))
	appendTo(t, l, w.add(rng, 3000))
	breakTail(t, l)
	d.broken = true
	f := recordsFrame(w.term, w.next, 1, 1, nil)
	for range 2 {
		err := l.Append(l.LastIndex()+1, []Frame{f})
		if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "started again") {
			t.Fatalf("append: %v", err)
		}
	}
	w.same(t, l)
}

// cutless is a disk that can't truncate any more.
type cutless struct {
	realDisk
	broken bool
}

func (d *cutless) Truncate(f *os.File, size int64) error {
	if d.broken {
		return syscall.EROFS
	}
	return d.realDisk.Truncate(f, size)
}

// tidwall/wal reads the whole tail into memory when it opens it; a long one is sealed instead.
func TestALongTailIsNotOpenedAgain(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	long, short := openLog(t, s, "long-0"), openLog(t, s, "short-0")
	appendTo(t, long, recordsFrame(1, 0, 1, 1, make([]byte, reopenBelow)))
	appendTo(t, short, recordsFrame(1, 0, 1, 1, make([]byte, 1000)))
	s.Close()
	s = openStore(t, dir)
	long, short = openLog(t, s, "long-0"), openLog(t, s, "short-0")
	appendTo(t, long, recordsFrame(1, 1, 1, 1, nil))
	appendTo(t, short, recordsFrame(1, 1, 1, 1, nil))
	if l, s := len(long.Segments()), len(short.Segments()); l != 2 || s != 1 {
		t.Errorf("%d and %d segments, want 2 and 1", l, s)
	}
}

func TestFrameCheck(t *testing.T) {
	f := recordsFrame(7, 100, 3, 12345, []byte("payload"))
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	if f.Kind() != KindRecords || f.Term() != 7 || f.BaseOffset() != 100 || f.NextOffset() != 103 || f.MaxTimestamp() != 12345 {
		t.Errorf("read back %v %d %d %d %d", f.Kind(), f.Term(), f.BaseOffset(), f.NextOffset(), f.MaxTimestamp())
	}
	for bit := range len(f) * 8 {
		g := bytes.Clone(f)
		g[bit/8] ^= 1 << (bit % 8)
		if Frame(g).Check() == nil {
			t.Fatalf("bit %d can be flipped", bit)
		}
	}
	for n := range len(f) {
		if f[:n].Check() == nil {
			t.Fatalf("%d of %d bytes are taken for a frame", n, len(f))
		}
	}
}
