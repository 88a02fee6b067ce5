package kafka

import (
	"encoding/binary"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
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

// outgoing gathers replies for one write: what is encoded, one reply behind the other in one buffer, and between it pieces
// of the log, which are sent as they lie in memory or in a file.
type outgoing struct {
	text     *buffer
	log      []logPiece // by position
	logBytes int
	pieces   []piece
	portion  net.Buffers
	calls    []*Call
}

// piece is bytes in memory, or where those are nil a section of a file.
type piece struct {
	bytes   []byte
	section msg.Section
}

// logPiece is sent when as many bytes of the text are.
type logPiece struct {
	at int
	piece
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
	at, before := len(o.text.b), o.logBytes
	o.text.b = append(o.text.b, 0, 0, 0, 0)
	o.text.b = binary.BigEndian.AppendUint32(o.text.b, uint32(c.correlationID))
	c.answer.encode(o)
	size := len(o.text.b) - at - 4 + o.logBytes - before
	binary.BigEndian.PutUint32(o.text.b[at:], uint32(size))
	c.conn.server.metrics.of(c.api).out.Add(float64(size))
}

// append puts what was read of the log behind what is encoded so far. It must stay valid until the answer's done.
func (o *outgoing) append(read *msg.ReadResult) {
	for _, s := range read.Sections {
		o.log = append(o.log, logPiece{len(o.text.b), piece{section: s}})
	}
	for _, b := range read.Chunks {
		o.log = append(o.log, logPiece{len(o.text.b), piece{bytes: b}})
	}
	o.logBytes += read.Bytes
}

// lay lays out text and log as the pieces of one write.
func (o *outgoing) lay() []piece {
	o.pieces = o.pieces[:0]
	from := 0
	for _, p := range o.log {
		if p.at > from {
			o.pieces = append(o.pieces, piece{bytes: o.text.b[from:p.at]})
			from = p.at
		}
		o.pieces = append(o.pieces, p.piece)
	}
	if from < len(o.text.b) {
		o.pieces = append(o.pieces, piece{bytes: o.text.b[from:]})
	}
	return o.pieces
}

func (o *outgoing) release() {
	o.text.release()
	clear(o.log)
	clear(o.pieces[:cap(o.pieces)])
	clear(o.portion[:cap(o.portion)])
	clear(o.calls[:cap(o.calls)])
	*o = outgoing{log: o.log[:0], pieces: o.pieces[:0], portion: o.portion[:0], calls: o.calls[:0]}
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

// discard lets the answered calls of a closed connection go. Those not yet answered go when they are, and those that were
// answered after it was closed have no answer here and are gone.
func (c *connection) discard() {
	for _, call := range c.queue {
		if call.answer != nil {
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
func (c *connection) send(o *outgoing) (err error) {
	pieces := o.lay()
	defer c.writeStall.end()
	for len(pieces) > 0 && err == nil {
		c.writeStall.begin(c.server.clock)
		if s := &pieces[0].section; s.Size == 0 {
			pieces, err = c.sendBytes(o, pieces)
		} else if err = c.sendSection(s); s.Size == 0 {
			pieces = pieces[1:]
		}
		c.moved()
	}
	return err
}

// sendBytes writes a portion of the bytes in front, and returns what is left.
func (c *connection) sendBytes(o *outgoing, pieces []piece) ([]piece, error) {
	o.portion = o.portion[:0]
	for left := writePortion; left > 0 && len(pieces) > 0 && pieces[0].section.Size == 0; {
		p := pieces[0].bytes
		if len(p) > left {
			pieces[0].bytes = p[left:]
			p = p[:left]
		} else {
			pieces = pieces[1:]
		}
		o.portion = append(o.portion, p)
		left -= len(p)
	}
	portion := o.portion
	_, err := portion.WriteTo(c.socket)
	return pieces, err
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
