package clock

import (
	"container/heap"
	"sync"
	"time"
)

// Virtual is a clock that stands still until it is told to advance. Timers run inside Advance, on its caller's goroutine.
type Virtual struct {
	mu      sync.Mutex
	now     time.Time
	created uint64
	// waiting is a heap: the timer to fire next is first.
	waiting timers
}

// NewVirtual makes a clock that shows start.
func NewVirtual(start time.Time) *Virtual { return &Virtual{now: start} }

// Now is the time up to which the clock has been advanced; inside a timer's function, that timer's time.
func (v *Virtual) Now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// AfterFunc has f run when the clock is advanced to d from now. It never runs inside this call, even if d is not
// positive: then it runs in the next Advance, be it by nothing.
func (v *Virtual) AfterFunc(d time.Duration, f func()) Timer {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.created++
	t := &virtualTimer{clock: v, at: v.now.Add(max(d, 0)), order: v.created, f: f}
	heap.Push(&v.waiting, t)
	return t
}

// Advance moves the clock by d and fires what falls due on the way, also what these timers start themselves: in the order
// of their times, and of their creation where times are equal. Only one goroutine may advance a clock.
func (v *Virtual) Advance(d time.Duration) {
	v.mu.Lock()
	end := v.now.Add(max(d, 0))
	for len(v.waiting) > 0 && !v.waiting[0].at.After(end) {
		t := heap.Pop(&v.waiting).(*virtualTimer)
		v.now = t.at
		v.mu.Unlock()
		t.f()
		v.mu.Lock()
	}
	v.now = end
	v.mu.Unlock()
}

// Next is how long from now the next timer falls due, or false when none waits.
func (v *Virtual) Next() (time.Duration, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.waiting) == 0 {
		return 0, false
	}
	return v.waiting[0].at.Sub(v.now), true
}

// virtualTimer is one function that waits. place is its index in the heap, or fired once it has left it.
type virtualTimer struct {
	clock *Virtual
	at    time.Time
	order uint64
	place int
	f     func()
}

const fired = -1

func (t *virtualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.place == fired {
		return false
	}
	heap.Remove(&t.clock.waiting, t.place)
	return true
}

// timers is a heap.Interface.
type timers []*virtualTimer

func (h timers) Len() int { return len(h) }

func (h timers) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].order < h[j].order
	}
	return h[i].at.Before(h[j].at)
}

func (h timers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *timers) Push(x any) {
	t := x.(*virtualTimer)
	t.place = len(*h)
	*h = append(*h, t)
}

func (h *timers) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.place = fired
	return t
}
