package kafka

import (
	"math/bits"
	"sync"
)

// Buffers come in powers of two, from 1 KiB to 4 MiB, and are used again. Larger ones are rare, and left to the garbage
// collector.
const (
	smallestBuffer = 10 // 1 KiB
	largestBuffer  = 22 // 4 MiB
)

var bufferPools [largestBuffer - smallestBuffer + 1]sync.Pool

// buffer is a piece of memory from a pool.
type buffer struct {
	b     []byte
	class int // of bufferPools, -1: none
}

// getBuffer returns a buffer of n bytes, whatever is in them.
func getBuffer(n int) *buffer {
	class := max(bits.Len(uint(max(n, 1)-1)), smallestBuffer) - smallestBuffer
	if class >= len(bufferPools) {
		return &buffer{b: make([]byte, n), class: -1}
	}
	if pooled, ok := bufferPools[class].Get().(*buffer); ok {
		pooled.b = pooled.b[:n]
		return pooled
	}
	return &buffer{b: make([]byte, n, 1<<(class+smallestBuffer)), class: class}
}

// release gives the buffer back. An encoder may have made it grow out of its class; then it is left to the garbage
// collector.
func (b *buffer) release() {
	if b.class >= 0 && cap(b.b) == 1<<(b.class+smallestBuffer) {
		bufferPools[b.class].Put(b)
	}
}
