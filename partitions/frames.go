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

// framePool is the Frames of a node: used memory, by the power of two that it has room for. It shrinks with the garbage
// collector's cycles, so what many idle partitions once needed does not stay. Safe for concurrent use.
type framePool struct {
	classes [largestClass + 1]sync.Pool
}

const (
	smallestClass = 12 // 4 KiB: below that, reuse saves nothing
	largestClass  = 21 // 2 MiB, what a frame of frameTarget fits into; larger ones are rare
)

// class is the power of two with room for n bytes.
func class(n int) int { return max(bits.Len(uint(n-1)), smallestClass) }

func (p *framePool) Take(size int) wal.Frame {
	c := class(wal.FrameHeader + size)
	if c > largestClass {
		return wal.NewFrame(size)
	}
	if used, ok := p.classes[c].Get().(*wal.Frame); ok {
		return (*used)[:wal.FrameHeader]
	}
	return wal.NewFrame(1<<c - wal.FrameHeader)
}

func (p *framePool) Give(f wal.Frame) {
	// Only what Take made has room for exactly a power of two.
	if c := class(cap(f)); c <= largestClass && cap(f) == 1<<c {
		p.classes[c].Put(&f)
	}
}

// freshFrames makes each frame anew.
type freshFrames struct{}

func (freshFrames) Take(size int) wal.Frame { return wal.NewFrame(size) }
func (freshFrames) Give(wal.Frame)          {}
