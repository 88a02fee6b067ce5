package partitions

import (
	"testing"

	"github.com/seed-e634fa49/troupe/wal"
)

func TestFramesHaveTheRoomThatWasAskedFor(t *testing.T) {
	var p framePool
	for _, size := range []int{0, 1, 4 << 10, 5000, 10_000, 16_000, 524_400, 1<<20 + 1, 1 << 21, 5 << 20} {
		for range 3 {
			f := p.Take(size)
			if len(f) != wal.FrameHeader || cap(f) < wal.FrameHeader+size {
				t.Fatalf("asked for %d bytes, got %d of %d", size, len(f), cap(f))
			}
			if need := wal.FrameHeader + size; need > smallestSize && cap(f) > need+need/4 {
				t.Fatalf("asked for %d bytes, got room for %d", size, cap(f))
			}
			p.Give(append(f, 1))
			p.Give(wal.NewFrame(5000 + size)) // not of the pool's own: its room is that of no class
		}
	}
}
