package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/snappy"
)

// Snappy records come in two shapes: one raw snappy block, and what the Java client and most others write, xerial's
// stream. Its integers are big-endian.
//
//	 0  8  0x82 S N A P P Y 0x00
//	 8  4  version               1
//	12  4  least version         1, of a reader
//	then, for each block:
//	    4  size
//	       a raw snappy block of that size
var (
	xerialMagic  = []byte("\x82SNAPPY\x00")
	xerialHeader = append(bytes.Clone(xerialMagic), 0, 0, 0, 1, 0, 0, 0, 1)
)

// xerialBlock is how many bytes the Java client puts in a block.
const xerialBlock = 32 << 10

// snappyGain is more than a snappy block can unpack to, per byte: its densest element copies 64 bytes in 3. A block that
// claims more is not decoded, since decoding allocates what is claimed.
const snappyGain = 22

var (
	errXerialCut    = errors.New("a xerial block is cut short")
	errSnappyClaims = errors.New("a snappy block claims more than it can hold")
)

// snappyReader unpacks both shapes, block by block.
type snappyReader struct {
	src    []byte // blocks not yet unpacked
	raw    bool   // src is one raw block
	block  []byte // the block in hand
	unread []byte // what of it has not been read
}

func newSnappyReader(src []byte) *snappyReader {
	if len(src) >= len(xerialHeader) && bytes.HasPrefix(src, xerialMagic) {
		return &snappyReader{src: src[len(xerialHeader):]}
	}
	return &snappyReader{src: src, raw: true}
}

func (r *snappyReader) Read(p []byte) (int, error) {
	for len(r.unread) == 0 {
		if len(r.src) == 0 {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

// next unpacks a block.
func (r *snappyReader) next() error {
	src, err := r.cut()
	if err != nil {
		return err
	}
	size, err := snappy.DecodedLen(src)
	if err != nil {
		return err
	}
	if size > MaxDecompressed {
		return tooLarge()
	}
	if size > snappyGain*len(src) {
		return errSnappyClaims
	}
	r.block, err = snappy.Decode(r.block[:cap(r.block)], src)
	r.unread = r.block
	return err
}

// cut takes the next raw block off src.
func (r *snappyReader) cut() (block []byte, err error) {
	if r.raw {
		block, r.src = r.src, nil
		return block, nil
	}
	if len(r.src) < 4 {
		return nil, errXerialCut
	}
	size, rest := binary.BigEndian.Uint32(r.src), r.src[4:]
	if int64(size) > int64(len(rest)) {
		return nil, errXerialCut
	}
	block, r.src = rest[:size], rest[size:]
	return block, nil
}

// snappyWriter writes xerial's stream.
type snappyWriter struct {
	to      io.Writer
	started bool
	pending []byte // of the block in hand
	packed  []byte // memory to pack a block in
}

func (w *snappyWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), xerialBlock-len(w.pending))
		w.pending, rest = append(w.pending, rest[:n]...), rest[n:]
		if len(w.pending) == xerialBlock {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

// Close writes what is pending.
func (w *snappyWriter) Close() error { return w.flush() }

func (w *snappyWriter) flush() error {
	if !w.started {
		if _, err := w.to.Write(xerialHeader); err != nil {
			return err
		}
		w.started = true
	}
	if len(w.pending) == 0 {
		return nil
	}
	if w.packed == nil {
		w.packed = make([]byte, 4+snappy.MaxEncodedLen(xerialBlock))
	}
	block := snappy.Encode(w.packed[4:], w.pending)
	binary.BigEndian.PutUint32(w.packed, uint32(len(block)))
	w.pending = w.pending[:0]
	_, err := w.to.Write(w.packed[:4+len(block)])
	return err
}
