package partitions

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// handOverTime is how long a stop waits for the leaderships of a node to be taken over.
const handOverTime = time.Second

// HandOver hands the leadership of each partition that is led here and has other members to one that is caught up, then calls
// done, but not later than after a second. Asked for before a node's doors close, it lets clients learn the new leaders from this
// node, and they miss hardly a moment.
func (h *Host) HandOver(done func()) {
	var once sync.Once
	finish := func() { once.Do(done) }
	var left atomic.Int64
	left.Store(1)
	one := func(error) {
		if left.Add(-1) == 0 {
			finish()
		}
	}
	timer := h.o.System.Clock().AfterFunc(handOverTime, finish)
	for _, id := range h.All() {
		p, here := h.Partition(id)
		if !here {
			continue
		}
		if s := p.View().State(); s.Role != msg.Leader || s.Lease == nil {
			continue
		}
		left.Add(1)
		t := &msg.Transfer{Asked: msg.Asked{Done: one}, To: msg.NoNode}
		if p.Post(t) != nil {
			one(nil)
		}
	}
	if one(nil); left.Load() == 0 {
		timer.Stop()
	}
}

// Close is called before a clean stop: leadership is handed over, then every partition answers what is in flight, saves its state,
// and stops, all of them at the same time; then done is called. What comes meanwhile is refused.
func (h *Host) Close(done func()) {
	h.mu.Lock()
	h.closing = true
	h.mu.Unlock()
	h.HandOver(func() { h.closeAll(done) })
}

func (h *Host) closeAll(done func()) {
	all := h.All()
	var left atomic.Int64
	left.Store(int64(len(all)) + 1)
	one := func() {
		if left.Add(-1) == 0 && done != nil {
			done()
		}
	}
	for _, id := range all {
		h.finish(id, one)
	}
	one()
}

// finish lets a partition finish what is in flight before it is stopped.
func (h *Host) finish(id msg.TopicPartition, done func()) {
	var once sync.Once
	stop := func() { once.Do(func() { h.Stop(id, done) }) }
	found, ok := h.partitions.Load(id)
	if !ok || found.(*hosted).Post(&finish{done: stop}) != nil {
		stop()
	}
}
