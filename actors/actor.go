package actors

import (
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Actor reacts to messages, one at a time: no two of its methods ever run at once. Nothing in it may block but for the
// one WAL write and recovery in Started.
type Actor interface {
	// Started is called first, also after a restart. An error is treated as a panic.
	Started(c *Context) error
	// Receive handles one message.
	Receive(c *Context, m msg.Message)
	// Idle is called when the mailbox has run empty after at least one Receive, or when throughput is used up: the place
	// to do, once, what many messages asked for. An actor that fails or is stopped in between gets no Idle any more.
	Idle(c *Context)
	// Stopped is called last: when the actor is stopped, and as soon as it has failed, before it waits for its restart. It
	// also follows a Started that failed. What the actor has taken and not answered it answers here.
	Stopped(c *Context)
}

// Spec describes an actor.
type Spec struct {
	Name string
	// New makes the actor, at the start and again after a panic. It is called on the actor's own step.
	New func() Actor
	// MailboxBytes bounds the bytes that wait (messages with Bytes() == 0 always get in). 0 is 16 MiB.
	MailboxBytes int
	// Restart says how long to wait before the n-th restart in a row after a panic (n from 1), or false to give up; nil is
	// a backoff from 100 ms to 30 s. A minute of health ends a row.
	Restart func(n int) (time.Duration, bool)
}
