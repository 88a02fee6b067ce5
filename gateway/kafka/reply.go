package kafka

import (
	"encoding/binary"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// A reply's header, versions 0 and 1:
//
//	0  4  correlation id   the request's
//	4     tagged fields    version 1 only, which flexible versions of replies use, but for ApiVersions: a client that asks
//	                       for it may not know yet what the server can do

const (
	// mostGathered is how many replies one write takes together.
	mostGathered = 64
	// writePortion is how much one write takes; a client that does not take that much within Limits.StallTimeout is slow
	// beyond use.
	writePortion = 1 << 20
)

// outgoing gathers replies for one write: what is encoded, one reply behind the other in one buffer, and between it chunks
// of the log, which are sent as they lie in memory.
type outgoing struct {
	text       *buffer
	chunks     []chunk // by position
	chunkBytes int
	pieces     net.Buffers
	portion    net.Buffers
	calls      []*Call
}

// chunk is sent when as many bytes of the text are.
type chunk struct {
	at    int
	bytes []byte
}

var outgoings = sync.Pool{New: func() any { return new(outgoing) }}

func newOutgoing() *outgoing {
	o := outgoings.Get().(*outgoing)
	o.text = getBuffer(4 << 10)
	o.text.b = o.text.b[:0]
	return o
}

// reply encodes a call's answer with its length and header.
func (o *outgoing) reply(c *Call) {
	at, before := len(o.text.b), o.chunkBytes
	o.text.b = append(o.text.b, 0, 0, 0, 0)
	o.text.b = binary.BigEndian.AppendUint32(o.text.b, uint32(c.correlationID))
	c.answer.encode(o)
	size := len(o.text.b) - at - 4 + o.chunkBytes - before
	binary.BigEndian.PutUint32(o.text.b[at:], uint32(size))
	c.conn.server.metrics.of(c.api).out.Add(float64(size))
}

// append puts chunks of the log behind what is encoded so far. They must stay valid until the answer's done.
func (o *outgoing) append(chunks [][]byte) {
	for _, b := range chunks {
		o.chunks = append(o.chunks, chunk{len(o.text.b), b})
		o.chunkBytes += len(b)
	}
}

// lay lays text and chunks out as the pieces of one write.
func (o *outgoing) lay() net.Buffers {
	o.pieces = o.pieces[:0]
	from := 0
	for _, c := range o.chunks {
		if c.at > from {
			o.pieces = append(o.pieces, o.text.b[from:c.at])
			from = c.at
		}
		o.pieces = append(o.pieces, c.bytes)
	}
	if from < len(o.text.b) {
		o.pieces = append(o.pieces, o.text.b[from:])
	}
	return o.pieces
}

func (o *outgoing) release() {
	o.text.release()
	clear(o.chunks)
	clear(o.pieces[:cap(o.pieces)])
	clear(o.portion[:cap(o.portion)])
	clear(o.calls[:cap(o.calls)])
	*o = outgoing{chunks: o.chunks[:0], pieces: o.pieces[:0], portion: o.portion[:0], calls: o.calls[:0]}
	outgoings.Put(o)
}

// writeAnswers writes what is answered at the front of the queue until nothing is. The caller has set c.writing.
func (c *connection) writeAnswers() {
	defer c.caught(writing)
	for c.writeSome() {
	}
}

func (c *connection) writeSome() bool {
	o := newOutgoing()
	defer o.release()
	if !c.front(o) {
		return false
	}
	end := o.encode()
	err := c.send(o)
	c.written(o.calls)
	if err == nil {
		err = end
	}
	if err != nil {
		c.explain(err)
		c.close()
	}
	return true
}

// encode encodes the answers of o.calls, up to one that ends the connection: its reason is the error.
func (o *outgoing) encode() error {
	for _, call := range o.calls {
		switch a := call.answer.(type) {
		case silence:
		case hangup:
			return &frameError{a.why}
		default:
			o.reply(call)
		}
	}
	return nil
}

// front takes the calls that can be written now into o.calls, leaving them in the queue. When there is none it reports
// false, and nobody writes any more.
func (c *connection) front(o *outgoing) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		for _, call := range c.queue {
			if !call.answered || len(o.calls) == mostGathered {
				break
			}
			o.calls = append(o.calls, call)
		}
	}
	if len(o.calls) == 0 {
		c.writing = false
		if c.closed {
			c.discard()
		}
		return false
	}
	return true
}

// discard lets the answered calls of a closed connection go. Those not yet answered go when they are.
func (c *connection) discard() {
	for _, call := range c.queue {
		if call.answered {
			call.answer.done()
			call.forgetFrame()
		}
	}
	c.queue = nil
}

// written takes calls out of the queue, whether they have reached the client or can't any more.
func (c *connection) written(calls []*Call) {
	now := c.server.clock.Now()
	for _, call := range calls {
		call.answer.done()
		call.forgetFrame()
		m := c.server.metrics.of(call.api)
		m.requests.Inc()
		m.seconds.Observe(now.Sub(call.began).Seconds())
	}
	c.mu.Lock()
	n := copy(c.queue, c.queue[len(calls):])
	clear(c.queue[n:])
	c.queue = c.queue[:n]
	c.mu.Unlock()
	c.signal()
}

// send writes everything in portions, so that a client that is slow can be told from one that has stopped.
func (c *connection) send(o *outgoing) error {
	pieces := o.lay()
	defer c.writeStall.end()
	for len(pieces) > 0 {
		c.writeStall.begin(c.server.clock)
		o.portion = o.portion[:0]
		for left := writePortion; left > 0 && len(pieces) > 0; {
			p := pieces[0]
			if len(p) > left {
				pieces[0] = p[left:]
				p = p[:left]
			} else {
				pieces = pieces[1:]
			}
			o.portion = append(o.portion, p)
			left -= len(p)
		}
		portion := o.portion
		if _, err := portion.WriteTo(c.socket); err != nil {
			return err
		}
		c.moved()
	}
	return nil
}

// response is an answer that kmsg encodes.
type response struct{ kmsg.Response }

func (r response) encode(o *outgoing) {
	if r.IsFlexible() && r.Key() != int16(kmsg.ApiVersions) {
		o.text.b = append(o.text.b, 0)
	}
	o.text.b = r.AppendTo(o.text.b)
}

func (response) done() {}

// silence is the answer to a request that gets none.
type silence struct{}

func (silence) encode(*outgoing) {}
func (silence) done()            {}

// hangup closes the connection.
type hangup struct{ why string }

func (hangup) encode(*outgoing) {}
func (hangup) done()            {}
