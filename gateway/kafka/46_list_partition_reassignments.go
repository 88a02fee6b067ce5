package kafka

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// ListPartitionReassignments tells which partitions move, and from where to where (KIP-455). Null topics mean all; what is
// asked for and does not move, or is not there, is left out.
//
// A partition whose replica only takes the place of a lost one on the same node does not move, as Kafka sees it.
func init() { register(0, 0, (*Server).listPartitionReassignments) }

func (s *Server) listPartitionReassignments(c *Call, req *kmsg.ListPartitionReassignmentsRequest) {
	resp := req.ResponseKind().(*kmsg.ListPartitionReassignmentsResponse)
	image := s.Image()
	wanted := map[string][]int32{}
	for _, t := range req.Topics {
		wanted[t.Topic] = append(wanted[t.Topic], t.Partitions...)
	}
	for _, t := range image.Topics() {
		out := kmsg.NewListPartitionReassignmentsResponseTopic()
		out.Topic = t.Name
		for n := range t.Partitions {
			if req.Topics != nil && !slices.Contains(wanted[t.Name], int32(n)) {
				continue
			}
			if p, moves := reassignment(&t.Partitions[n]); moves {
				p.Partition = int32(n)
				out.Partitions = append(out.Partitions, p)
			}
		}
		if len(out.Partitions) > 0 {
			resp.Topics = append(resp.Topics, out)
		}
	}
	c.Reply(resp)
}

// reassignment is a partition's move as Kafka tells it: the replicas are those that it moves to, then those that it leaves.
func reassignment(p *metadata.Partition) (out kmsg.ListPartitionReassignmentsResponseTopicPartition, moves bool) {
	out = kmsg.NewListPartitionReassignmentsResponseTopicPartition()
	out.Replicas = replicaNodes(p)
	before, after := nodesOf(p.Replicas), nodesOf(p.Members())
	for _, node := range out.Replicas {
		switch {
		case !slices.Contains(before, node):
			out.AddingReplicas = append(out.AddingReplicas, node)
		case !slices.Contains(after, node):
			out.RemovingReplicas = append(out.RemovingReplicas, node)
		}
	}
	return out, len(out.AddingReplicas)+len(out.RemovingReplicas) > 0
}

// replicaNodes are the nodes that hold a partition, the preferred leader first; while it moves, those that it moves to, then
// those that it leaves.
func replicaNodes(p *metadata.Partition) []msg.NodeID {
	all := nodesOf(p.Members())
	for _, r := range p.Replicas {
		if !slices.Contains(all, r.Node) {
			all = append(all, r.Node)
		}
	}
	return all
}

func nodesOf(replicas []metadata.Replica) []msg.NodeID {
	nodes := make([]msg.NodeID, len(replicas))
	for i, r := range replicas {
		nodes[i] = r.Node
	}
	return nodes
}
