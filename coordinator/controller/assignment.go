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
		return manual, r.checkAssignment(manual, replicas)
	}
	nodes := r.image().Nodes()
	if replicas > len(nodes) {
		return nil, msg.Errorf(kerr.InvalidReplicationFactor, "Unable to replicate the partition %d time(s): The target replication factor of %d cannot be reached because only %d broker(s) are registered.", replicas, replicas, len(nodes))
	}
	start, err := r.drawStart(len(nodes))
	if err != nil {
		return nil, err
	}
	return place(nodes, start, partitions, replicas), nil
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
