package record

import "encoding/binary"

// Records hold their numbers as zigzag varints: seven bits a byte, the least significant first, the top bit set on all
// bytes but the last (Protocol Buffers' sint32 and sint64).

// broken is where a read leaves its position when the bytes do not hold what was read. It is sticky: a read at broken
// is broken too, so a walk may look once at its end.
const broken = -1

// varint reads a number that fits 32 bits at p[at:], and the position behind it. One byte is the common case, kept small
// enough to be inlined.
func varint(p []byte, at int) (v, next int) {
	if uint(at) < uint(len(p)) && p[at] < 0x80 {
		return int(p[at]>>1) ^ -int(p[at]&1), at + 1
	}
	return longVarint(p, at)
}

// longVarint is varint for any number of bytes, at most five (32 bits). Were it inlined, varint could not be.
//
//go:noinline
func longVarint(p []byte, at int) (v, next int) {
	if uint(at) >= uint(len(p)) {
		return 0, broken
	}
	u, n := uint64(0), 0
	for _, c := range p[at:min(len(p), at+5)] {
		u |= uint64(c&0x7f) << (7 * n)
		n++
		if c < 0x80 {
			if u>>32 != 0 {
				return 0, broken
			}
			return int(int32(u>>1) ^ -int32(u&1)), at + n
		}
	}
	return 0, broken
}

// varlong reads a number of 64 bits at p[at:], and the position behind it.
func varlong(p []byte, at int) (v int64, next int) {
	if uint(at) >= uint(len(p)) {
		return 0, broken
	}
	v, n := binary.Varint(p[at:])
	if n <= 0 {
		return 0, broken
	}
	return v, at + n
}

// varintSize is the number of bytes that v takes.
func varintSize(v int64) int {
	n := 1
	for u := uint64(v<<1) ^ uint64(v>>63); u >= 0x80; u >>= 7 {
		n++
	}
	return n
}
