package link

import (
	"math/rand/v2"
	"time"
)

const (
	firstPause = 20 * time.Millisecond
	mostPause  = time.Second
)

// backoff is how long a node waits before it dials a peer again.
type backoff struct {
	pause time.Duration
	// first: the first attempt is made at once.
	first bool
}

// newBackoff is that of a link that is down since a moment. The node with the lower id dials at once. The other gives it the time in
// which a dead link is noticed, and then tries as well: the first may not know where to dial, or not be able to.
func (p *peer) newBackoff() *backoff {
	if p.links.o.Self.Node < p.node {
		return &backoff{pause: firstPause, first: true}
	}
	return &backoff{pause: p.links.o.DeadAfter}
}

// wait is the next pause, a quarter more or less, so that two nodes don't meet for ever.
func (b *backoff) wait() time.Duration {
	if b.first {
		return 0
	}
	return b.pause*3/4 + rand.N(b.pause/2)
}

// grow makes the pause longer after an attempt that failed.
func (b *backoff) grow() {
	if b.first {
		b.first = false
		return
	}
	b.pause = max(b.pause, min(2*b.pause, mostPause))
}
