package node

import (
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
	"github.com/seed-e634fa49/troupe/partitions"
)

// lagging is how long a follower may not have been caught up before it is counted as one that lags. Kafka takes it for out of sync
// after 30 s (replica.lag.time.max.ms); this is to be seen before.
const lagging = 5 * time.Second

// partitionSums adds up the partitions. Single ones are not shown, as a node may hold ten thousand; `troupe partition describe`
// tells of one.
type partitionSums struct {
	health
	partitions.Stats
	// underReplicated, underMinISR, lagging, lag and lagRecords are of what this node leads: the leader alone knows how the others stand.
	underReplicated, underMinISR int
	// lagging are the followers that lag, lag is the longest time that one was not caught up, lagRecords the most that one misses.
	lagging    int
	lag        time.Duration
	lagRecords int64
	// offline have no leader that this node knows of, moving are to have other replicas; all of the cluster's.
	offline, moving int
	// fetching are the transfers of files to this node.
	fetching int
}

var partitionFigures = figures[partitionSums]{
	{describe("partitions", "hosted", "Partitions that live on this node."), gauge, func(s *partitionSums) float64 { return float64(s.hosted) }},
	{describe("partitions", "led", "Partitions that this node leads."), gauge, func(s *partitionSums) float64 { return float64(s.led) }},
	{describe("partitions", "failed", "Partitions on this node that can't be served."), gauge, func(s *partitionSums) float64 { return float64(s.failed) }},
	{describe("partitions", "log_bytes", "Size of the logs' files, all partitions together."), gauge, func(s *partitionSums) float64 { return float64(s.size) }},
	{describe("partitions", "under_replicated", "Partitions led here with replicas that are not in sync."), gauge,
		func(s *partitionSums) float64 { return float64(s.underReplicated) }},
	{describe("partitions", "under_min_isr", "Partitions led here with fewer replicas in sync than min.insync.replicas: acks=all is refused."), gauge,
		func(s *partitionSums) float64 { return float64(s.underMinISR) }},
	{describe("partitions", "offline", "Partitions of the cluster of which this node knows no leader."), gauge,
		func(s *partitionSums) float64 { return float64(s.offline) }},
	{describe("partitions", "moving", "Partitions of the cluster that are on their way to other replicas."), gauge,
		func(s *partitionSums) float64 { return float64(s.moving) }},
	{describe("partitions", "elections_total", "Leader epochs that replicas here have seen begin."), counter,
		func(s *partitionSums) float64 { return float64(s.Elections) }},
	{describe("partitions", "leaderships_taken_total", "How often this node has become the leader of a partition."), counter,
		func(s *partitionSums) float64 { return float64(s.Taken) }},
	{describe("replicas", "lagging", "Followers of what is led here that were not caught up for 5 s."), gauge,
		func(s *partitionSums) float64 { return float64(s.lagging) }},
	{describe("replicas", "lag_seconds", "The longest time that a follower of what is led here was not caught up."), gauge,
		func(s *partitionSums) float64 { return s.lag.Seconds() }},
	{describe("replicas", "lag_records", "The most records that a follower of what is led here misses."), gauge,
		func(s *partitionSums) float64 { return float64(s.lagRecords) }},
	{describe("transfers", "running", "Logs whose files are on their way to this node."), gauge, func(s *partitionSums) float64 { return float64(s.fetching) }},
	{describe("transfers", "in_bytes_total", "Bytes of logs' files that came from other nodes."), counter,
		func(s *partitionSums) float64 { return float64(s.FileBytesIn) }},
	{describe("transfers", "out_bytes_total", "Bytes of logs' files that were sent to other nodes."), counter,
		func(s *partitionSums) float64 { return float64(s.FileBytesOut) }},
}

// sumUp looks at the view of every partition of this node, and at who leads the others.
func (n *Node) sumUp() partitionSums {
	now, image := n.o.Clock.Now(), n.image.Load()
	s := partitionSums{Stats: n.host.Stats(), fetching: len(n.host.Transfers())}
	var topic msg.TopicID
	minISR := 1
	for _, id := range n.host.All() { // sorted by topic
		if id.Topic != topic {
			topic, minISR = id.Topic, n.minISR(image, id.Topic)
		}
		p, ok := n.host.Partition(id)
		if !ok {
			continue
		}
		view := p.View()
		state := view.State()
		s.add(id, state)
		if state.Role == msg.Leader && !state.Expired(now) {
			s.follow(view.Members(), state.LogEnd, now)
			s.replication(state, minISR)
		}
	}
	for _, t := range image.Topics() {
		for p := range t.Partitions {
			if !n.online(image, msg.TopicPartition{Topic: t.ID, Partition: int32(p)}) {
				s.offline++
			}
			if t.Partitions[p].Target != nil {
				s.moving++
			}
		}
	}
	return s
}

// online reports whether a partition is led, as its replica here knows, or else as a node that is alive has said of itself.
func (n *Node) online(image *metadata.Image, id msg.TopicPartition) bool {
	if p, here := n.host.Partition(id); here {
		return p.View().State().Leader != msg.NoNode
	}
	told, known := n.host.Leadership(id)
	return known && image.Alive(told.Leader)
}

// replication counts a partition that is led here and lacks replicas.
func (s *partitionSums) replication(state *msg.State, minISR int) {
	if len(state.InSync) < len(state.Replicas) {
		s.underReplicated++
	}
	if len(state.InSync) < minISR {
		s.underMinISR++
	}
}

// follow looks at the followers of a partition that is led here. The leader itself has everything.
func (s *partitionSums) follow(members []msg.Member, end int64, now time.Time) {
	for _, m := range members {
		if m.LogEnd >= 0 {
			s.lagRecords = max(s.lagRecords, end-m.LogEnd)
		}
		if m.LastCaughtUp.IsZero() {
			s.lagging++
			continue
		}
		behind := now.Sub(m.LastCaughtUp)
		if behind > lagging {
			s.lagging++
		}
		s.lag = max(s.lag, behind)
	}
}

// minISR is min.insync.replicas of a topic, as its partitions here were told it; 1 of the metadata log.
func (n *Node) minISR(image *metadata.Image, id msg.TopicID) int {
	t, ok := image.TopicByID(id)
	if !ok {
		return 1
	}
	return configs.Topic(layersOf(image, t.Name, n.o.ID, n.o.Static)).MinInsyncReplicas
}
