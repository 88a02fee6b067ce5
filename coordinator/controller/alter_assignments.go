package controller

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// alterAssignments decides AlterPartitionReassignments (KIP-455, KIP-860): each partition on its own, in the order of Kafka's
// checks (ReplicationControlManager).
func (r *round) alterAssignments(q *msg.AlterAssignments) {
	for i, p := range q.Partitions {
		if p.Err = tooMany(i); p.Err == nil {
			p.Err = r.reassign(p, q.AllowFactorChange)
		}
	}
}

func (r *round) reassign(q *msg.Reassignment, allowFactorChange bool) error {
	t, ok := r.image().Topic(q.Topic)
	if !ok {
		return msg.Errorf(kerr.UnknownTopicOrPartition, "Unable to find a topic named %s.", q.Topic)
	}
	if q.Partition < 0 || int(q.Partition) >= len(t.Partitions) {
		return msg.Errorf(kerr.UnknownTopicOrPartition, "Unable to find partition %s:%d.", q.Topic, q.Partition)
	}
	p := &t.Partitions[q.Partition]
	if q.Replicas == nil {
		if p.Target == nil {
			return msg.Errorf(kerr.NoReassignmentInProgress, "cancelling the move of partition %d of topic %s: it is not moving", q.Partition, q.Topic)
		}
		if node, lost := replaced(p); lost {
			return msg.Errorf(kerr.InvalidReplicaAssignment, "cancelling the move of partition %d of topic %s: it replaces the replica of node %d, which was lost and can't come back; wait until it is done", q.Partition, q.Topic, node)
		}
		return r.write([]metadata.Record{metadata.PartitionMoving{Topic: t.ID, Number: q.Partition}}, false)
	}
	if err := r.checkMove(q, p, allowFactorChange); err != nil {
		return err
	}
	changes := r.moveRecords(t.ID, q.Partition, p, q.Replicas)
	if t.AutoFactor && len(q.Replicas) != len(p.Members()) {
		changes = append(changes, metadata.TopicFactorFixed{ID: t.ID})
	}
	return r.write(changes, false)
}

// checkMove holds the rules for the nodes that a partition may be moved to.
func (r *round) checkMove(q *msg.Reassignment, p *metadata.Partition, allowFactorChange bool) error {
	if err := r.checkAssignment([][]msg.NodeID{q.Replicas}, 0); err != nil {
		return err
	}
	for _, id := range q.Replicas {
		if n, _ := r.image().Node(id); n.Leaving {
			return msg.Errorf(kerr.InvalidReplicaAssignment, "The manual partition assignment includes broker %d, which is being decommissioned.", id)
		}
	}
	if has := len(p.Members()); !allowFactorChange && len(q.Replicas) != has {
		return msg.Errorf(kerr.InvalidReplicationFactor, "The replication factor is changed from %d to %d", has, len(q.Replicas))
	}
	return nil
}

// moveRecords are the changes that move a partition to nodes: none if that is what is asked for already, the end of the move
// if nothing but the order of its replicas changes.
func (r *round) moveRecords(topic msg.TopicID, number int32, p *metadata.Partition, nodes []msg.NodeID) []metadata.Record {
	next := r.image().NextRaftID()
	target := make([]metadata.Replica, len(nodes))
	for i, id := range nodes {
		n, _ := r.image().Node(id)
		at, known := placedOn(p, id, n.Directory)
		if !known {
			at = metadata.Replica{Node: id, Directory: n.Directory, RaftID: next}
			next++
		}
		target[i] = at
	}
	switch {
	case slices.Equal(target, p.Members()):
		return nil
	case slices.Equal(target, p.Replicas):
		return []metadata.Record{metadata.PartitionMoving{Topic: topic, Number: number}}
	case !p.Moving() && sameGroup(target, p.Replicas):
		return []metadata.Record{metadata.PartitionMoved{Topic: topic, Number: number, Replicas: target}}
	}
	var records []metadata.Record
	if next > r.image().NextRaftID() {
		records = append(records, metadata.RaftIDsIssued{Next: next})
	}
	return append(records, metadata.PartitionMoving{Topic: topic, Number: number, Target: target})
}

// placedOn finds the replica that a partition has, is getting, or has not let go of, in a node's directory. It keeps its raft id. Of one
// that was lost and one that replaces it, it is the newer one.
func placedOn(p *metadata.Partition, node msg.NodeID, directory string) (found metadata.Replica, ok bool) {
	for _, of := range [][]metadata.Replica{p.Replicas, p.Target, p.Dropped} {
		for _, r := range of {
			if r.Node == node && r.Directory == directory && r.RaftID > found.RaftID {
				found, ok = r, true
			}
		}
	}
	return found, ok
}

// sameGroup reports that two lists have the same replicas, in whatever order.
func sameGroup(a, b []metadata.Replica) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(r metadata.Replica) bool { return !slices.Contains(b, r) })
}

// partition finds a partition.
func (r *round) partition(id msg.TopicPartition) (*metadata.Partition, bool) {
	t, ok := r.image().TopicByID(id.Topic)
	if !ok || id.Partition < 0 || int(id.Partition) >= len(t.Partitions) {
		return nil, false
	}
	return &t.Partitions[id.Partition], true
}

// moveDone decides MoveDone: the move ends if the group has the members that are asked for now. Said again, or said of a
// move that was changed since, it changes nothing.
func (r *round) moveDone(q *msg.MoveDone) {
	p, ok := r.partition(q.Partition)
	if !ok {
		if q.Partition.Topic != msg.MetadataTopicID {
			r.refuse(q, msg.Errorf(kerr.UnknownTopicOrPartition, "partition %s has moved: it does not exist", q.Partition))
		}
		return
	}
	wanted := p.Members()
	if !p.Moving() || q.Move != p.Move || len(q.RaftIDs) != len(wanted) {
		return
	}
	for _, at := range wanted {
		if !slices.Contains(q.RaftIDs, at.RaftID) {
			return
		}
	}
	r.grant(q, metadata.PartitionMoved{Topic: q.Partition.Topic, Number: q.Partition.Partition, Replicas: wanted})
}
