package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// handshakeTimeout bounds what happens between a connection's beginning and its first frame.
const handshakeTimeout = 2 * time.Second

// connection is what frames travel on, and the TCP connection below it.
type connection struct {
	net.Conn
	raw net.Conn
}

// dial makes one attempt at a link, and returns nil if that failed or the other side was faster.
func (p *peer) dial() *session {
	ctx, giveUp := context.WithTimeout(p.links.ctx, handshakeTimeout)
	defer giveUp()
	at, attempt, ok := p.beginDial(giveUp)
	if !ok {
		return nil
	}
	s, err := p.establish(ctx, at, attempt)
	if err == nil && p.endDial(attempt, s) {
		return s
	}
	if s != nil {
		s.fail(errOvertaken)
	}
	if p.endDial(attempt, nil) {
		p.complain(at, err)
	}
	return nil
}

// beginDial takes the turn to dial, if there is nothing else under way.
func (p *peer) beginDial(giveUp func()) (at msg.Endpoint, attempt uint64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase != idle || !p.wanted || p.closing || p.at.Port == 0 {
		return at, 0, false
	}
	p.attempt++
	p.phase, p.giveUp = dialing, giveUp
	return p.at, p.attempt, true
}

// mayGreet reports whether the attempt is still wanted, and from then on has the lower node refuse the other's.
func (p *peer) mayGreet(attempt uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.attempt != attempt || p.phase != dialing {
		return false
	}
	p.phase, p.greetedAt = greeted, p.links.o.Clock.Now()
	return true
}

// endDial ends the attempt, with a session (nil: without), and reports whether it was still wanted.
func (p *peer) endDial(attempt uint64, s *session) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.attempt != attempt || p.phase != dialing && p.phase != greeted {
		return false
	}
	p.giveUp = nil
	p.phase, p.session = idle, s
	if s != nil {
		p.phase = standing
	}
	return true
}

var errOvertaken = errors.New("the other side was faster")

// establish dials both lanes, one after the other.
func (p *peer) establish(ctx context.Context, at msg.Endpoint, attempt uint64) (*session, error) {
	number := p.links.sessions.Add(1)
	var s *session
	for lane := range Lane(lanes) {
		c, err := connect(ctx, p.links.o.Dial, p.links.o.TLS, address(at))
		if err != nil {
			return s, err
		}
		if lane == Urgent && !p.mayGreet(attempt) {
			_ = c.raw.Close()
			return s, errOvertaken
		}
		g, err := p.greet(ctx, c, lane, number)
		if err != nil {
			_ = c.raw.Close()
			return s, err
		}
		if s == nil {
			s = newSession(p.links, g.Identity, number)
		} else if s.peer != g.Identity {
			_ = c.raw.Close()
			return s, errors.New("its two lanes lead to two processes")
		}
		s.attach(lane, c)
	}
	return s, nil
}

// greet says hello on a lane, and looks at who answers.
func (p *peer) greet(ctx context.Context, c connection, lane Lane, session uint64) (greeting, error) {
	defer context.AfterFunc(ctx, func() { _ = c.raw.Close() })()
	self := p.links.self()
	hi := greeting{Identity: self, To: p.node, Lane: lane, Session: session}
	if _, err := c.Write(appendGreeting(nil, hello, hi)); err != nil {
		return hi, err
	}
	_, g, err := readGreeting(c, welcome)
	switch {
	case err != nil:
		return g, err
	case g.Node != p.node:
		return g, fmt.Errorf("node %d answers there", g.Node)
	case g.Cluster != self.Cluster:
		return g, fmt.Errorf("it belongs to cluster %q, this node to %q", g.Cluster, self.Cluster)
	}
	return g, p.links.admit(g.Identity)
}

// complain logs why a link could not be made, once for each reason.
func (p *peer) complain(at msg.Endpoint, err error) {
	log := &p.links.o.Log
	var refused *refusedError
	if errors.As(err, &refused) && refused.Soon || p.links.ctx.Err() != nil {
		log.Debug().Int32("peer", p.node).AnErr("why", err).Msg("a link has to wait")
		return
	}
	if p.links.said.first(p.node, err.Error()) {
		log.Warn().Int32("peer", p.node).Str("at", address(at)).AnErr("why", err).Msg("no link to a peer; it is tried again")
	}
}

// connect opens a connection.
func connect(ctx context.Context, dial Dial, t *tls.Config, address string) (connection, error) {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	raw, err := dial(ctx, "tcp", address)
	if err != nil {
		return connection{}, err
	}
	if t == nil {
		return connection{raw, raw}, nil
	}
	if t.ServerName == "" && !t.InsecureSkipVerify {
		t = t.Clone()
		t.ServerName, _, _ = net.SplitHostPort(address)
	}
	secured := tls.Client(raw, t)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return connection{}, fmt.Errorf("TLS: %w", err)
	}
	return connection{secured, raw}, nil
}
