package controller

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// A raft id is never used again, so what was lost comes back as another replica: the controller issues new ids for the same nodes. What
// comes in place of what was lost is a move like any other, and begins where there is a leader.

// partitionRecovered decides PartitionRecovered: those who were left behind are replicas no more, and others take their places.
func (r *round) partitionRecovered(q *msg.PartitionRecovered) {
	p, ok := r.partition(q.Partition)
	if !ok {
		r.refuse(q, msg.Errorf(kerr.UnknownTopicOrPartition, "partition %s was recovered: it does not exist", q.Partition))
		return
	}
	banned := func(at metadata.Replica) bool { return slices.Contains(q.Banned, at.RaftID) }
	if !slices.ContainsFunc(slices.Concat(p.Replicas, p.Target, p.Dropped), banned) {
		return
	}
	var survivors []metadata.Replica
	for _, at := range slices.Concat(p.Members(), p.Replicas, p.Dropped) {
		if slices.Contains(q.RaftIDs, at.RaftID) && !slices.Contains(survivors, at) {
			survivors = append(survivors, at)
		}
	}
	if len(survivors) == 0 {
		r.refuse(q, msg.Errorf(kerr.InvalidRequest, "partition %s was recovered: its group has the members %v, none of which is known as its replica", q.Partition, q.RaftIDs))
		return
	}
	target := slices.Clone(p.Members())
	for i, at := range target {
		if own := slices.IndexFunc(survivors, func(s metadata.Replica) bool { return s.Node == at.Node }); own >= 0 {
			target[i] = survivors[own] // it was being replaced
		}
	}
	target, issued := r.anew(target, banned)
	r.grant(q, append(issued,
		metadata.PartitionMoved{Topic: q.Partition.Topic, Number: q.Partition.Partition, Replicas: survivors},
		metadata.PartitionMoving{Topic: q.Partition.Topic, Number: q.Partition.Partition, Target: target})...)
}

// replicaLost decides ReplicaLost: another one takes its place.
func (r *round) replicaLost(q *msg.ReplicaLost) {
	p, ok := r.partition(q.Partition)
	if !ok {
		r.refuse(q, msg.Errorf(kerr.UnknownTopicOrPartition, "a replica of partition %s was lost: the partition does not exist", q.Partition))
		return
	}
	lost := func(at metadata.Replica) bool { return at.RaftID == q.RaftID }
	if !slices.ContainsFunc(p.Members(), lost) {
		return
	}
	target, issued := r.anew(p.Members(), lost)
	r.grant(q, append(issued, metadata.PartitionMoving{Topic: q.Partition.Topic, Number: q.Partition.Partition, Target: target})...)
}

// anew are replicas on the same nodes with new ones in place of those that were lost, and the change that issues their raft ids: none
// if nothing was lost.
func (r *round) anew(members []metadata.Replica, lost func(metadata.Replica) bool) (target []metadata.Replica, issued []metadata.Record) {
	next := r.image().NextRaftID()
	for _, at := range members {
		if lost(at) {
			n, _ := r.image().Node(at.Node)
			at = metadata.Replica{Node: at.Node, Directory: n.Directory, RaftID: next}
			next++
			issued = []metadata.Record{metadata.RaftIDsIssued{Next: next}}
		}
		target = append(target, at)
	}
	return target, issued
}

// replaced finds a node whose replica was lost, and whose new one is not in its place yet.
func replaced(p *metadata.Partition) (msg.NodeID, bool) {
	for _, at := range p.Replicas {
		if slices.ContainsFunc(slices.Concat(p.Target, p.Dropped), func(to metadata.Replica) bool {
			return to.Node == at.Node && to.Directory == at.Directory && to.RaftID != at.RaftID
		}) {
			return at.Node, true
		}
	}
	return msg.NoNode, false
}
