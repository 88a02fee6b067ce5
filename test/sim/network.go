package sim

import (
	"math/rand/v2"
	"time"

	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/partitions"
)

// Times of a link, as actors/link has them.
const (
	pingEvery = 100 * time.Millisecond
	deadAfter = time.Second
	dialEvery = 200 * time.Millisecond
)

// network is what lies between the nodes. Faults set its fields; each link is as actors/link promises: what is sent on a lane arrives
// in order or not at all, both ends learn of a break, and a silent link breaks.
type network struct {
	cluster *Cluster
	random  *rand.Rand
	pairs   []*pair
	// cut are the ways on which everything is lost.
	cut map[way]bool
	// loss is how many frames of a thousand are lost, as if a queue was full.
	loss int
	// tail is the mean of what delays have beyond their shortest.
	tail time.Duration
}

// way is from one node to another.
type way struct{ from, to msg.NodeID }

// pair is the link between two nodes, the lower id first.
type pair struct {
	ends [2]end
	// session numbers the connections that there were.
	session uint64
	// stalled is until when nothing arrives.
	stalled time.Duration
}

// end is one node's end of a link.
type end struct {
	node    *node
	up      bool
	session uint64
	heard   time.Duration // when anything last came
	echo    time.Time     // of the node's clock: when the last ping that was answered was sent
	last    [2]time.Duration
}

func newNetwork(c *Cluster) *network {
	n := &network{cluster: c, random: c.stream(streamNetwork), cut: map[way]bool{}, tail: 300 * time.Microsecond}
	for i, a := range c.nodes {
		for _, b := range c.nodes[i+1:] {
			p := &pair{}
			p.ends[0].node, p.ends[1].node = a, b
			n.pairs = append(n.pairs, p)
			n.dialLater(p)
		}
	}
	return n
}

// pairOf finds a link, and which end of it is from's; nil for one that there is not.
func (n *network) pairOf(from, to msg.NodeID) (*pair, int) {
	for _, p := range n.pairs {
		switch {
		case p.ends[0].node.id == from && p.ends[1].node.id == to:
			return p, 0
		case p.ends[1].node.id == from && p.ends[0].node.id == to:
			return p, 1
		}
	}
	return nil, 0
}

func (n *network) delay() time.Duration {
	d := 50*time.Microsecond + time.Duration(n.random.ExpFloat64()*float64(n.tail))
	if n.random.IntN(500) == 0 {
		d += time.Duration(n.random.IntN(50)) * time.Millisecond
	}
	return d
}

func (n *network) after(d time.Duration, f func()) { n.cluster.clock.AfterFunc(d, f) }

// open says that frames can go both ways.
func (n *network) open(p *pair) bool {
	a, b := &p.ends[0], &p.ends[1]
	return a.node.running() && b.node.running() && !n.cut[way{a.node.id, b.node.id}] && !n.cut[way{b.node.id, a.node.id}]
}

func (n *network) dialLater(p *pair) {
	n.after(time.Duration(20+n.random.IntN(int(dialEvery/time.Millisecond)))*time.Millisecond, func() { n.dial(p) })
}

// dial makes a new connection where there is none.
func (n *network) dial(p *pair) {
	n.dialLater(p)
	if p.ends[0].up && p.ends[1].up || !n.open(p) {
		return
	}
	for side := range p.ends {
		n.down(p, side)
	}
	p.session++
	for side := range p.ends {
		e, other := &p.ends[side], p.ends[1-side].node.id
		*e = end{node: e.node, up: true, session: p.session, heard: n.cluster.Now(), echo: e.node.now()}
		n.ping(p, side, e.session)
		e.node.life.do(func() { e.node.inside.Linked(other) })
	}
}

// down breaks one end. The other hears of it, unless the way there is cut.
func (n *network) down(p *pair, side int) {
	e := &p.ends[side]
	if !e.up {
		return
	}
	e.up, e.echo = false, time.Time{}
	self, other := e.node, p.ends[1-side].node
	n.cluster.trace.line(n.cluster.Now(), "node %d: the link to node %d is down", self.id, other.id)
	self.life.do(func() { self.inside.Unlinked(other.id) })
	n.reset(p, side)
}

// reset tells the other end that this one is gone.
func (n *network) reset(p *pair, side int) {
	session := p.ends[side].session
	if !n.cut[way{p.ends[side].node.id, p.ends[1-side].node.id}] {
		n.after(n.delay(), func() {
			if o := &p.ends[1-side]; o.up && o.session == session {
				n.down(p, 1-side)
			}
		})
	}
}

// lost takes the ends of a node whose process has ended. Its machine tells the others, if there still is one.
func (n *network) lost(of *node, power bool) {
	for _, p := range n.pairs {
		for side := range p.ends {
			if e := &p.ends[side]; e.node == of && e.up {
				e.up, e.echo = false, time.Time{}
				if !power {
					n.reset(p, side)
				}
			}
		}
	}
}

// ping looks after one end of a connection, until it is down.
func (n *network) ping(p *pair, side int, session uint64) {
	e := &p.ends[side]
	if !e.up || e.session != session {
		return
	}
	if e.node.running() {
		if n.cluster.Now()-e.heard > deadAfter {
			n.down(p, side)
			return
		}
		sent := e.node.now()
		n.carry(p, side, link.Urgent, func(other *end) {
			other.heard = n.cluster.Now()
			n.carry(p, 1-side, link.Urgent, func(*end) { e.heard, e.echo = n.cluster.Now(), sent })
		})
	}
	n.after(pingEvery, func() { n.ping(p, side, session) })
}

// carry has arrive called at the other end, when that is reached and still of the same connection.
func (n *network) carry(p *pair, side int, lane link.Lane, arrive func(at *end)) {
	e, other := &p.ends[side], &p.ends[1-side]
	if n.cut[way{e.node.id, other.node.id}] {
		return
	}
	session := e.session
	at := max(n.cluster.Now()+n.delay(), e.last[lane], p.stalled)
	e.last[lane] = at
	n.after(at-n.cluster.Now(), func() {
		if other.session == session && other.up && !n.cut[way{e.node.id, other.node.id}] {
			other.node.life.do(func() { arrive(other) })
		}
	})
}

// port is a process's end of all its links: what *link.Links is to the product.
type port struct {
	life     *life
	handlers map[link.Kind]func(from msg.NodeID, payload []byte)
}

var _ partitions.PeerLinks = (*port)(nil)

// Handle implements partitions.PeerLinks.
func (t *port) Handle(k link.Kind, f func(from msg.NodeID, payload []byte)) { t.handlers[k] = f }

// Send implements partitions.PeerLinks.
func (t *port) Send(to msg.NodeID, lane link.Lane, k link.Kind, payload ...[]byte) bool {
	n, self := t.life.node.cluster.network, t.life.node
	p, side := n.pairOf(self.id, to)
	if p == nil || t.life.dead || !p.ends[side].up {
		return false
	}
	var frame []byte
	for _, piece := range payload {
		frame = append(frame, piece...)
	}
	self.cluster.trace.event(self.cluster.Now(), 's', int64(self.id), int64(to), int64(k), int64(len(frame)))
	if n.loss > 0 && n.random.IntN(1000) < n.loss {
		return false
	}
	n.carry(p, side, lane, func(at *end) {
		at.heard = n.cluster.Now()
		if f := at.node.port.handlers[k]; f != nil {
			f(self.id, frame)
		}
	})
	return true
}

// Echo implements partitions.PeerLinks.
func (t *port) Echo(to msg.NodeID) time.Time {
	if p, side := t.life.node.cluster.network.pairOf(t.life.node.id, to); p != nil {
		return p.ends[side].echo
	}
	return time.Time{}
}

// actorPort is the port as the fabric has it.
type actorPort struct{ *port }

// Send implements fabric.Links.
func (t actorPort) Send(to msg.NodeID, payload ...[]byte) bool {
	return t.port.Send(to, link.Urgent, link.Actor, payload...)
}

// Handle implements fabric.Links.
func (t actorPort) Handle(f func(from msg.NodeID, payload []byte)) { t.port.Handle(link.Actor, f) }
