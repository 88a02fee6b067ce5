package actors

import (
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// keptCapacity is how long a queue may be for its memory to be kept when it has run empty.
const keptCapacity = 1024

// mailbox is one actor's queue, and the step that empties it. It implements protoactor's Mailbox.
//
// Senders append to inbox; the step takes the whole inbox as its batch, so that the two meet once per batch and not once
// per message. At most one step is scheduled or runs at any time: scheduled is true exactly then (and before the actor
// is started). The fields below the line belong to that step alone.
type mailbox struct {
	name  string
	limit int64
	// full counts posts that were refused for their size, of the whole system.
	full *atomic.Uint64
	cell *cell
	// waiting is the bytes that are posted and not yet delivered.
	waiting atomic.Int64
	// urgent says that system is not empty, so that the step need not lock to find out.
	urgent atomic.Bool

	mu        sync.Mutex
	inbox     []letter
	system    []any
	scheduled bool
	// closed: no message gets in any more. finished: the actor has stopped, and protoactor's messages are dropped too.
	closed, finished bool

	invoker    actor.MessageInvoker
	dispatcher actor.Dispatcher
	scheduleMe func()
	// ----
	batch []letter
	// next is the place in batch of the message to deliver next.
	next int
	// hand is the message that the actor is looking at.
	hand msg.Message
	// suspended: the actor has failed and waits for protoactor's verdict or for its restart.
	suspended bool
}

var _ actor.Mailbox = (*mailbox)(nil)

// letter is a message and what it counts against the budget.
type letter struct {
	message msg.Message
	bytes   int
}

func newMailbox(c *cell, limit int, full *atomic.Uint64) *mailbox {
	m := &mailbox{name: c.spec.Name, limit: int64(limit), full: full, cell: c, scheduled: true}
	m.scheduleMe = m.step
	return m
}

// post takes a message unless the mailbox is full or closed. A message larger than the whole budget gets into an empty
// mailbox, as it would never get in otherwise.
func (m *mailbox) post(message msg.Message) error {
	size := message.Bytes()
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return msg.ErrStopped
	}
	if size > 0 && !m.reserve(int64(size)) {
		m.mu.Unlock()
		m.full.Add(1)
		return msg.ErrMailboxFull
	}
	m.inbox = append(m.inbox, letter{message, size})
	m.wakeAndUnlock()
	return nil
}

// reserve takes size bytes of the budget. Only senders add, one at a time, so it can't overshoot.
func (m *mailbox) reserve(size int64) bool {
	if waiting := m.waiting.Load(); waiting > 0 && waiting+size > m.limit {
		return false
	}
	m.waiting.Add(size)
	return true
}

// release gives a letter's bytes back.
func (m *mailbox) release(l letter) {
	if l.bytes > 0 {
		m.waiting.Add(-int64(l.bytes))
	}
}

// wakeAndUnlock schedules a step if none is, and unlocks mu.
func (m *mailbox) wakeAndUnlock() {
	wake := !m.scheduled
	m.scheduled = true
	m.mu.Unlock()
	if wake {
		m.dispatcher.Schedule(m.scheduleMe)
	}
}

// PostUserMessage is for what protoactor itself sends to the actor's PID. There is no way to say no here, so a request that
// can't be taken is refused.
func (m *mailbox) PostUserMessage(message any) {
	_, inner, _ := actor.UnwrapEnvelope(message)
	ours, ok := inner.(msg.Message)
	if !ok {
		m.cell.system.log.Warn().Str("actor", m.name).Type("message", inner).Msg("dropped a message that is not of our vocabulary")
		return
	}
	if err := m.post(ours); err != nil {
		m.cell.system.refuse(ours, unavailable(m.name, err))
	}
}

// PostSystemMessage takes protoactor's lifecycle messages. They overtake all others, and the last one is Stop.
func (m *mailbox) PostSystemMessage(message any) {
	m.mu.Lock()
	if m.finished {
		m.mu.Unlock()
		return
	}
	m.system = append(m.system, message)
	m.urgent.Store(true)
	m.wakeAndUnlock()
}

// RegisterHandlers is called by protoactor before Start.
func (m *mailbox) RegisterHandlers(invoker actor.MessageInvoker, dispatcher actor.Dispatcher) {
	m.invoker, m.dispatcher = invoker, dispatcher
}

// Start schedules the first step. Until then senders only queue.
func (m *mailbox) Start() { m.dispatcher.Schedule(m.scheduleMe) }

// UserMessageCount is only asked by protoactor's metrics, which are off.
func (m *mailbox) UserMessageCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.inbox)
}

// close keeps further messages out and reports whether it was open.
func (m *mailbox) close() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	wasOpen := !m.closed
	m.closed = true
	return wasOpen
}

// finish drops protoactor's messages from now on: one that is late, such as the restart of an actor that has been stopped
// meanwhile, would bring it back to life.
func (m *mailbox) finish() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finished = true
	m.system = nil
	m.urgent.Store(false)
}
