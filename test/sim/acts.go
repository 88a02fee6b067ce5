package sim

import (
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func (c *Cluster) node(id int) *node { return c.nodes[id-1] }

// Kill ends a node's process at once. What it wrote stays in the page cache.
func (c *Cluster) Kill(id int) { c.end(id, false) }

// PowerLoss ends a node's process, and loses what was not synced, or keeps a part of it. The others are not told.
func (c *Cluster) PowerLoss(id int) { c.end(id, true) }

func (c *Cluster) end(id int, power bool) {
	n := c.node(id)
	if n.life.dead {
		return
	}
	c.trace.line(c.Now(), "node %d: %s", id, map[bool]string{false: "killed", true: "loses power"}[power])
	n.end(power)
}

// Restart starts a node's process again, after killing the one that may run.
func (c *Cluster) Restart(id int) {
	c.Kill(id)
	c.trace.line(c.Now(), "node %d: started", id)
	c.node(id).start()
}

// Pause stops a node's process for a while, as SIGSTOP does: its connections stay, and its clock goes on.
func (c *Cluster) Pause(id int, d time.Duration) {
	n := c.node(id)
	if !n.running() {
		return
	}
	c.trace.line(c.Now(), "node %d: pauses for %v", id, d)
	life := n.life
	life.paused = true
	c.clock.AfterFunc(d, func() { c.resume(n, life) })
}

func (c *Cluster) resume(n *node, l *life) {
	if l.paused && !l.dead {
		c.trace.line(c.Now(), "node %d: goes on", n.id)
		l.resume()
	}
}

// Cut loses everything between two nodes, both ways.
func (c *Cluster) Cut(a, b int) {
	c.CutOneWay(a, b)
	c.CutOneWay(b, a)
}

// CutOneWay loses everything that one node sends to another.
func (c *Cluster) CutOneWay(from, to int) {
	if from == to {
		return
	}
	c.trace.line(c.Now(), "node %d can't reach node %d", from, to)
	c.network.cut[way{msg.NodeID(from), msg.NodeID(to)}] = true
}

// Isolate cuts a node off from all others.
func (c *Cluster) Isolate(id int) {
	for _, n := range c.nodes {
		c.Cut(id, int(n.id))
	}
}

// Stall lets nothing arrive between two nodes for a while; then everything does.
func (c *Cluster) Stall(a, b int, d time.Duration) {
	if p, _ := c.network.pairOf(msg.NodeID(a), msg.NodeID(b)); p != nil {
		c.trace.line(c.Now(), "the link of nodes %d and %d stalls for %v", a, b, d)
		p.stalled = c.Now() + d
	}
}

// Break breaks the connection between two nodes; they make another.
func (c *Cluster) Break(a, b int) {
	if p, side := c.network.pairOf(msg.NodeID(a), msg.NodeID(b)); p != nil {
		c.network.down(p, side)
	}
}

// SlowDisk adds to each sync of a node's disk, 0 for nothing any more.
func (c *Cluster) SlowDisk(id int, by time.Duration) {
	c.trace.line(c.Now(), "node %d: syncs take %v longer", id, by)
	c.node(id).disk.slow = by
}

// Weather sets how many frames of a thousand are lost, and the mean of what delays have beyond their shortest.
func (c *Cluster) Weather(loss int, tail time.Duration) {
	c.trace.line(c.Now(), "links lose %d of a thousand frames, and take %v longer", loss, tail)
	c.network.loss, c.network.tail = loss, tail
}

// Heal ends all that is wrong: cuts, stalls, slow disks, pauses. Nodes that are down are started.
func (c *Cluster) Heal() {
	clear(c.network.cut)
	c.Weather(0, 300*time.Microsecond)
	for _, p := range c.network.pairs {
		p.stalled = 0
	}
	for _, n := range c.nodes {
		c.resume(n, n.life)
		n.disk.slow = 0
		if n.life.dead {
			c.Restart(int(n.id))
		}
	}
}
