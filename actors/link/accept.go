package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

const (
	// mostStrangers is how many connections may be between their beginning and the end of their handshake, or be asking.
	mostStrangers = 256
	// askTimeout bounds a question, from the connection to the reply.
	askTimeout = 30 * time.Second
)

// Serve takes connections until Close, or until the listener fails.
func (l *Links) Serve(on net.Listener) error {
	defer context.AfterFunc(l.ctx, func() { _ = on.Close() })()
	for {
		raw, err := on.Accept()
		switch {
		case l.ctx.Err() != nil:
			if err == nil {
				_ = raw.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("taking links at %s: %w", on.Addr(), err)
		case err != nil:
			// Out of descriptors, most likely: others will be given back.
			l.o.Log.Error().Err(err).Msg("a connection of a peer could not be taken")
			l.pause(100 * time.Millisecond)
			continue
		}
		l.take(raw)
	}
}

// take starts the handshake of a connection, if there are not too many under way.
func (l *Links) take(raw net.Conn) {
	select {
	case l.strangers <- struct{}{}:
	default:
		_ = raw.Close()
		return
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.ctx.Err() != nil {
		_ = raw.Close()
		return
	}
	l.running.Go(func() {
		defer func() { <-l.strangers }()
		l.meet(raw)
	})
}

// meet finds out what a connection is for.
func (l *Links) meet(raw net.Conn) {
	ctx, cancel := context.WithTimeout(l.ctx, handshakeTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	c := connection{raw, raw}
	if l.o.TLS != nil {
		secured := tls.Server(raw, l.o.TLS)
		if err := secured.HandshakeContext(ctx); err != nil {
			l.o.Log.Debug().Err(err).Stringer("from", raw.RemoteAddr()).Msg("a TLS handshake failed")
			_ = raw.Close()
			return
		}
		c.Conn = secured
	}
	what, g, err := readGreeting(c, hello, asks)
	if !stop() {
		return
	}
	switch {
	case err != nil:
		l.refuse(c, g, err)
	case what == asks:
		l.reply(c, g)
	default:
		l.link(c, g)
	}
}

// link makes a connection one of the lanes of a link.
func (l *Links) link(c connection, g greeting) {
	p, err := l.check(&g)
	if err != nil {
		l.refuse(c, g, err)
		return
	}
	defer p.release()
	var s *session
	if g.Lane == Urgent {
		fresh := newSession(l, g.Identity, g.Session)
		fresh.attach(Urgent, c)
		err = p.takeUrgent(&g, fresh)
	} else {
		s, err = p.takeBulk(&g, c)
	}
	if err != nil {
		l.refuse(c, g, err)
		return
	}
	_ = c.raw.SetWriteDeadline(l.o.Clock.Now().Add(handshakeTimeout))
	_, err = c.Write(appendGreeting(nil, welcome, greeting{Identity: l.self(), To: g.Node, Lane: g.Lane, Session: g.Session}))
	_ = c.raw.SetWriteDeadline(time.Time{})
	if s == nil {
		return // an urgent lane that could not be welcomed is not followed by a bulk lane
	}
	if err != nil {
		s.fail(fmt.Errorf("welcoming it: %w", err))
	}
	p.accepted <- s
}

// check holds a hello against who this node is, and finds the peer.
func (l *Links) check(g *greeting) (*peer, error) {
	self := l.self()
	switch {
	case g.Node == self.Node && g.Incarnation == self.Incarnation:
		return nil, errors.New("this node was dialed by itself: a peer's address leads back here")
	case g.Node == self.Node:
		return nil, fmt.Errorf("this is node %d, too: the same node id was started twice", self.Node)
	case g.To != self.Node:
		return nil, fmt.Errorf("this is node %d, not %d", self.Node, g.To)
	case self.Cluster == "":
		return nil, notNow("this node does not belong to a cluster yet")
	case g.Cluster != self.Cluster:
		return nil, fmt.Errorf("this node belongs to cluster %q, not to %q", self.Cluster, g.Cluster)
	}
	if err := l.admit(g.Identity); err != nil {
		return nil, err
	}
	return l.peer(g.Node)
}

func (l *Links) admit(id Identity) error {
	if l.o.Admit == nil {
		return nil
	}
	return l.o.Admit(id)
}

// refuse tells the other side why, and closes the connection.
func (l *Links) refuse(c connection, g greeting, why error) {
	defer func() { _ = c.raw.Close() }()
	defer context.AfterFunc(l.ctx, func() { _ = c.raw.Close() })()
	var soon notNow
	no := greeting{Identity: l.self(), To: g.Node, Lane: g.Lane, Session: g.Session, Refused: why.Error(), Soon: errors.As(why, &soon)}
	_ = c.raw.SetWriteDeadline(l.o.Clock.Now().Add(handshakeTimeout))
	if _, err := c.Write(appendGreeting(nil, refusal, no)); err == nil {
		l.linger(c)
	}
	// A connection that is closed without a word was a probe.
	if !no.Soon && !errors.Is(why, io.EOF) && l.said.first(g.Node, why.Error()) {
		l.o.Log.Warn().Int32("peer", g.Node).Stringer("from", c.raw.RemoteAddr()).AnErr("why", why).Msg("a peer is refused")
	}
}

// mostLingering is how much is read of what was said to a node that is refused.
const mostLingering = 1 << 20

// linger reads until the other side closes: to close with something unread would take the refusal back.
func (l *Links) linger(c connection) {
	_ = c.raw.SetReadDeadline(l.o.Clock.Now().Add(handshakeTimeout))
	_, _ = io.CopyN(io.Discard, c.raw, mostLingering)
}
