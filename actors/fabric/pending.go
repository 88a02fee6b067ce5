package fabric

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// What may wait for answers at a time, in number and in bytes of JSON.
const (
	maxWaiting      = 4096
	maxWaitingBytes = 16 << 20
)

// waiting is a request that was sent and not answered yet.
type waiting struct {
	id      uint64
	node    msg.NodeID
	actor   string
	request request
	kind    *portable
	bytes   int
	timer   clock.Timer
}

// table holds the requests that wait. Whoever takes one out answers it, and nobody else does.
type table struct {
	clock clock.Clock

	mu      sync.Mutex
	closed  bool
	last    uint64
	waiting map[uint64]*waiting
	bytes   int
	late    uint64 // were taken out as their time had passed
}

func newTable(c clock.Clock) *table { return &table{clock: c, waiting: map[uint64]*waiting{}} }

// add numbers w and keeps it; after the given time it is taken out and handed to late.
func (t *table) add(w *waiting, within time.Duration, late func(*waiting)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return msg.ErrStopped
	}
	if len(t.waiting) >= maxWaiting || t.bytes+w.bytes > maxWaitingBytes {
		return msg.ErrMailboxFull
	}
	t.last++
	w.id = t.last
	t.waiting[w.id] = w
	t.bytes += w.bytes
	w.timer = t.clock.AfterFunc(within, func() {
		if t.expire(w) {
			late(w)
		}
	})
	return nil
}

// expire takes out a request whose time has passed, if it is still there.
func (t *table) expire(w *waiting) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting[w.id] != w {
		return false
	}
	t.remove(w)
	t.late++
	return true
}

// take takes out the request of that number that waits for that node, nil if there is none any more.
func (t *table) take(id uint64, node msg.NodeID) *waiting {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.waiting[id]
	if w == nil || w.node != node {
		return nil
	}
	t.remove(w)
	return w
}

// takeAll takes out all that match, in the order in which they were added.
func (t *table) takeAll(match func(*waiting) bool) []*waiting {
	t.mu.Lock()
	defer t.mu.Unlock()
	var taken []*waiting
	for _, w := range t.waiting {
		if match(w) {
			taken = append(taken, w)
		}
	}
	slices.SortFunc(taken, func(a, b *waiting) int { return cmp.Compare(a.id, b.id) })
	for _, w := range taken {
		t.remove(w)
	}
	return taken
}

// close takes out all, and takes nothing in any more.
func (t *table) close() []*waiting {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	return t.takeAll(func(*waiting) bool { return true })
}

// remove forgets w. mu is held.
func (t *table) remove(w *waiting) {
	delete(t.waiting, w.id)
	t.bytes -= w.bytes
	w.timer.Stop()
}
