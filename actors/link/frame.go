package link

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// Frames follow each other on a lane once its handshake is over:
//
//	0  4  length of the payload
//	4  1  kind
//	5  4  CRC-32C of bytes 0-4, and of the payload unless its kind carries checksums of its own
//	9     payload
//
// Integers are big-endian, here and in the handshake. TCP's own checksum is 16 bits wide and is made anew by every box on the way,
// so it is not enough. Entries and files are checked where they are used by the checksums that they also have on disk; summing them
// here as well would cost a tenth of what sending them costs, and find nothing more.
const frameHead = 9

// maxPayload bounds the payload of a frame on each lane, bytes. An entry is at most as large as a produce request, 100 MiB.
var maxPayload = [lanes]int{Urgent: 4 << 20, Bulk: 128 << 20}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frame is one that waits to be sent.
type frame struct {
	kind    Kind
	payload [][]byte
	length  int // of the payload
}

// frameCost is what a frame counts in a queue beside its payload, so that many empty ones are bounded, too.
const frameCost = 128

func (f *frame) cost() int { return f.length + frameCost }

func newFrame(k Kind, payload [][]byte) frame {
	f := frame{kind: k, payload: payload}
	for _, p := range payload {
		f.length += len(p)
	}
	return f
}

// appendHead appends the frame's first nine bytes.
func (f *frame) appendHead(b []byte) []byte {
	at := len(b)
	b = binary.BigEndian.AppendUint32(b, uint32(f.length))
	b = append(b, byte(f.kind))
	sum := crc32.Checksum(b[at:], castagnoli)
	if !f.kind.checksItself() {
		for _, p := range f.payload {
			sum = crc32.Update(sum, castagnoli, p)
		}
	}
	return binary.BigEndian.AppendUint32(b, sum)
}

// readFrame reads the next frame of a lane. The payload is the caller's to keep.
func readFrame(r *bufio.Reader, most int) (Kind, []byte, error) {
	head, err := r.Peek(frameHead)
	if err != nil {
		if len(head) > 0 {
			err = cutOff(err)
		}
		return 0, nil, err
	}
	length, kind := int(binary.BigEndian.Uint32(head)), Kind(head[4])
	if length > most {
		return 0, nil, fmt.Errorf("a frame of kind %d says that it is %d bytes long, and %d are allowed", kind, length, most)
	}
	sum, want := crc32.Checksum(head[:5], castagnoli), binary.BigEndian.Uint32(head[5:])
	if kind.checksItself() && sum != want {
		return 0, nil, fmt.Errorf("the checksum of the head of a frame of kind %d does not match", kind)
	}
	_, _ = r.Discard(frameHead)
	payload, err := readPayload(r, length)
	if err != nil {
		return 0, nil, err
	}
	if !kind.checksItself() && crc32.Update(sum, castagnoli, payload) != want {
		return 0, nil, fmt.Errorf("the checksum of a frame of kind %d with %d bytes does not match", kind, length)
	}
	return kind, payload, nil
}

// readPayload reads a payload into memory of its own. One that fits into the reader's buffer is copied from there: that costs no more
// than to clear fresh memory before the kernel copies into it, and one read of the buffer may bring many frames.
func readPayload(r *bufio.Reader, length int) ([]byte, error) {
	if length > r.Size() {
		return readBody(r, length)
	}
	there, err := r.Peek(length)
	if err != nil {
		return nil, cutOff(err)
	}
	payload := append([]byte(nil), there...)
	_, _ = r.Discard(length)
	return payload[:length:length], nil
}

// wholeAtOnce is up to which length memory is taken before the bytes are there, so that a length alone costs little.
const wholeAtOnce = 1 << 20

// readBody reads exactly length bytes into memory of their own.
func readBody(r io.Reader, length int) ([]byte, error) {
	body := make([]byte, min(length, wholeAtOnce))
	for done := 0; ; {
		n, err := io.ReadFull(r, body[done:])
		if done += n; err != nil {
			return nil, cutOff(err)
		}
		if done == length {
			return body, nil
		}
		larger := make([]byte, min(length, 4*done))
		copy(larger, body)
		body = larger
	}
}

// cutOff makes the end of a stream within a frame an error of its own.
func cutOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
