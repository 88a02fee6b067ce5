package record

import "encoding/binary"

// Records hold their numbers as zigzag varints: seven bits a byte, the least significant first, the top bit set on all
// bytes but the last (Protocol Buffers' sint32 and sint64).

// broken is where a read leaves its position when the bytes do not hold what was read. It is sticky: a read at broken
// is broken too, so a walk may look once at its end.
const broken = -1

// varint reads a number that fits 32 bits at p[at:], and the position behind it.
func varint(p []byte, at int) (v, next int) {
	if u, next := short(p, at); u <= maxShort {
		return int(u>>1) ^ -int(u&1), next
	}
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

// maxShort is the greatest number of two bytes.
const maxShort = 1<<14 - 1

// short reads a number of one or two bytes at p[at:], before its zigzag is undone, and the position behind it. Where there
// is none, or p does not reach two bytes further, it returns a number above maxShort and any position. It is small enough
// to be inlined, and never panics.
func short(p []byte, at int) (u uint, next int) {
	if at < 0 || at+1 >= len(p) {
		return maxShort + 1, at
	}
	u = uint(p[at])
	if u < 0x80 {
		return u, at + 1
	}
	return u&0x7f | uint(p[at+1])<<7, at + 2
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
