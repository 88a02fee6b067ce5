package actors

import (
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Context is what an actor may use inside its methods, and nowhere else: not on another goroutine, not later.
type Context struct {
	cell *cell
	// incarnation is the life of the actor that this context belongs to.
	incarnation uint64
}

// Self is the actor's own address.
func (c *Context) Self() Ref { return Ref{c.cell.box} }

// Now is the clock's time.
func (c *Context) Now() time.Time { return c.cell.system.clock.Now() }

// Log is a logger that names the actor.
func (c *Context) Log() *zerolog.Logger { return c.cell.logger() }

// After posts m to the actor itself, d from now, unless the actor has been stopped or restarted by then. It always gets
// in, whatever its Bytes. Once the timer's Stop has returned true, m is not
// delivered, not even when it was already waiting in the mailbox. A message that is not delivered is dropped, also if it
// is a request: the actor had asked itself.
func (c *Context) After(d time.Duration, m msg.Message) clock.Timer {
	t := &timed{message: m, incarnation: c.incarnation}
	t.timer = c.cell.system.clock.AfterFunc(d, func() {
		// A stopped actor's mailbox does not take it, and nobody else waits for it.
		_ = c.cell.box.post(t)
	})
	return t
}

// Fail makes the actor fail as if it had panicked with err. It does not return.
func (c *Context) Fail(err error) { panic(deliberate{err}) }

// deliberate is what Fail panics with: an error that speaks for itself, and needs no stack in the log.
type deliberate struct{ error }

func (d deliberate) Unwrap() error { return d.error }

// timed is a message that a timer delivers to the incarnation that asked for it.
type timed struct {
	message     msg.Message
	incarnation uint64
	timer       clock.Timer
	state       atomic.Int32
}

// A timed message is either stopped or delivered, never both.
const (
	timedWaits int32 = iota
	timedStopped
	timedDelivered
)

// Bytes is zero, so that a full mailbox doesn't swallow it.
func (t *timed) Bytes() int { return 0 }

func (t *timed) Stop() bool {
	t.timer.Stop()
	return t.state.CompareAndSwap(timedWaits, timedStopped)
}

// due reports whether the message is to be delivered now, to this incarnation.
func (t *timed) due(incarnation uint64) bool {
	return t.incarnation == incarnation && t.state.CompareAndSwap(timedWaits, timedDelivered)
}
