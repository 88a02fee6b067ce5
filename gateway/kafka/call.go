package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Call is one request of a client, and the place of its answer. It is answered exactly once, by Reply, Drop or Hangup,
// from any goroutine or actor step: the answer is encoded and written elsewhere. Answers after the first are ignored.
type Call struct {
	Version int16
	// Request is decoded. Its byte slices alias the frame: they are good until the call is answered.
	Request  kmsg.Request
	ClientID string
	// Listener is the name of the listener that the client came through. Its advertised addresses are what the client must
	// be told.
	Listener string

	api           *api
	conn          *connection
	correlationID int32
	began         time.Time
	frame         *frame // nil once it is given back early

	// Guarded by conn.mu.
	started   bool // the next request may be read
	answered  bool
	answer    answer
	interrupt func()
}

// answer is what a call is answered with: encoded when its turn comes, and done when it is written, or never will be.
type answer interface {
	// encode appends the reply's body, which follows the header that o already has.
	encode(o *outgoing)
	done()
}

// Reply answers with a response. The response must not be changed any more.
func (c *Call) Reply(r kmsg.Response) { c.finish(response{r}) }

// Drop ends a call that gets no answer, as a produce with acks=0.
func (c *Call) Drop() { c.finish(silence{}) }

// Hangup closes the connection instead of an answer, once the earlier calls are answered. Why goes to the log.
func (c *Call) Hangup(why string) { c.finish(hangup{why}) }

// Started lets the connection go on to its next request before this one is answered.
func (c *Call) Started() {
	c.conn.mu.Lock()
	c.started = true
	c.conn.mu.Unlock()
	c.conn.signal()
}

// Resume runs f on the connection's goroutine, soon, unless the connection is closed first. Only calls that are not yet
// started may use it, as the connection otherwise waits for its client.
func (c *Call) Resume(f func()) { c.conn.resume(f) }

// Interrupt sets what is resumed when the server stops while the call is not answered, and is called when the connection is
// closed before that: Abandoned tells which. It may be called for both.
func (c *Call) Interrupt(f func()) {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	if c.conn.draining {
		c.conn.resumeLocked(f)
		return
	}
	c.interrupt = f
}

// Abandoned reports that the connection is closed and nobody waits for the answer.
func (c *Call) Abandoned() bool {
	select {
	case <-c.conn.done:
		return true
	default:
		return false
	}
}

// Failed counts an error that a client is shown.
func (c *Call) Failed(code int16) {
	if code != 0 {
		c.conn.server.metrics.of(c.api).errors.Inc()
	}
}

// forgetFrame gives the frame back before the answer. The request must not have byte slices in use.
func (c *Call) forgetFrame() {
	if c.frame != nil {
		c.frame.release()
		c.frame = nil
	}
}

func (c *Call) finish(a answer) {
	conn := c.conn
	conn.mu.Lock()
	if c.answered || conn.closed {
		already := c.answered
		c.answered = true
		conn.mu.Unlock()
		a.done()
		if !already {
			c.forgetFrame()
		}
		return
	}
	c.answered, c.started, c.answer, c.interrupt = true, true, a, nil
	// The connection's own goroutine writes what it finds when its handler returns; else whoever answers the oldest call
	// has it written.
	write := !conn.handling && !conn.writing && conn.queue[0] == c
	if write {
		conn.writing = true
	}
	conn.mu.Unlock()
	if write {
		go conn.writeAnswers()
	}
}
