package sim

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/partitions"
)

// node is a machine: a disk, and the process that runs on it.
type node struct {
	cluster *Cluster
	id      msg.NodeID
	disk    *disk
	// starts counts the processes.
	starts int

	// The process, dead or alive.
	*process
}

// process is what a start makes, and an end loses.
type process struct {
	life  *life
	clock nodeClock
	port  *port
	host  *partitions.Host
	peers *partitions.Peers
}

func (n *node) running() bool  { return !n.life.dead && !n.life.paused }
func (n *node) now() time.Time { return n.clock.Now() }

// start starts a process over what is on the disk.
func (n *node) start() {
	c := n.cluster
	n.starts++
	life := &life{node: n}
	p := &process{life: life, port: &port{life: life, handlers: map[link.Kind]func(msg.NodeID, []byte){}}}
	p.clock = nodeClock{life, time.Duration(c.random.IntN(1+int(c.knobs.skew))) - c.knobs.skew/2, c.knobs.drift * (c.random.Float64()*2 - 1)}
	n.process, n.disk.life = p, life
	log := c.log.With().Int32("node", n.id).Logger()
	system := actors.NewSystem(actors.Options{Node: n.id, Clock: p.clock, Log: log, Dispatcher: life})
	p.peers = partitions.NewPeersBehind(p.port, func() *partitions.Host { return p.host }, life.Schedule)
	p.host = partitions.NewHostOver(partitions.HostOptions{
		System: system, Node: n.id, Log: log, Transport: p.peers, RetentionInterval: 30 * time.Second,
	}, n.disk)
	for _, t := range c.topics {
		n.place(t, log)
	}
}

// place starts a topic's partitions that are placed here.
func (n *node) place(t *topic, log zerolog.Logger) {
	for _, s := range t.specs {
		for _, v := range s.Voters {
			if v.Node != n.id {
				continue
			}
			s.Self = v.RaftID
			if err := n.host.Start(s); err != nil {
				log.Error().Err(err).Msg("starting a partition")
			}
		}
	}
}

// end ends the process.
func (n *node) end(power bool) {
	n.life.end()
	n.cluster.network.lost(n, power)
	n.disk.crash(power)
	n.cluster.forget(n)
}

// linked and unlinked tell the process of its links.
func (n *node) linked(other msg.NodeID)   { n.host.PeerUp(other) }
func (n *node) unlinked(other msg.NodeID) { n.host.PeerDown(other) }
