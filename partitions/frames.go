package partitions

import (
	"math/bits"
	"sync"

	"github.com/seed-e634fa49/troupe/wal"
)

// Frames is where a core gets its frames' memory, and gives it back when nobody can read it any more.
type Frames interface {
	// Take returns an unsealed frame with room for a payload of size bytes.
	Take(size int) wal.Frame
	Give(wal.Frame)
}

// framePool is the Frames of a node: used memory, by size. It shrinks with the garbage collector's cycles, so what many idle
// partitions once needed does not stay. Safe for concurrent use.
type framePool struct {
	classes [largestClass + 1]sync.Pool
}

// Sizes come in four steps for each doubling, 4, 5, 6, 7, 8, 10, 12, 14, 16 KiB and so on: a fifth of a frame's memory may be
// unused, a tenth on average. Below 4 KiB reuse saves nothing.
const smallestSize = 4 << 10

// largestClass is that of 2 MiB, what a frame of frameTarget fits into; larger ones are rare.
const largestClass = 4*18 + 3

// class is the smallest class with room for n bytes.
func class(n int) int {
	n = max(n, smallestSize)
	shift := bits.Len(uint(n-1)) - 3
	return 4*shift + (n-1)>>shift - 4
}

// roomOf is the room of a class: five to eight eighths of a power of two.
func roomOf(class int) int { return (class%4 + 5) << (class / 4) }

func (p *framePool) Take(size int) wal.Frame {
	c := class(wal.FrameHeader + size)
	if c > largestClass {
		return wal.NewFrame(size)
	}
	if used, ok := p.classes[c].Get().(*wal.Frame); ok {
		return (*used)[:wal.FrameHeader]
	}
	return wal.NewFrame(roomOf(c) - wal.FrameHeader)
}

func (p *framePool) Give(f wal.Frame) {
	// What Take made has exactly the room of a class.
	if c := class(cap(f)); c <= largestClass && cap(f) == roomOf(c) {
		p.classes[c].Put(&f)
	}
}

// freshFrames makes each frame anew.
type freshFrames struct{}

func (freshFrames) Take(size int) wal.Frame { return wal.NewFrame(size) }
func (freshFrames) Give(wal.Frame)          {}
