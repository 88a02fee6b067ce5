package controller

import (
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// leases is what the leader remembers of each node's life, in memory only: another leader begins with a full session for
// everybody. What follows from it for the cluster goes through the log.
type leases struct {
	session time.Duration
	// begun is when this node began to lead, or to run again: nobody is held to have been silent before that.
	begun time.Time
	// looked is when leases were last looked at.
	looked time.Time
	nodes  map[msg.NodeID]*lease
}

// lease is one node's.
type lease struct {
	// heard is when the node was last heard; its zero value, that it was not yet.
	heard time.Time
	load  Load
	// gone is the incarnation that has said that it stops: what is still heard of it counts for nothing.
	gone string
}

func newLeases(session time.Duration, now time.Time) leases {
	return leases{session: session, begun: now, looked: now, nodes: map[msg.NodeID]*lease{}}
}

func (l *leases) of(node msg.NodeID) *lease {
	if l.nodes[node] == nil {
		l.nodes[node] = &lease{}
	}
	return l.nodes[node]
}

// hear renews the lease of a node's incarnation.
func (l *leases) hear(node msg.NodeID, incarnation string, now time.Time) {
	if own := l.of(node); own.gone != incarnation {
		own.heard = now
	}
}

// stop ends the lease of an incarnation at once.
func (l *leases) stop(node msg.NodeID, incarnation string) {
	own := l.of(node)
	own.gone, own.heard = incarnation, time.Time{}
}

// silent is for how long a node was not heard; since this node began to lead, if it was not heard at all.
func (l *leases) silent(node msg.NodeID, now time.Time) time.Duration {
	since := l.begun
	if own, ok := l.nodes[node]; ok && own.heard.After(since) {
		since = own.heard
	}
	return now.Sub(since)
}

// fresh reports that a node was heard within its session.
func (l *leases) fresh(node msg.NodeID, now time.Time) bool {
	own, ok := l.nodes[node]
	return ok && !own.heard.IsZero() && now.Sub(own.heard) < l.session
}

// load is what a node carries, as it last said.
func (l *leases) load(node msg.NodeID) Load {
	if own, ok := l.nodes[node]; ok {
		return own.load
	}
	return Load{}
}

// resume gives everybody a full session again after a time in which this node did not run, or could not decide: it has heard
// nobody then.
func (l *leases) resume(now time.Time) {
	if now.Sub(l.looked) > l.session/2 {
		l.begun = now
	}
	l.looked = now
}

// fence makes entries of the leases that have run out, and of the nodes that are heard again. This node is alive as long as
// it leads and does not stop.
func (c *core) fence(r *round) {
	c.leases.resume(c.now)
	for _, n := range r.image().Nodes() {
		if n.ID == c.node.ID && !c.stopping {
			c.leases.hear(n.ID, n.Incarnation, c.now)
		}
		switch {
		case n.Fenced && c.leases.fresh(n.ID, c.now):
			r.must(metadata.NodeUnfenced{Node: n.ID})
		case !n.Fenced && c.leases.silent(n.ID, c.now) >= c.settings.SessionTimeout:
			r.must(metadata.NodeFenced{Node: n.ID})
		}
	}
}

// heartbeat answers Heartbeat at once: nothing of it goes through the log but what fence makes of it. A node that stops is
// fenced in the next round, and answered then.
func (c *core) heartbeat(q *msg.Heartbeat) {
	known, ok := c.image.Node(q.Node)
	switch {
	case !c.leads:
		c.answer(q, c.notController())
	case q.Stopping:
		c.leases.stop(q.Node, q.Incarnation)
		c.wait(q)
	case !c.caughtUp:
		// The image may lack what the node was told of by an earlier leader.
		c.leases.hear(q.Node, q.Incarnation, c.now)
		c.answer(q, nil)
	case !ok:
		c.answer(q, notRegistered(q.Node))
	case known.Incarnation != q.Incarnation:
		c.answer(q, staleIncarnation(q.Node))
	default:
		c.leases.hear(q.Node, q.Incarnation, c.now)
		c.leases.of(q.Node).load = Load{DiskBytes: q.DiskBytes, Led: q.Led}
		c.answer(q, nil)
	}
}

// stopNode decides a Heartbeat that says that its node stops.
func (r *round) stopNode(q *msg.Heartbeat) {
	n, ok := r.image().Node(q.Node)
	if ok && n.Incarnation == q.Incarnation && !n.Fenced {
		r.must(metadata.NodeFenced{Node: q.Node})
	}
}
