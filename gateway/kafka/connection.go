package kafka

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/seed-e634fa49/troupe/actors/clock"
)

// connection is one client's connection. One goroutine of its own reads requests and runs their handlers; another one
// exists only while there are answers from actors to write, so that an idle connection costs one small stack and its read
// buffer.
type connection struct {
	server   *Server
	socket   net.Conn
	listener string
	in       *bufio.Reader
	// sender takes pieces of files; nil where the socket can't.
	sender syscall.RawConn

	// done is closed with the connection.
	done chan struct{}
	// wake tells the connection's goroutine that something below has changed.
	wake chan struct{}

	lastMoved  atomic.Int64 // nanoseconds of the clock, when a byte last came or went
	readStall  stall
	writeStall stall

	// current is the call whose handler runs, or ran last. Only the connection's goroutine looks at it.
	current *Call

	mu sync.Mutex
	// queue holds the calls that are not yet written, in the order of their requests. Answers leave from its front.
	queue    []*Call
	resumes  []func()
	handling bool // the connection's goroutine is in a handler, and will write afterwards
	writing  bool // somebody writes; at most one does
	draining bool // no new requests
	closed   bool
	// orphans are the calls that were not answered when the connection closed.
	orphans []*Call
}

const readBuffer = 4 << 10

// What can panic, as the log names it.
const (
	handling = "handling a request"
	writing  = "writing an answer"
)

func newConnection(s *Server, socket net.Conn, listener string) *connection {
	c := &connection{
		server: s, socket: socket, listener: listener,
		in:   bufio.NewReaderSize(socket, readBuffer),
		done: make(chan struct{}), wake: make(chan struct{}, 1), sender: fileSender(socket),
	}
	c.moved()
	return c
}

// serve handles requests until the client leaves, sends what is no request, or the server stops.
func (c *connection) serve() {
	defer c.abandon()
	defer c.caught(handling)
	for !c.isDraining() {
		f, err := c.readFrame()
		if err != nil {
			c.explain(err)
			break
		}
		call, err := c.open(f)
		if err != nil {
			f.release()
			c.explain(err)
			break
		}
		if !c.handle(call) {
			return
		}
	}
	if c.await(nil) && c.isDraining() {
		c.linger()
	}
}

// How long a connection that is drained waits for the client to read and to leave: as long as requests still come, each within
// lingerQuiet of the one before, but not longer than lingerMost.
const (
	lingerQuiet = 50 * time.Millisecond
	lingerMost  = time.Second
)

// linger ends the connection in the direction to the client only, and throws away what still comes: a client that could not send any more
// would give up its connection, with the answers in it that it has not read yet.
func (c *connection) linger() {
	half, ok := c.socket.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	for until := c.server.clock.Now().Add(lingerMost); c.server.clock.Now().Before(until); {
		_ = c.socket.SetReadDeadline(c.server.clock.Now().Add(lingerQuiet))
		if _, err := c.in.Peek(1); err != nil {
			return
		}
		_, _ = c.in.Discard(c.in.Buffered())
	}
}

// open makes a call of a frame.
func (c *connection) open(f *frame) (*Call, error) {
	h, rest, err := parseHeader(f.buf.b)
	if err != nil {
		return nil, err
	}
	call := &Call{
		Version: h.version, ClientID: h.clientID, Listener: c.listener,
		conn: c, correlationID: h.correlationID, began: c.server.clock.Now(), frame: f,
	}
	call.api = lookup(h.key, h.version)
	if call.api == nil {
		call.api = strangeVersion(h)
		if call.api == nil {
			return nil, frameErrorf("API %d, version %d, of client %q is not answered here", h.key, h.version, h.clientID)
		}
		return call, nil
	}
	call.Request, err = call.api.decode(h.version, rest)
	if err != nil {
		return nil, err
	}
	f.shrink(max(len(f.buf.b), 1<<smallestBuffer))
	c.server.metrics.of(call.api).in.Add(float64(len(f.buf.b)))
	return call, nil
}

// handle runs a call's handler, and returns when the next request may be read; false when the connection is closed.
func (c *connection) handle(call *Call) bool {
	if !call.api.overlaps && !c.await(nil) {
		call.frame.release()
		return false
	}
	c.mu.Lock()
	c.queue = append(c.queue, call)
	c.mu.Unlock()
	c.current = call
	c.run(func() { call.api.serve(c.server, call) })
	return c.await(call)
}

// run runs a step of a handler, then writes what it and others have answered meanwhile.
func (c *connection) run(step func()) {
	c.mu.Lock()
	c.handling = true
	c.mu.Unlock()
	step()
	c.mu.Lock()
	c.handling = false
	write := !c.writing
	c.writing = true
	c.mu.Unlock()
	if write {
		c.writeAnswers()
	}
}

// await runs what is resumed until call has started, or, for nil, until every call is answered and written. It reports
// false when the connection is closed.
func (c *connection) await(call *Call) bool {
	for {
		c.mu.Lock()
		steps := c.resumes
		c.resumes = nil
		ready := len(c.queue) == 0
		if call != nil {
			ready = call.started
		}
		c.mu.Unlock()
		for _, step := range steps {
			c.run(step)
		}
		if len(steps) > 0 {
			continue
		}
		if ready {
			return true
		}
		select {
		case <-c.wake:
		case <-c.done:
			return false
		}
	}
}

func (c *connection) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *connection) resume(f func()) {
	c.mu.Lock()
	c.resumeLocked(f)
	c.mu.Unlock()
}

func (c *connection) resumeLocked(f func()) {
	if !c.closed {
		c.resumes = append(c.resumes, f)
		c.signal()
	}
}

// drain lets no new request in and interrupts the calls that wait. The connection closes when all are answered.
func (c *connection) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	for _, call := range c.queue {
		if call.interrupt != nil {
			c.resumeLocked(call.interrupt)
		}
	}
	// A read that waits for the next request ends; one that has passed the deadline can't begin.
	_ = c.socket.SetReadDeadline(time.Unix(1, 0))
}

func (c *connection) isDraining() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.draining
}

// close ends the connection, once. Calls that are answered and not written are let go here; the others when their answer
// comes, or by abandon.
func (c *connection) close() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	c.resumes = nil
	for _, call := range c.queue {
		if !call.answered {
			c.orphans = append(c.orphans, call)
		}
	}
	if !c.writing {
		c.discard()
	}
	c.mu.Unlock()
	close(c.done)
	_ = c.socket.Close()
	c.server.forget(c)
}

// abandon is the end of the connection's goroutine: calls that are not answered hear that nobody waits for them.
func (c *connection) abandon() {
	c.close()
	c.mu.Lock()
	var interrupts []func()
	for _, call := range c.orphans {
		if !call.answered && call.interrupt != nil {
			interrupts = append(interrupts, call.interrupt)
		}
	}
	c.orphans = nil
	c.mu.Unlock()
	for _, f := range interrupts {
		f()
	}
}

// caught is the last line of defence: a handler that panics takes its own connection down and nothing else.
func (c *connection) caught(doing string) {
	if p := recover(); p != nil {
		c.server.log.Error().Interface("panic", p).Bytes("stack", debug.Stack()).Stringer("client", c.socket.RemoteAddr()).
			Msg(doing + " panicked: the connection is closed")
		c.mu.Lock()
		c.writing = false
		c.mu.Unlock()
		c.close()
		if c.current != nil && doing == handling {
			c.current.Drop()
		}
	}
}

// explain logs why a connection ends, unless that is the client's own quiet choice.
func (c *connection) explain(err error) {
	if err == io.EOF || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
		return
	}
	event := c.server.sampled.Debug()
	if _, strange := err.(*frameError); strange {
		event = c.server.sampled.Warn()
	}
	event.Err(err).Stringer("client", c.socket.RemoteAddr()).Str("listener", c.listener).Msg("a connection is closed")
}

func (c *connection) moved() { c.lastMoved.Store(c.server.clock.Now().UnixNano()) }

// stall is since when nothing has moved in the middle of a frame or a reply.
type stall struct{ since atomic.Int64 }

func (s *stall) begin(k clock.Clock) { s.since.Store(k.Now().UnixNano()) }
func (s *stall) end()                { s.since.Store(0) }

// over reports that the stall has lasted for limit.
func (s *stall) over(now time.Time, limit time.Duration) bool {
	since := s.since.Load()
	return since != 0 && now.UnixNano()-since > int64(limit)
}
