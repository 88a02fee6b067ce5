package actors

import (
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// step is what the dispatcher runs: it delivers up to throughput messages, one at a time, then calls Idle, and has itself
// scheduled again if more waits.
func (m *mailbox) step() {
	m.turn()
	m.mu.Lock()
	again := len(m.system) > 0 || len(m.inbox) > 0 || m.next < len(m.batch) && !m.suspended
	m.scheduled = again
	m.mu.Unlock()
	if again {
		m.dispatcher.Schedule(m.scheduleMe)
	}
}

// turn is one step's work. A panic of the actor ends it.
func (m *mailbox) turn() {
	defer func() {
		if reason := recover(); reason != nil {
			m.cell.failed(reason, debug.Stack())
		}
	}()
	received := false
	for range m.dispatcher.Throughput() {
		if m.urgent.Load() {
			m.invokeSystem(m.takeSystem())
			continue
		}
		if m.suspended {
			m.sweep()
			break
		}
		l, ok := m.take()
		if !ok {
			break
		}
		received = m.deliver(l) || received
	}
	if received && m.cell.running {
		m.cell.actor.Idle(m.cell.context)
	}
}

// invokeSystem hands one of protoactor's messages to protoactor, but for the two that are meant for the mailbox.
func (m *mailbox) invokeSystem(message any) {
	switch message.(type) {
	case *actor.SuspendMailbox:
		m.suspended = true
		m.sweep()
	case *actor.ResumeMailbox:
		m.suspended = false
	default:
		m.invoker.InvokeSystemMessage(message)
	}
}

func (m *mailbox) takeSystem() any {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := m.system[0]
	m.system[0] = nil
	m.system = m.system[1:]
	if len(m.system) == 0 {
		m.system = nil
		m.urgent.Store(false)
	}
	return first
}

// take removes the oldest letter, from the batch or, when that is used up, from a new one.
func (m *mailbox) take() (letter, bool) {
	if m.next == len(m.batch) {
		m.swap()
		if len(m.batch) == 0 {
			return letter{}, false
		}
	}
	l := m.batch[m.next]
	m.batch[m.next] = letter{}
	m.next++
	m.release(l)
	return l, true
}

// swap makes the inbox the batch, and the used-up batch's memory the next inbox.
func (m *mailbox) swap() {
	empty := m.batch[:0]
	if cap(empty) > keptCapacity {
		empty = nil
	}
	m.mu.Lock()
	m.batch, m.inbox = m.inbox, empty
	m.mu.Unlock()
	m.next = 0
}

// deliver lets the actor have one message, and reports whether it did.
func (m *mailbox) deliver(l letter) bool {
	message := l.message
	if t, ok := message.(*timed); ok {
		if !t.due(m.cell.incarnation) {
			return false
		}
		message = t.message
	}
	m.hand = message
	m.invoker.InvokeUserMessage(message)
	m.hand = nil
	return true
}

// sweep goes through what waits while the actor waits for its restart: requests are refused, at once, so that nobody waits
// out a backoff; everything else is kept for the next incarnation, within the mailbox's budget.
func (m *mailbox) sweep() {
	waiting := m.takeAll()
	kept := waiting[:0]
	for _, l := range waiting {
		if _, asks := l.message.(msg.Request); !asks {
			kept = append(kept, l)
			continue
		}
		m.release(l)
		m.cell.system.refuse(l.message, m.cell.restarting())
	}
	clear(waiting[len(kept):])
	m.batch, m.next = kept, 0
}

// drain refuses everything that waits, for good.
func (m *mailbox) drain() {
	for _, l := range m.takeAll() {
		m.release(l)
		m.cell.system.refuse(l.message, unavailable(m.name, errStopping))
	}
	m.batch, m.next = nil, 0
}

// takeAll returns the rest of the batch and the inbox, in order.
func (m *mailbox) takeAll() []letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := append(m.batch[m.next:], m.inbox...)
	m.inbox = nil
	return all
}
