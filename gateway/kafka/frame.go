package kafka

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync/atomic"
)

// A frame, request or reply:
//
//	0  4  length    of everything behind this field, big-endian, signed
//	4     header    header.go for requests, reply.go for replies
//	      body      as the API and its version say

// firstStep is how much memory a frame gets before any of it has come; from there it doubles as the bytes arrive, so that
// a length alone, sent by anybody, costs next to nothing.
const firstStep = 1 << 20

// frame is one request as it came, without its length. The call holds it until its reply is written, and each append as
// long as the partition may look at the batches; then its memory and its budget are given back.
type frame struct {
	buf     *buffer
	budget  *budget
	charged int
	holds   atomic.Int32
}

func (f *frame) hold() { f.holds.Add(1) }

func (f *frame) release() {
	if f.holds.Add(-1) == 0 {
		f.buf.release()
		f.budget.put(f.charged)
	}
}

// shrink gives back what a frame was charged beyond n bytes.
func (f *frame) shrink(n int) {
	if n < f.charged {
		f.budget.put(f.charged - n)
		f.charged = n
	}
}

// frameError says that a stream of bytes is not Kafka's protocol, or is cut; the connection can't go on.
type frameError struct{ why string }

func (e *frameError) Error() string { return e.why }

func frameErrorf(format string, args ...any) error { return &frameError{fmt.Sprintf(format, args...)} }

// readFrame reads the next frame. io.EOF means that the stream ended between two frames.
func (c *connection) readFrame() (*frame, error) {
	size, err := c.readLength()
	if err != nil {
		return nil, err
	}
	// The API decides what the frame is charged. A length that nothing follows holds no budget.
	head, err := c.in.Peek(minHeader)
	if err != nil {
		return nil, cutShort(err, len(head), size)
	}
	charge, err := chargeFor(size, int16(binary.BigEndian.Uint16(head)), int16(binary.BigEndian.Uint16(head[2:])))
	if err != nil {
		return nil, err
	}
	charged, ok := c.server.inFlight.take(charge, c.done)
	if !ok {
		return nil, io.EOF
	}
	buf, err := c.readBody(size)
	if err != nil {
		c.server.inFlight.put(charged)
		return nil, err
	}
	f := &frame{buf: buf, budget: c.server.inFlight, charged: charged}
	f.holds.Store(1)
	return f, nil
}

func (c *connection) readLength() (int, error) {
	var head [4]byte
	if n, err := io.ReadFull(c.in, head[:]); err != nil {
		if err == io.ErrUnexpectedEOF {
			err = frameErrorf("the stream ended after %d bytes of a frame's length", n)
		}
		return 0, err
	}
	c.moved()
	size := int(int32(binary.BigEndian.Uint32(head[:])))
	if limit := c.server.limits.MaxRequestBytes; size < minHeader || size > limit {
		return 0, frameErrorf("a frame of %d bytes: want %d to %d (socket.request.max.bytes); is this a Kafka client, and without TLS?",
			size, minHeader, limit)
	}
	return size, nil
}

// chargeFor is what a frame of size bytes takes from the budget until it is decoded.
func chargeFor(size int, key, version int16) (int, error) {
	a := lookup(key, version)
	if a != nil && a.check != nil {
		return max(size, 1<<smallestBuffer), nil
	}
	if size > maxPlainBytes {
		return 0, frameErrorf("a request of %d bytes to API %d, version %d: at most %d make sense without record batches",
			size, key, version, maxPlainBytes)
	}
	return max(size*decodeFactor, 1<<smallestBuffer), nil
}

// readBody reads size bytes into a buffer that grows behind them.
func (c *connection) readBody(size int) (*buffer, error) {
	c.readStall.begin(c.server.clock)
	defer c.readStall.end()
	buf := getBuffer(min(size, firstStep))
	for filled := 0; ; {
		n, err := c.in.Read(buf.b[filled:])
		filled += n
		if filled == size {
			return buf, nil
		}
		if err != nil {
			buf.release()
			return nil, cutShort(err, filled, size)
		}
		c.readStall.begin(c.server.clock)
		if filled == len(buf.b) {
			larger := getBuffer(min(size, 2*filled))
			copy(larger.b, buf.b)
			buf.release()
			buf = larger
		}
	}
}

func cutShort(err error, n, size int) error {
	if err == io.EOF {
		return frameErrorf("the stream ended after %d of a frame's %d bytes", n, size)
	}
	return err
}
