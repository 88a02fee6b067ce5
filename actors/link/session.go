package link

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// session is one life of a link: two connections that one side has dialed together, from the second handshake to the first
// failure. It ends as a whole.
type session struct {
	o        *Options
	handlers *[256]func(from msg.NodeID, payload []byte)
	peer     Identity
	number   uint64
	lanes    [lanes]*stream
	pulse    pulse

	// done is closed when it fails; err is why, and is set before.
	done chan struct{}
	once sync.Once
	err  error
	// running are the readers and writers.
	running sync.WaitGroup

	mu    sync.Mutex
	timer clock.Timer
}

// stream is one lane of a session.
type stream struct {
	lane  Lane
	raw   net.Conn // what is closed: a TLS connection's Close may wait for the other side
	conn  net.Conn // what is read and written
	queue *queue
	ear   ear
}

// ear reads a connection. steps is odd while it waits for bytes, and moves with each read, so that silence is told from
// work: a lane whose frames are being handled is not listening, and nothing can be said of the other side.
type ear struct {
	net.Conn
	steps atomic.Uint64
}

func (e *ear) Read(p []byte) (int, error) {
	e.steps.Add(1)
	n, err := e.Conn.Read(p)
	e.steps.Add(1)
	return n, err
}

func newSession(l *Links, peer Identity, number uint64) *session {
	return &session{o: &l.o, handlers: &l.handlers, peer: peer, number: number, done: make(chan struct{})}
}

// attach gives the session one of its connections. Both are there before it starts.
func (s *session) attach(lane Lane, c connection) {
	st := &stream{lane: lane, raw: c.raw, conn: c.Conn, queue: newQueue(s.o.QueueBytes)}
	st.ear.Conn = c.Conn
	s.lanes[lane] = st
}

// fail ends the session. The first reason counts.
func (s *session) fail(why error) {
	s.once.Do(func() {
		s.err = why
		close(s.done)
		for _, st := range s.lanes {
			if st != nil {
				_ = st.raw.Close()
			}
		}
		s.rearm(nil)
	})
}

// rearm replaces the session's timer: of its completion, then of its next beat. A session that has failed keeps none.
func (s *session) rearm(next clock.Timer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.timer = next; next != nil && s.failed() {
		next.Stop()
	}
}

func (s *session) failed() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// start sets readers, writers and pings going.
func (s *session) start() {
	s.pulse.begin(s.o.Clock.Now())
	for _, st := range s.lanes {
		s.running.Go(func() { s.end(st, "writing", newWriter(st.conn, st.queue).run(s.done)) })
		s.running.Go(func() { s.end(st, "reading", s.read(st)) })
	}
	s.beat()
}

func (s *session) end(st *stream, doing string, err error) {
	if err != nil {
		s.fail(fmt.Errorf("%s the %s lane: %w", doing, st.lane, err))
	}
}

// readBuffers is how much is read at once, bytes. Payloads that are larger go past it, right to where they stay.
var readBuffers = [lanes]int{Urgent: 16 << 10, Bulk: 128 << 10}

// read handles what comes on a lane.
func (s *session) read(st *stream) error {
	r := bufio.NewReaderSize(&st.ear, readBuffers[st.lane])
	for {
		k, payload, err := readFrame(r, maxPayload[st.lane])
		if err != nil {
			return err
		}
		if s.failed() {
			return nil
		}
		switch k {
		case ping, pong:
			if err := s.control(st, k, payload); err != nil {
				return err
			}
		default:
			// A newer version's kind is not known here, and not missed.
			if handle := s.handlers[k]; handle != nil {
				handle(s.peer.Node, payload)
			}
		}
	}
}

func (s *session) control(st *stream, k Kind, payload []byte) error {
	number, err := pingNumber(payload)
	if err != nil {
		return err
	}
	if k == pong {
		s.pulse.answered(number, s.o.Clock.Now())
	} else if st.lane == Urgent {
		st.queue.control(pong, number)
	}
	return nil
}

var errDisconnected = errors.New("this node no longer wants the link")
