package link

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"
)

// pulse is what a session knows of the other side's life. Every PingInterval each side pings on both lanes, so that no lane is silent
// for long, and answers those on the urgent lane. The link is dead when
//   - a lane was listened to and not a byte came for DeadAfter: the other side, or the way from it, is gone;
//   - for twice DeadAfter no ping was answered: the way to it is gone, or it no longer reads.
type pulse struct {
	mu sync.Mutex
	// sent are the times of the last pings, by number modulo their count; last is the last one's number. The first is 1.
	sent [64]time.Time
	last uint64
	// echo is when the newest ping that was answered was sent, zero before there is one; replied is its number.
	echo    time.Time
	replied uint64
	trip    time.Duration
	// alive is when the other side last showed that it reads: as echo, but from the start of the session on.
	alive time.Time
	// heard is the state of each lane's ear at the last beat that found it changed, and when that was.
	heard [lanes]struct {
		steps uint64
		at    time.Time
	}
}

func (p *pulse) begin(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alive = now
	for i := range p.heard {
		p.heard[i].at = now
	}
}

// next numbers a ping that is about to be sent.
func (p *pulse) next(now time.Time) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	p.sent[p.last%uint64(len(p.sent))] = now
	return p.last
}

// answered takes the number of a ping. Answers to what was not asked, or long ago, say nothing.
func (p *pulse) answered(number uint64, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if number > p.last || number <= p.replied || p.last-number >= uint64(len(p.sent)) {
		return
	}
	at := p.sent[number%uint64(len(p.sent))]
	p.replied, p.echo, p.alive, p.trip = number, at, at, now.Sub(at)
}

// check says why the link is dead, or nil. steps are those of the lanes' ears.
func (p *pulse) check(now time.Time, steps [lanes]uint64, deadAfter time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l, n := range steps {
		h := &p.heard[l]
		if n != h.steps || n%2 == 0 {
			h.steps, h.at = n, now
		} else if silent := now.Sub(h.at); silent >= deadAfter {
			return fmt.Errorf("nothing was heard on the %s lane for %v", Lane(l), silent.Round(time.Millisecond))
		}
	}
	if unanswered := now.Sub(p.alive); unanswered >= 2*deadAfter {
		return fmt.Errorf("no ping was answered for %v", unanswered.Round(time.Millisecond))
	}
	return nil
}

// latest is the newest echo, and how long its answer took.
func (p *pulse) latest() (echo time.Time, trip time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.echo, p.trip
}

// beat looks at the other side's pulse, sends pings, and comes again.
func (s *session) beat() {
	now := s.o.Clock.Now()
	if err := s.pulse.check(now, s.steps(), s.o.DeadAfter); err != nil {
		s.fail(err)
		return
	}
	number := s.pulse.next(now)
	for _, st := range s.lanes {
		st.queue.control(ping, number)
	}
	s.rearm(s.o.Clock.AfterFunc(s.o.PingInterval, s.beat))
}

func (s *session) steps() (steps [lanes]uint64) {
	for i, st := range s.lanes {
		steps[i] = st.ear.steps.Load()
	}
	return steps
}

// pingNumber reads the payload of a ping or its answer.
func pingNumber(payload []byte) (uint64, error) {
	if len(payload) != 8 {
		return 0, fmt.Errorf("a ping of %d bytes is none", len(payload))
	}
	return binary.BigEndian.Uint64(payload), nil
}
