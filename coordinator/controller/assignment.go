package controller

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// maxClusterPartitions bounds the partitions of a cluster: beyond it, the image would no longer fit a node's memory budget.
const maxClusterPartitions = 200_000

// assign finds the nodes of new partitions: those that the request names, or by placement.
func (r *round) assign(manual [][]msg.NodeID, partitions, replicas int) ([][]msg.NodeID, error) {
	if len(manual) > 0 {
		if err := r.checkAssignment(manual, replicas); err != nil {
			return nil, err
		}
		return manual, r.checkSomeAlive(manual)
	}
	nodes, err := r.candidates(replicas)
	if err != nil {
		return nil, err
	}
	start, err := r.drawStart(len(nodes))
	if err != nil {
		return nil, err
	}
	placed := place(nodes, start, partitions, replicas)
	for _, on := range placed {
		slices.SortStableFunc(on, func(a, b msg.NodeID) int { return r.rank(a) - r.rank(b) })
	}
	return placed, nil
}

// rank is how fit a node is for new replicas: those that are alive come first, then those that shall lead nothing, then, as in
// Kafka, those that are away: a partition is made as long as most of its replicas can begin.
func (r *round) rank(id msg.NodeID) int {
	switch n, _ := r.image().Node(id); {
	case n.Fenced:
		return 2
	case n.Draining:
		return 1
	}
	return 0
}

// candidates are the nodes that new partitions are placed on: the fit ones, and as many others as are needed.
func (r *round) candidates(replicas int) ([]*metadata.Node, error) {
	nodes := slices.DeleteFunc(slices.Clone(r.image().Nodes()), func(n *metadata.Node) bool { return n.Leaving })
	if replicas > len(nodes) {
		return nil, msg.Errorf(kerr.InvalidReplicationFactor, "Unable to replicate the partition %d time(s): The target replication factor of %d cannot be reached because only %d broker(s) are registered.", replicas, replicas, len(nodes))
	}
	slices.SortStableFunc(nodes, func(a, b *metadata.Node) int { return r.rank(a.ID) - r.rank(b.ID) })
	fit, alive := 0, 0
	for _, n := range nodes {
		if r.rank(n.ID) == 0 {
			fit++
		}
		if !n.Fenced {
			alive++
		}
	}
	switch {
	case alive == 0:
		return nil, msg.Errorf(kerr.InvalidReplicationFactor, "Unable to replicate the partition %d time(s): All brokers are currently fenced.", replicas)
	case 2*alive <= replicas:
		return nil, msg.Errorf(kerr.InvalidReplicationFactor, "Unable to replicate the partition %d time(s): only %d of %d broker(s) are alive, too few for most of the replicas to begin.", replicas, alive, len(nodes))
	}
	nodes = nodes[:max(fit, replicas)]
	slices.SortFunc(nodes, func(a, b *metadata.Node) int { return int(a.ID) - int(b.ID) })
	return nodes, nil
}

// checkSomeAlive refuses new partitions of which no replica could begin.
func (r *round) checkSomeAlive(manual [][]msg.NodeID) error {
	for p, nodes := range manual {
		if !slices.ContainsFunc(nodes, r.image().Alive) {
			return msg.Errorf(kerr.InvalidReplicaAssignment, "All brokers specified in the manual partition assignment for partition %d are fenced or in controlled shutdown.", p)
		}
	}
	return nil
}

// checkAssignment holds Kafka's rules for replicas that a client names: some for each partition, as many for each (as many
// as replicas, if that is not 0), all of them registered, none of them twice.
func (r *round) checkAssignment(manual [][]msg.NodeID, replicas int) error {
	for _, nodes := range manual {
		if len(nodes) == 0 {
			return msg.Errorf(kerr.InvalidReplicaAssignment, "The manual partition assignment includes an empty replica list.")
		}
		for i, id := range nodes {
			if _, ok := r.image().Node(id); !ok {
				return msg.Errorf(kerr.InvalidReplicaAssignment, "The manual partition assignment includes broker %d, but no such broker is registered.", id)
			}
			if slices.Contains(nodes[:i], id) {
				return msg.Errorf(kerr.InvalidReplicaAssignment, "The manual partition assignment includes the broker %d more than once.", id)
			}
		}
		if replicas == 0 {
			replicas = len(nodes)
		}
		if len(nodes) != replicas {
			return msg.Errorf(kerr.InvalidReplicaAssignment, "The manual partition assignment includes a partition with %d replica(s), but this is not consistent with previous partitions, which have %d replica(s).", len(nodes), replicas)
		}
	}
	return nil
}

// checkRoom refuses more partitions than one request may make, or than the cluster may have, before any memory is spent on
// them.
func (r *round) checkRoom(partitions int) error {
	if partitions > r.recordsLeft {
		return msg.Errorf(kerr.PolicyViolation, "unable to perform an excessively large batch operation: it makes %d partitions, where one request may make %d and has %d left: split the request", partitions, maxRequestRecords, r.recordsLeft)
	}
	if has := r.image().Partitions(); has+partitions > maxClusterPartitions {
		return msg.Errorf(kerr.PolicyViolation, "making %d partitions: the cluster has %d and may have %d: delete topics first", partitions, has, maxClusterPartitions)
	}
	return nil
}

// partitionRecords are the changes that make partitions of a topic, numbered from first.
func (r *round) partitionRecords(topic msg.TopicID, first int, assignment [][]msg.NodeID) []metadata.Record {
	id := r.image().NextRaftID()
	records := []metadata.Record{nil} // the ids, issued first
	for p, nodes := range assignment {
		replicas := make([]metadata.Replica, len(nodes))
		for i, node := range nodes {
			registered, _ := r.image().Node(node)
			replicas[i] = metadata.Replica{Node: node, Directory: registered.Directory, RaftID: id}
			id++
		}
		records = append(records, metadata.PartitionCreated{Topic: topic, Number: int32(first + p), Replicas: replicas})
	}
	records[0] = metadata.RaftIDsIssued{Next: id}
	return records
}
