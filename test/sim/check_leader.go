package sim

import "github.com/seed-e634fa49/troupe/actors/msg"

// oneLeader holds that in a term at most one replica leads a partition.
type oneLeader struct {
	cluster *Cluster
	leaders map[led]msg.NodeID
}

type led struct {
	id    msg.TopicPartition
	epoch int32
}

func (k *oneLeader) saw(n *node, id msg.TopicPartition, s *msg.State) {
	if s.Role != msg.Leader {
		return
	}
	before, known := k.leaders[led{id, s.Epoch}]
	switch {
	case !known:
		k.leaders[led{id, s.Epoch}] = n.id
		k.cluster.trace.line(k.cluster.Now(), "node %d leads partition %s in epoch %d", n.id, id, s.Epoch)
	case before != n.id:
		k.cluster.violated("one leader", "node %d and node %d both lead partition %s in epoch %d", before, n.id, id, s.Epoch)
	}
}

// oneServes holds that at any moment at most one replica of a partition may answer as its leader.
type oneServes struct{ cluster *Cluster }

func (k *oneServes) saw(n *node, id msg.TopicPartition, s *msg.State) {
	if !serves(n, s) {
		return
	}
	for _, other := range k.cluster.nodes {
		v := k.cluster.checks.seen[other.id][id]
		if other != n && other.running() && v != nil && serves(other, v.State()) {
			k.cluster.violated("one serves", "node %d in epoch %d and node %d in epoch %d may both answer as the leader of partition %s",
				n.id, s.Epoch, other.id, v.State().Epoch, id)
		}
	}
}

func serves(n *node, s *msg.State) bool {
	return s.Err == nil && s.Role == msg.Leader && s.Leader == n.id && !s.Expired(n.now())
}
