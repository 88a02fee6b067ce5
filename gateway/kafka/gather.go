package kafka

import (
	"sync"
	"time"

	"github.com/seed-e634fa49/troupe/actors/clock"
)

// gather completes an answer that has several parts, each from a partition of its own, when all have come or the time is over.
type gather struct {
	mu      sync.Mutex
	waiting int // parts expected and not yet here, and one more until seal
	over    bool
	done    func()
	timer   clock.Timer
}

// newGather calls done once, after seal and every expected part, or when the time is over.
func newGather(s *Server, timeout time.Duration, done func()) *gather {
	g := &gather{waiting: 1, done: done}
	g.timer = s.Clock.AfterFunc(timeout, g.expire)
	return g
}

// expect announces one more part. The returned function takes it: set is run unless the answer is already gone.
func (g *gather) expect() func(set func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting++
	return g.part
}

// seal says that no more parts will be announced.
func (g *gather) seal() { g.part(func() {}) }

func (g *gather) part(set func()) {
	g.mu.Lock()
	if g.over {
		g.mu.Unlock()
		return
	}
	set()
	g.waiting--
	complete := g.waiting == 0
	g.over = complete
	g.mu.Unlock()
	if complete {
		g.timer.Stop()
		g.done()
	}
}

func (g *gather) expire() {
	g.mu.Lock()
	over := g.over
	g.over = true
	g.mu.Unlock()
	if !over {
		g.done()
	}
}
