package link

import "sync"

// queue holds what waits to be sent on one lane of one link, bounded in bytes. Pings and their answers have a place each of their
// own, ahead of all frames: a full queue does not keep them out, and a newer one replaces one that waits.
type queue struct {
	// wake holds a token when there may be something to take.
	wake  chan struct{}
	limit int

	mu     sync.Mutex
	frames []frame
	// bytes are the costs of frames, and of those that the writer has taken and not yet written.
	bytes int
	// ping and pong are the numbers to send, 0: none.
	ping, pong uint64
}

func newQueue(limit int) *queue { return &queue{wake: make(chan struct{}, 1), limit: limit} }

// put takes a frame, or says no. A frame that is larger than the whole queue gets into an empty one: it would never get in
// otherwise.
func (q *queue) put(f frame) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes > 0 && q.bytes+f.cost() > q.limit {
		return false
	}
	q.bytes += f.cost()
	q.frames = append(q.frames, f)
	q.signal()
	return true
}

// control has a ping or its answer sent.
func (q *queue) control(k Kind, number uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if k == ping {
		q.ping = number
	} else {
		q.pong = number
	}
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take swaps what waits for an empty slice.
func (q *queue) take(empty []frame) []frame {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.frames
	q.frames = empty
	return taken
}

// takeControl is what is due of pings and answers.
func (q *queue) takeControl() (pingNumber, pongNumber uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	pingNumber, pongNumber = q.ping, q.pong
	q.ping, q.pong = 0, 0
	return pingNumber, pongNumber
}

// written gives back the room of frames that are on their way.
func (q *queue) written(cost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= cost
}

func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes
}
