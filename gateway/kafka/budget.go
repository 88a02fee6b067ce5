package kafka

import "sync"

// budget is a number of bytes that all connections share. Who gets none waits, first come, first served, so that a large
// request is not starved by small ones.
type budget struct {
	mu      sync.Mutex
	size    int
	free    int // at most size; below 0 when somebody had to take more than there was
	waiters []*budgetWaiter
}

type budgetWaiter struct {
	n       int
	granted chan struct{}
}

func newBudget(size int) *budget { return &budget{size: size, free: size} }

// take gets n bytes, or waits for them until done is closed, which it reports as false. More than there is altogether
// counts as all there is: it goes alone. What was taken must be given back by put with the number that take returns.
func (b *budget) take(n int, done <-chan struct{}) (int, bool) {
	n = min(n, b.size)
	b.mu.Lock()
	if len(b.waiters) == 0 && b.free >= n {
		b.free -= n
		b.mu.Unlock()
		return n, true
	}
	w := &budgetWaiter{n: n, granted: make(chan struct{})}
	b.waiters = append(b.waiters, w)
	b.mu.Unlock()
	select {
	case <-w.granted:
		return n, true
	case <-done:
		b.abandon(w)
		return 0, false
	}
}

// tryUpTo gets as much of n as is free now, without waiting.
func (b *budget) tryUpTo(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n = max(0, min(n, b.free))
	b.free -= n
	return n
}

// put gives n bytes back; a negative n takes more, without waiting, for what is there already.
func (b *budget) put(n int) {
	b.mu.Lock()
	b.free += n
	b.grant()
	b.mu.Unlock()
}

// inUse is the number of bytes taken.
func (b *budget) inUse() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.size - b.free
}

func (b *budget) grant() {
	for len(b.waiters) > 0 && b.free >= b.waiters[0].n {
		w := b.waiters[0]
		b.free -= w.n
		b.waiters = b.waiters[1:]
		close(w.granted)
	}
}

// abandon takes a waiter out of the line, or gives back what it has just been granted.
func (b *budget) abandon(w *budgetWaiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, other := range b.waiters {
		if other == w {
			b.waiters = append(b.waiters[:i], b.waiters[i+1:]...)
			b.grant()
			return
		}
	}
	b.free += w.n
	b.grant()
}
