package link

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// phase is where a peer's link stands. Only one attempt at a link is under way at a time, whoever began it.
type phase uint8

const (
	// idle: nothing is under way.
	idle phase = iota
	// dialing: this node connects, and has said nothing yet.
	dialing
	// greeted: this node has said hello, so the other may already think that the link stands.
	greeted
	// half: the other node has dialed the urgent lane; the bulk lane has to follow.
	half
	// standing: both lanes stand, or the link is being taken down.
	standing
)

// peer is another node, and the one goroutine that looks after the link to it.
type peer struct {
	links *Links
	node  msg.NodeID
	// live is the session to send on, nil while there is none.
	live atomic.Pointer[session]
	// accepted hands over sessions that the other side has dialed; nudge says that something has changed.
	accepted chan *session
	nudge    chan struct{}

	mu sync.Mutex
	// wanted: Connect was called, at says where. The link of a peer that is not wanted is not dialed, and it is forgotten when
	// it is down.
	wanted bool
	at     msg.Endpoint
	// callers are about to use the peer, which is not forgotten meanwhile. closing: nothing begins any more.
	callers int
	closing bool
	phase   phase
	// session is the one of phase half and standing.
	session *session
	// giveUp ends the attempt of phases dialing and greeted; attempt counts them. greetedAt is when phase greeted began.
	giveUp    func()
	attempt   uint64
	greetedAt time.Time
	// seen is the last session that the incarnation has dialed: one before it comes late.
	incarnation string
	seen        uint64
	// since is when the link came up or went down; lost is how often it went down.
	since time.Time
	lost  uint64
}

var (
	errReplaced = errors.New("the node was started again")
	errHalf     = errors.New("the other side has not dialed the bulk lane")
)

// notNow is a refusal that is a matter of a moment.
type notNow string

func (e notNow) Error() string { return string(e) }

// crossing is how long the lower node's own hello comes before the other's. After that it is not likely to be answered at all.
const crossing = 250 * time.Millisecond

// takeUrgent begins a session that the other side dials, or says why not. The lower node refuses if it has just said hello itself, the
// higher one then gives up its own attempt: so of two hellos that cross, the lower node's stands, and there is never a second link.
func (p *peer) takeUrgent(g *greeting, s *session) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closing:
		return notNow("the node is stopping")
	case g.Incarnation == p.incarnation && g.Session <= p.seen:
		return notNow("this attempt comes late: a newer one is known")
	case p.phase == standing:
		return p.takeOver(g)
	case p.phase == greeted && p.links.o.Self.Node < p.node && p.links.o.Clock.Now().Sub(p.greetedAt) < crossing:
		return notNow("this node is dialing, too")
	}
	p.abandon()
	p.incarnation, p.seen = g.Incarnation, g.Session
	p.phase, p.session = half, s
	s.rearm(p.links.o.Clock.AfterFunc(handshakeTimeout, func() { p.expire(s) }))
	return nil
}

// takeOver decides about a hello from a node to which a link stands.
func (p *peer) takeOver(g *greeting) error {
	old := p.session.peer
	switch {
	case old.Directory != g.Directory:
		return errors.New("a link to a node of this id stands, and that one has another data directory: was the same node id started twice?")
	case old.Incarnation != g.Incarnation:
		// Its directory can be open only once, so the process that the link led to is gone.
		p.session.fail(errReplaced)
		return notNow("the link to the process before is being taken down")
	}
	return notNow("a link stands")
}

// abandon ends what is under way. Under mu.
func (p *peer) abandon() {
	if p.giveUp != nil {
		p.giveUp()
		p.giveUp = nil
	}
	if p.phase == half {
		p.session.fail(errHalf)
	}
	p.phase, p.session = idle, nil
}

// takeBulk completes a session that the other side dials.
func (p *peer) takeBulk(g *greeting, c connection) (*session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.session
	if p.phase != half || s.number != g.Session || s.peer.Incarnation != g.Incarnation {
		return nil, notNow("no urgent lane waits for this bulk lane")
	}
	s.attach(Bulk, c)
	p.phase = standing
	return s, nil
}

// expire ends a session whose bulk lane did not come.
func (p *peer) expire(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase == half && p.session == s {
		p.abandon()
		p.stir()
	}
}

func (p *peer) stir() {
	select {
	case p.nudge <- struct{}{}:
	default:
	}
}

// keep looks after the link until nobody wants it.
func (p *peer) keep() {
	b := p.newBackoff()
	for {
		s := p.next(b)
		switch {
		case s != nil:
			p.life(s)
			b = p.newBackoff()
		case p.links.forget(p):
			return
		}
	}
}

// next waits for a session: one that the other side has dialed, or this one. nil: the peer may be forgotten.
func (p *peer) next(b *backoff) *session {
	for {
		if p.idleUnwanted() {
			return nil
		}
		due, stop := p.links.after(b.wait())
		select {
		case s := <-p.accepted:
			stop()
			return s
		case <-p.links.ctx.Done():
			stop()
			return nil
		case <-p.nudge:
			stop()
		case <-due:
			if s := p.dial(); s != nil {
				return s
			}
			b.grow()
		}
	}
}

func (p *peer) idleUnwanted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closing || !p.wanted && p.phase == idle && p.callers == 0
}

// release is called by who was given the peer.
func (p *peer) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.callers--; p.callers == 0 && !p.wanted {
		p.stir()
	}
}

// life is one life of the link, from Up to Down and to the end of its readers and writers.
func (p *peer) life(s *session) {
	if !s.failed() {
		p.up(s)
		<-s.done
		p.down(s)
		s.running.Wait()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase, p.session = idle, nil
}

func (p *peer) up(s *session) {
	o := &p.links.o
	p.mark(false)
	p.live.Store(s)
	o.Log.Debug().Int32("peer", p.node).Str("incarnation", s.peer.Incarnation).Msg("link up")
	p.links.said.forget(p.node)
	if o.Up != nil {
		o.Up(s.peer)
	}
	s.start()
}

func (p *peer) down(s *session) {
	o := &p.links.o
	p.live.Store(nil)
	p.mark(true)
	if p.links.ctx.Err() != nil {
		return
	}
	o.Log.Debug().Int32("peer", p.node).AnErr("why", s.err).Msg("link down")
	if o.Down != nil {
		o.Down(p.node, s.err)
	}
}

func (p *peer) mark(lost bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since = p.links.o.Clock.Now()
	if lost {
		p.lost++
	}
}

// want has the peer dialed at an address.
func (p *peer) want(at msg.Endpoint) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted, p.at = true, at
	p.stir()
}

// leave ends the link, or the attempt at one. closing: for ever.
func (p *peer) leave(why error, closing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted, p.closing = false, p.closing || closing
	if p.phase == standing {
		p.session.fail(why)
	} else {
		p.abandon()
	}
	p.stir()
}

func (p *peer) status() PeerStatus {
	p.mu.Lock()
	st := PeerStatus{Node: p.node, Since: p.since, Lost: p.lost}
	p.mu.Unlock()
	if s := p.live.Load(); s != nil {
		st.Up = true
		_, st.RoundTrip = s.pulse.latest()
		for l, lane := range s.lanes {
			st.Queued[l] = lane.queue.waiting()
		}
	}
	return st
}
