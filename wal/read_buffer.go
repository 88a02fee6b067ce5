package wal

import (
	"math/bits"
	"sync"
)

// readAhead is how much is read at a time where it is not known how much is wanted.
const readAhead = 64 << 10

// readBuffer is what one read fills. Chunks alias its memory until it is released.
type readBuffer struct {
	mem     []byte
	chunks  [][]byte
	class   int
	release func() // kept, so that handing it out costs nothing
}

// Buffers come in sizes of powers of two, from 4 KiB to 16 MiB; larger ones are not kept.
const (
	minReadClass = 12
	maxReadClass = 24
)

var readBuffers [maxReadClass + 1]sync.Pool

// newReadBuffer takes a buffer of at least size bytes from the pool.
func newReadBuffer(size int) *readBuffer {
	class := max(minReadClass, bits.Len(uint(max(size, 1)-1)))
	if class <= maxReadClass {
		if b, ok := readBuffers[class].Get().(*readBuffer); ok {
			return b
		}
	}
	b := &readBuffer{mem: make([]byte, 1<<class), class: class}
	b.release = b.giveBack
	return b
}

func (b *readBuffer) giveBack() {
	clear(b.chunks)
	b.chunks = b.chunks[:0]
	if b.class <= maxReadClass {
		readBuffers[b.class].Put(b)
	}
}

// room is n bytes. It may be asked for only as long as there are no chunks, which would alias it.
func (b *readBuffer) room(n int) []byte {
	if n <= len(b.mem) {
		return b.mem[:n]
	}
	return make([]byte, n)
}
