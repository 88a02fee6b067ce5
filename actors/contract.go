package actors

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// CONTRACT: signatures fixed for the other packages; bodies to be written. This file is replaced by real ones.

// Options of an actor system.
type Options struct {
	Node  msg.NodeID
	Clock clock.Clock
	Log   zerolog.Logger
	// Dispatcher runs actors; nil is goroutines.
	Dispatcher Dispatcher
}

// Dispatcher schedules the steps of actors.
type Dispatcher interface {
	Schedule(step func())
	// Throughput is how many messages an actor may take in one step.
	Throughput() int
}

type System struct{}

func NewSystem(o Options) *System { panic("contract") }

// Spawn starts an actor. Its name is its address and must be free.
func (s *System) Spawn(spec Spec) (Ref, error) { panic("contract") }

// Lookup finds a local actor; a Ref to nobody answers every Post with ErrStopped.
func (s *System) Lookup(name string) Ref { panic("contract") }

// Stop stops an actor: no new messages, what waits is refused with NOT_LEADER_OR_FOLLOWER, then Stopped runs. done is
// called after that (nil: nobody cares).
func (s *System) Stop(ref Ref, done func()) { panic("contract") }

// Shutdown stops all actors, and returns when they have or the timeout is over.
func (s *System) Shutdown(timeout time.Duration) error { panic("contract") }

// Ref is an actor's address. It implements msg.Target and may be copied.
type Ref struct{}

func (r Ref) Post(m msg.Message) error { panic("contract") }
func (r Ref) Name() string             { panic("contract") }

// Spec describes an actor.
type Spec struct {
	Name string
	// New makes the actor, at the start and again after a panic.
	New func() Actor
	// MailboxBytes bounds the bytes that wait (messages with Bytes() == 0 always get in). 0 is 16 MiB.
	MailboxBytes int
	// Restart says how long to wait before the n-th restart in a row after a panic (n from 1), or false to give up;
	// nil is a backoff from 100 ms to 30 s, reset after a minute of health.
	Restart func(n int) (time.Duration, bool)
}

// Actor reacts to messages, one at a time. Nothing in it may block but for the one WAL write and recovery in Started.
type Actor interface {
	// Started is called first, also after a restart. An error is treated as a panic.
	Started(c *Context) error
	// Receive handles one message.
	Receive(c *Context, m msg.Message)
	// Idle is called when the mailbox has run empty after at least one Receive, or when throughput is used up: the place
	// to do, once, what many messages asked for.
	Idle(c *Context)
	// Stopped is called last, also before a restart.
	Stopped(c *Context)
}

// Context is what an actor may use inside its methods.
type Context struct{}

func (c *Context) Self() Ref             { panic("contract") }
func (c *Context) Now() time.Time        { panic("contract") }
func (c *Context) Log() *zerolog.Logger  { panic("contract") }

// After posts m to the actor itself, d from now, unless the actor has been stopped or restarted.
func (c *Context) After(d time.Duration, m msg.Message) clock.Timer { panic("contract") }

// Fail makes the actor fail as if it had panicked with err.
func (c *Context) Fail(err error) { panic(err) }
