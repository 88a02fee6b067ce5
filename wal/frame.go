package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// Kind is what a frame holds.
type Kind uint8

const (
	// KindEmpty holds nothing: the first entry of a leader's term.
	KindEmpty Kind = 1
	// KindRecords holds whole record batches.
	KindRecords Kind = 2
	// KindMembers holds a raft configuration change (ConfChangeV2).
	KindMembers Kind = 3
	// KindLogStart holds a new log start offset: 8 bytes, big-endian.
	KindLogStart Kind = 4
)

func (k Kind) String() string {
	switch k {
	case KindEmpty:
		return "empty"
	case KindRecords:
		return "records"
	case KindMembers:
		return "members"
	case KindLogStart:
		return "logstart"
	}
	return fmt.Sprintf("kind-%d", uint8(k))
}

// Frame is one entry of a log as it lies in memory, on disk and (as a raft entry's data) on a link:
//
//	 0  2  magic "TF"
//	 2  1  version 1
//	 3  1  kind
//	 4  4  CRC-32C of bytes 0-3 and of everything behind this field
//	 8  8  term
//	16  8  base offset      of the first record; the next offset to assign where the frame holds none
//	24  4  offset count     how many offsets the frame covers
//	28  4  payload length
//	32  8  max timestamp    milliseconds, -1 where it holds no records
//	40     payload
//
// All integers are big-endian. A frame of zero bytes is never valid, so a zero-filled file holds none.
type Frame []byte

// FrameHeader is the size of a frame's header.
const FrameHeader = 40

const frameVersion = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// NewFrame makes an unsealed frame with room for a payload of size bytes, to append to.
func NewFrame(size int) Frame { return make(Frame, FrameHeader, FrameHeader+size) }

// Seal writes the header and the checksum of a frame whose payload is complete.
func (f Frame) Seal(k Kind, term uint64, baseOffset int64, count uint32, maxTimestamp int64) {
	f[0], f[1], f[2], f[3] = 'T', 'F', frameVersion, byte(k)
	binary.BigEndian.PutUint64(f[8:], term)
	binary.BigEndian.PutUint64(f[16:], uint64(baseOffset))
	binary.BigEndian.PutUint32(f[24:], count)
	binary.BigEndian.PutUint32(f[28:], uint32(len(f)-FrameHeader))
	binary.BigEndian.PutUint64(f[32:], uint64(maxTimestamp))
	binary.BigEndian.PutUint32(f[4:], f.sum())
}

var errChecksum = errors.New("the checksum does not match")

// Check verifies magic, version, kind, length and checksum.
func (f Frame) Check() error {
	if err := f.checkHeader(len(f)); err != nil {
		return err
	}
	if f.sum() != binary.BigEndian.Uint32(f[4:]) {
		return errChecksum
	}
	return nil
}

// checkHeader verifies all but the checksum of a frame that is said to be size bytes long; f need hold only its header.
func (f Frame) checkHeader(size int) error {
	switch {
	case size < FrameHeader || len(f) < FrameHeader:
		return fmt.Errorf("%d bytes are too few for a frame's header", size)
	case f[0] != 'T' || f[1] != 'F':
		return fmt.Errorf("magic is %#02x%02x, not \"TF\"", f[0], f[1])
	case f[2] != frameVersion:
		return fmt.Errorf("frame version %d is not known here", f[2])
	case f.Kind() < KindEmpty || f.Kind() > KindLogStart:
		return fmt.Errorf("kind %d is not known here", f[3])
	case f.payloadLength() != size-FrameHeader:
		return fmt.Errorf("payload length says %d in a frame with %d", f.payloadLength(), size-FrameHeader)
	case f.BaseOffset() < 0 || f.NextOffset() < f.BaseOffset():
		return fmt.Errorf("base offset %d is impossible", f.BaseOffset())
	}
	return nil
}

func (f Frame) sum() uint32 {
	return crc32.Update(crc32.Checksum(f[:4], castagnoli), castagnoli, f[8:])
}

// Kind is what the frame holds.
func (f Frame) Kind() Kind { return Kind(f[3]) }

// Term is raft's term, and Kafka's leader epoch.
func (f Frame) Term() uint64 { return binary.BigEndian.Uint64(f[8:]) }

// BaseOffset is the offset of the first record, or the next one to assign where there is none.
func (f Frame) BaseOffset() int64 { return int64(binary.BigEndian.Uint64(f[16:])) }

// NextOffset is the offset behind the last record.
func (f Frame) NextOffset() int64 {
	return f.BaseOffset() + int64(binary.BigEndian.Uint32(f[24:]))
}

// MaxTimestamp is the greatest timestamp of the records in milliseconds, -1 where there are none.
func (f Frame) MaxTimestamp() int64 { return int64(binary.BigEndian.Uint64(f[32:])) }

// Payload is what the frame holds, by its kind.
func (f Frame) Payload() []byte { return f[FrameHeader:] }

func (f Frame) payloadLength() int { return int(binary.BigEndian.Uint32(f[28:])) }

// entry is the place of one frame in a segment file, which is a row of entries as tidwall/wal writes them:
//
//	length   uvarint, in its shortest form
//	frame    that many bytes
type entry struct {
	pos  int64 // of the length
	size int64 // of length and frame together
}

// entryHead is enough of an entry to know its length and its frame's header.
const entryHead = binary.MaxVarintLen64 + FrameHeader

// entryLength reads the length that p begins with, and tells how many bytes it takes. Lengths that no frame can have are
// errors: an empty entry is never valid.
func entryLength(p []byte) (size, n int, err error) {
	v, n := binary.Uvarint(p)
	switch {
	case n <= 0:
		return 0, 0, errors.New("the length of the entry is cut off or too long")
	case n != uvarintSize(v):
		return 0, 0, errors.New("the length of the entry is not in its shortest form")
	case v < FrameHeader:
		return 0, 0, fmt.Errorf("an entry of %d bytes is never valid", v)
	case v > FrameHeader+1<<32-1:
		return 0, 0, fmt.Errorf("an entry of %d bytes is longer than a frame can be", v)
	}
	return int(v), n, nil
}

func uvarintSize(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}
