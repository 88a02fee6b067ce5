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
	more    [][]byte // earlier memory that chunks still alias
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
	b.chunks, b.more = b.chunks[:0], nil
	if b.class <= maxReadClass {
		readBuffers[b.class].Put(b)
	}
}

// room is n bytes that no chunk aliases.
func (b *readBuffer) room(n int) []byte {
	if len(b.chunks) == 0 && n <= len(b.mem) {
		return b.mem[:n]
	}
	return make([]byte, n)
}
