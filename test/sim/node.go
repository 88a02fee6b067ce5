package sim

import (
	"fmt"
	"time"

	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
	inside "github.com/seed-e634fa49/troupe/cmd/node"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
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
	life   *life
	clock  nodeClock
	port   *port
	inside *inside.Inside
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
	var err error
	p.inside, err = inside.NewInside(inside.Options{
		ID: n.id, Clock: p.clock, Dispatcher: life, Log: c.log, Random: n.disk.bytes,
	}, inside.Surroundings{
		Cluster: "simulated", Secret: "secret", Directory: n.directory(), Incarnation: fmt.Sprint("start ", n.starts, " of node ", n.id),
		RaftID: uint64(n.id), Founders: c.founders(), Store: n.disk, Actors: actorPort{p.port},
		Transport: func(host func() *partitions.Host) partitions.Transport {
			return partitions.NewPeersBehind(p.port, host, life.Schedule)
		},
		Announce: func(to msg.NodeID, frame []byte) bool { return p.port.Send(to, link.Urgent, link.Leaders, frame) },
	})
	if err != nil {
		c.violated("start", "node %d did not start: %v", n.id, err)
		return
	}
	p.port.Handle(link.Leaders, p.inside.Hear)
}

func (n *node) directory() string { return fmt.Sprint("directory ", n.id) }

// founders are the first voters of the metadata log: all nodes.
func (c *Cluster) founders() (all []metadata.Replica) {
	for _, n := range c.nodes {
		all = append(all, metadata.Replica{Node: n.id, Directory: n.directory(), RaftID: uint64(n.id)})
	}
	return all
}

// partition finds the node's replica of a partition.
func (n *node) partition(id msg.TopicPartition) (msg.Partition, bool) {
	return n.inside.Host().Partition(id)
}

// end ends the process.
func (n *node) end(power bool) {
	n.life.end()
	n.cluster.network.lost(n, power)
	n.disk.crash(power)
	n.cluster.forget(n)
}
