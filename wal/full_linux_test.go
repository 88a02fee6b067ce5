package wal

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
)

// A disk that is really full: 24 MiB of memory as a file system. Needs the right to mount.
func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("can't mount a small file system here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	s := openStore(t, filepath.Join(dir, "data"), func(o *Options) { o.Reserve = 8 << 20 })
	l, meta := openLog(t, s, "a-0"), openLog(t, s, "meta-0")
	w, m := newTwin(), newTwin()
	rng := rand.New(rand.NewPCG(1, 91))
	fill := filepath.Join(dir, "others")
	if err := os.WriteFile(fill, make([]byte, 11<<20), 0o640); err != nil {
		t.Fatal(err)
	}
	for s.Room(64<<10) == nil && w.last() < 1000 {
		appendTo(t, l, w.add(rng, 64<<10))
	}
	if err := s.Room(64 << 10); !errors.Is(err, kerr.KafkaStorageError) {
		t.Fatalf("room: %v", err)
	}
	w.same(t, l)
	// Now somebody else takes what is left, to the last byte.
	f, err := os.OpenFile(fill, os.O_APPEND|os.O_WRONLY, 0)
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	f.Close()
	// Metadata, votes and deletions go on: the ballast is given up for them.
	for range 50 {
		appendTo(t, meta, m.add(rng, 500))
	}
	syncLog(t, meta, &HardState{Term: 9, Vote: 1})
	if s.Stats().BallastHeld {
		t.Error("nothing was left, but the ballast is there")
	}
	// When that is used up too, a write fails, and leaves nothing, also of the frames that were written apart before it.
	var full error
	for full == nil && w.last() < 2000 {
		next := *w
		if full = l.Append(l.LastIndex()+1, []Frame{next.add(rng, joinedBytes+1), next.add(rng, joinedBytes+1), next.add(rng, joinedBytes+1)}); full == nil {
			*w = next
		}
	}
	if !errors.Is(full, syscall.ENOSPC) || !errors.Is(full, kerr.KafkaStorageError) {
		t.Fatalf("append: %v", full)
	}
	w.same(t, l)
	if _, err := l.DropHead(w.next); err != nil {
		t.Errorf("dropping the head: %v", err)
	}
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return s.Room(64<<10) == nil })
	appendTo(t, l, w.add(rng, 64<<10))
	w.same(t, l)
	m.same(t, meta)
	if !s.Stats().BallastHeld {
		t.Error("there is room, but the ballast was not made again")
	}
}
