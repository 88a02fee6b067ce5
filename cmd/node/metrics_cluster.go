package node

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-e634fa49/troupe/actors/bus"
	"github.com/seed-e634fa49/troupe/actors/fabric"
	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// standing is how a node stands in its cluster, by its own image.
type standing struct {
	// decides: this node's controller is the cluster's.
	decides bool
	// nodes of the cluster, those that are fenced, and those that drain or leave.
	nodes, fenced, draining int
	// offset is of the last metadata record applied, lag how many committed ones are not applied yet.
	offset, lag int64
	// renewed is how long ago the controller has renewed this node's lease; 0 at the controller, which needs none.
	renewed time.Duration
}

var clusterFigures = figures[standing]{
	{describe("controller", "leads", "1 on the node whose controller decides for the cluster, 0 on the others."), gauge,
		func(s *standing) float64 { return indicator(s.decides) }},
	{describe("controller", "image_offset", "Offset of the last metadata record that this node has applied."), gauge,
		func(s *standing) float64 { return float64(s.offset) }},
	{describe("controller", "image_lag_records", "Committed metadata records that this node has not applied yet."), gauge,
		func(s *standing) float64 { return float64(s.lag) }},
	{describe("controller", "lease_age_seconds", "Time since the controller renewed this node's lease; 0 at the controller. A node is fenced after 6 s."), gauge,
		func(s *standing) float64 { return s.renewed.Seconds() }},
	{describe("cluster", "nodes", "Nodes that are registered."), gauge, func(s *standing) float64 { return float64(s.nodes) }},
	{describe("cluster", "nodes_fenced", "Nodes that have stopped or are not heard."), gauge, func(s *standing) float64 { return float64(s.fenced) }},
	{describe("cluster", "nodes_draining", "Nodes that are to lead nothing, or to leave."), gauge, func(s *standing) float64 { return float64(s.draining) }},
}

func (n *Node) standing() standing {
	image := n.image.Load()
	s := standing{nodes: len(image.Nodes()), offset: image.Offset()}
	for _, other := range image.Nodes() {
		if other.Fenced {
			s.fenced++
		}
		if other.Draining || other.Leaving {
			s.draining++
		}
	}
	if log, ok := n.host.Partition(metadataPartition); ok {
		state := log.View().State()
		s.decides = state.Role == msg.Leader && !state.Expired(n.o.Clock.Now())
		s.lag = max(0, state.HighWatermark-1-s.offset)
	}
	if at := n.renewed.Load(); at != nil && !s.decides {
		s.renewed = n.o.Clock.Now().Sub(*at)
	}
	return s
}

var busFigures = figures[bus.Stats]{
	{describe("bus", "routes", "Routes to the NATS servers of other nodes that are up."), gauge, func(s *bus.Stats) float64 { return float64(s.Routes) }},
	{describe("bus", "nodes_heard", "Nodes that are heard on the bus; requests to the others go over the links."), gauge,
		func(s *bus.Stats) float64 { return float64(s.Heard) }},
	{describe("bus", "dropped_total", "Messages lost because a subscriber fell behind."), counter, func(s *bus.Stats) float64 { return float64(s.Dropped) }},
}

var fabricFigures = figures[fabric.Stats]{
	{describe("fabric", "pending", "Requests to actors of other nodes that wait for their answers."), gauge,
		func(s *fabric.Stats) float64 { return float64(s.Pending) }},
	{describe("fabric", "pending_bytes", "Bytes of the requests that wait for answers of other nodes."), gauge,
		func(s *fabric.Stats) float64 { return float64(s.PendingBytes) }},
	{describe("fabric", "timeouts_total", "Requests to other nodes that were not answered in time."), counter,
		func(s *fabric.Stats) float64 { return float64(s.Late) }},
}

// linkFigures are shown of each other node. There are few.
var linkFigures = figures[link.PeerStatus]{
	{describe("link", "up", "1 while the link to a node stands, else 0.", "peer"), gauge,
		func(s *link.PeerStatus) float64 { return indicator(s.Up) }},
	{describe("link", "round_trip_seconds", "Time of the last ping that a node has answered.", "peer"), gauge,
		func(s *link.PeerStatus) float64 { return s.RoundTrip.Seconds() }},
	{describe("link", "lost_total", "How often the link to a node was lost.", "peer"), counter,
		func(s *link.PeerStatus) float64 { return float64(s.Lost) }},
}

var linkQueuedDesc = describe("link", "queued_bytes", "Bytes that wait to be sent to a node, by lane.", "peer", "lane")

// linkCollector shows the links to the other nodes.
type linkCollector struct{ n *Node }

// Describe implements prometheus.Collector.
func (linkCollector) Describe(to chan<- *prometheus.Desc) {
	linkFigures.describe(to)
	to <- linkQueuedDesc
}

// Collect implements prometheus.Collector.
func (c linkCollector) Collect(to chan<- prometheus.Metric) {
	if c.n.stage() < actorsRun {
		return
	}
	for _, p := range c.n.links.Peers() {
		peer := strconv.Itoa(int(p.Node))
		linkFigures.show(to, &p, peer)
		for lane, bytes := range p.Queued {
			to <- prometheus.MustNewConstMetric(linkQueuedDesc, gauge, float64(bytes), peer, link.Lane(lane).String())
		}
	}
}
