package partitions

import "github.com/seed-e634fa49/troupe/actors/msg"

// waiters are the readers that wait for more. Those that nobody waits for any more are dropped when the list has doubled
// since the last look, so a partition that is polled for days and never written keeps no more than twice its readers.
type waiters struct {
	list []*msg.Wait
	live int // after the last look
}

// smallWaiters is the length from which on a look is worth it.
const smallWaiters = 32

// add takes a waiter, or wakes it at once if what it waits for is there.
func (q *waiters) add(w *msg.Wait, s *msg.State) {
	if s.HighWatermark > w.Offset || s.Epoch != w.Epoch || s.Err != nil {
		w.Waiter.Wake()
		return
	}
	if len(q.list) >= 2*q.live+smallWaiters {
		q.sift(func(w *msg.Wait) bool { return !w.Waiter.Expired() })
	}
	q.list = append(q.list, w)
}

// passed wakes those that wait for what lies below the high watermark.
func (q *waiters) passed(highWatermark int64) {
	q.sift(func(w *msg.Wait) bool {
		if highWatermark > w.Offset {
			w.Waiter.Wake()
			return false
		}
		return !w.Waiter.Expired()
	})
}

// wakeAll wakes everybody.
func (q *waiters) wakeAll() {
	q.sift(func(w *msg.Wait) bool {
		w.Waiter.Wake()
		return false
	})
}

func (q *waiters) sift(stays func(*msg.Wait) bool) {
	kept := q.list[:0]
	for _, w := range q.list {
		if stays(w) {
			kept = append(kept, w)
		}
	}
	clear(q.list[len(kept):])
	q.list, q.live = kept, len(kept)
}
