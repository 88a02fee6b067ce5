package kafka

import (
	"math/bits"
	"sync"
)

// Buffers come in four sizes for each doubling, 1024, 1280, 1536, 1792, 2048 and so on to 4 MiB, and are used again: a fifth of
// a request's memory may be unused, a tenth on average. Larger ones are rare, and left to the garbage collector.
const (
	smallestBuffer = 10 // 1 KiB
	largestBuffer  = 22 // 4 MiB
)

var bufferPools [4 * (largestBuffer - smallestBuffer + 1)]sync.Pool

// bufferClass is the smallest class of buffers of at least n bytes.
func bufferClass(n int) int {
	n = max(n, 1<<smallestBuffer)
	shift := bits.Len(uint(n-1)) - 3
	return 4*(shift-smallestBuffer+3) + (n-1)>>shift - 4
}

// bufferSize is the size of a class: five to eight eighths of a power of two.
func bufferSize(class int) int { return (class%4 + 5) << (class/4 + smallestBuffer - 3) }

// buffer is a piece of memory from a pool.
type buffer struct {
	b     []byte
	class int // of bufferPools, -1: none
}

// getBuffer returns a buffer of n bytes, whatever is in them.
func getBuffer(n int) *buffer {
	class := bufferClass(n)
	if class >= len(bufferPools) {
		return &buffer{b: make([]byte, n), class: -1}
	}
	if pooled, ok := bufferPools[class].Get().(*buffer); ok {
		pooled.b = pooled.b[:n]
		return pooled
	}
	return &buffer{b: make([]byte, n, bufferSize(class)), class: class}
}

// release gives the buffer back. An encoder may have made it grow out of its class; then it is left to the garbage
// collector.
func (b *buffer) release() {
	if b.class >= 0 && cap(b.b) == bufferSize(b.class) {
		bufferPools[b.class].Put(b)
	}
}
