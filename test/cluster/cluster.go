package cluster

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Cluster is a cluster of real nodes. Its methods are for the test's goroutine.
type Cluster struct {
	t     testing.TB
	dir   string
	nodes []*Node
	wires *wires
	o     options
	// places are the addresses of the nodes that there may be.
	places []place
}

// place is where a node is, whether it was started yet or not.
type place struct {
	kafka, http, peer, routes string
	through                   map[string]string
}

type options struct {
	nodes, room int
	static      map[string]string
	racks       []string
	clocks      []time.Duration
	segment     int64
	log         string
}

// Option changes how a cluster is started.
type Option func(*options)

// Nodes is how many nodes found the cluster; 3 by default. They have the ids 1 to n.
func Nodes(n int) Option { return func(o *options) { o.nodes = n } }

// Room is how many nodes may be added; 2 by default.
func Room(n int) Option { return func(o *options) { o.room = n } }

// Set gives every node a broker config, by Kafka's name.
func Set(name, value string) Option { return func(o *options) { o.static[name] = value } }

// Racks says in which rack each node stands, the first one first.
func Racks(racks ...string) Option { return func(o *options) { o.racks = racks } }

// Clocks says by how much each node's clock is ahead, the first one's first.
func Clocks(ahead ...time.Duration) Option { return func(o *options) { o.clocks = ahead } }

// SegmentBytes is the size of the files that logs consist of.
func SegmentBytes(n int64) Option { return func(o *options) { o.segment = n } }

// LogLevel is how much the nodes log: debug, info, warn; info by default. What they said is shown when the test fails.
func LogLevel(level string) Option { return func(o *options) { o.log = level } }

// Start starts a cluster and waits until all its nodes serve. It is taken down at the end of the test.
func Start(t testing.TB, opts ...Option) *Cluster {
	t.Helper()
	o := options{nodes: 3, room: 2, static: map[string]string{}, log: "info"}
	for _, opt := range opts {
		opt(&o)
	}
	c := &Cluster{t: t, dir: t.TempDir(), wires: newWires(), o: o}
	t.Cleanup(c.end)
	c.findPlaces()
	for range o.nodes {
		c.launch(c.seeds())
	}
	for _, n := range c.nodes {
		if err := n.awaitReady(); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *Cluster) findPlaces() {
	c.t.Helper()
	all := c.o.nodes + c.o.room
	free := freeAddresses(c.t, 4*all)
	for i := range all {
		c.places = append(c.places, place{free[4*i], free[4*i+1], free[4*i+2], free[4*i+3], map[string]string{}})
	}
	for i := range c.places {
		for j := range c.places {
			if i != j {
				for _, address := range []string{c.places[j].peer, c.places[j].routes} {
					c.places[i].through[address] = c.wires.lay(c.t, idOf(i), idOf(j), address)
				}
			}
		}
	}
}

func idOf(index int) msg.NodeID { return msg.NodeID(index + 1) }

// seeds are the peer addresses of the founders.
func (c *Cluster) seeds() []string {
	var all []string
	for _, p := range c.places[:c.o.nodes] {
		all = append(all, p.peer)
	}
	return all
}

// launch starts the next node, and does not wait for it.
func (c *Cluster) launch(seeds []string) *Node {
	c.t.Helper()
	i := len(c.nodes)
	p := c.places[i]
	n := &Node{ID: idOf(i), Kafka: p.kafka, HTTP: p.http, Peer: p.peer, Dir: filepath.Join(c.dir, fmt.Sprint("node", idOf(i))), t: c.t}
	n.spec = childSpec{
		ID: n.ID, Dir: n.Dir, Kafka: p.kafka, HTTP: p.http, Peer: p.peer, Routes: p.routes, Seeds: seeds, Through: p.through,
		Static: maps.Clone(c.o.static), Log: c.o.log,
		SegmentBytes: c.o.segment,
	}
	if i < len(c.o.racks) {
		n.spec.Rack = c.o.racks[i]
	}
	if i < len(c.o.clocks) {
		n.spec.Ahead = c.o.clocks[i]
	}
	if err := n.openLog(c.dir); err != nil {
		c.t.Fatal(err)
	}
	c.nodes = append(c.nodes, n)
	if err := n.launch(); err != nil {
		c.t.Fatal(err)
	}
	return n
}

// Add starts one more node, which joins the cluster, and waits until it serves.
func (c *Cluster) Add() *Node {
	c.t.Helper()
	if len(c.nodes) == len(c.places) {
		c.t.Fatalf("the cluster has room for %d nodes: start it with more Room", len(c.places))
	}
	n := c.launch(c.seeds())
	if err := n.awaitReady(); err != nil {
		c.t.Fatal(err)
	}
	return n
}

// Node is the node with an id, from 1.
func (c *Cluster) Node(id msg.NodeID) *Node { return c.nodes[id-1] }

// All lists the nodes by id.
func (c *Cluster) All() []*Node { return slices.Clone(c.nodes) }

// Bootstrap is where clients connect first: every node.
func (c *Cluster) Bootstrap() []string {
	var all []string
	for _, n := range c.nodes {
		all = append(all, n.Kafka)
	}
	return all
}

// Cut loses everything between two nodes, both ways, until Heal.
func (c *Cluster) Cut(a, b msg.NodeID) {
	c.CutOneWay(a, b)
	c.CutOneWay(b, a)
}

// CutOneWay loses what one node sends to another, until Heal.
func (c *Cluster) CutOneWay(from, to msg.NodeID) {
	c.wires.change(func() { c.wires.cut[way{from, to}] = true })
}

// Isolate cuts a node off from all others. Clients still reach it.
func (c *Cluster) Isolate(id msg.NodeID) {
	for _, n := range c.nodes {
		if n.ID != id {
			c.Cut(id, n.ID)
		}
	}
}

// HalfOpen lets what flows between two nodes now vanish for good, as behind a firewall that has forgotten the connections, while
// neither side is told. New connections are accepted, and then there is silence, too, until Heal; only those made after it work.
func (c *Cluster) HalfOpen(a, b msg.NodeID) {
	c.wires.change(func() { c.wires.silent[way{a, b}], c.wires.silent[way{b, a}] = true, true })
}

// Drop breaks all connections between two nodes, at once and both ways. They may be made again.
func (c *Cluster) Drop(a, b msg.NodeID) {
	c.wires.drop(way{a, b})
	c.wires.drop(way{b, a})
}

// Delay makes everything from one node to another arrive that much later, and up to jitter more, until Heal.
func (c *Cluster) Delay(from, to msg.NodeID, by, jitter time.Duration) {
	c.wires.change(func() { c.wires.delay[way{from, to}] = delay{by, jitter} })
}

// Heal mends all cuts, half-open links and delays.
func (c *Cluster) Heal() {
	c.wires.change(func() {
		clear(c.wires.cut)
		clear(c.wires.silent)
		clear(c.wires.delay)
	})
}

// KillAll kills every node at once.
func (c *Cluster) KillAll() {
	for _, n := range c.nodes {
		if n.Up() {
			n.cmd.Process.Kill()
		}
	}
	for _, n := range c.nodes {
		n.Kill()
	}
}

// StartAll starts every node that is down, all at the same time, and waits until they serve.
func (c *Cluster) StartAll() {
	c.t.Helper()
	var started []*Node
	for _, n := range c.nodes {
		if n.Up() {
			continue
		}
		if err := n.launch(); err != nil {
			c.t.Fatal(err)
		}
		started = append(started, n)
	}
	for _, n := range started {
		if err := n.awaitReady(); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *Cluster) end() {
	for _, n := range c.nodes {
		n.end()
	}
	c.wires.takeDown()
}

// Ports below those that the system gives to outgoing connections, which could take one while its node is down.
const (
	lowestPort  = 15_000
	highestPort = 32_000
)

// freeAddresses finds ports on loopback that nobody uses now.
func freeAddresses(t testing.TB, n int) []string {
	t.Helper()
	var all []string
	for tries := 0; len(all) < n; tries++ {
		if tries > 100*n {
			t.Fatalf("no %d free ports between %d and %d", n, lowestPort, highestPort)
		}
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		defer l.Close()
		all = append(all, l.Addr().String())
	}
	return all
}
