package kafka

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// AlterPartitionReassignments moves partitions to other nodes, or cancels moves under way where the replicas are null (KIP-455).
//
//	v0    flexible from the start
//	v1    the client says whether the number of replicas may change (KIP-860)
//
// It is answered when the moves have begun; ListPartitionReassignments tells which of them go on. What fails as a whole has
// one error and no partitions.
func init() { register(0, 1, (*Server).alterPartitionReassignments) }

func (s *Server) alterPartitionReassignments(c *Call, req *kmsg.AlterPartitionAssignmentsRequest) {
	build := func() *msg.AlterAssignments { return newAssignments(req) }
	decide(s, milliseconds(req.TimeoutMillis), build, func(q *msg.AlterAssignments, whole error) {
		resp := req.ResponseKind().(*kmsg.AlterPartitionAssignmentsResponse)
		resp.AllowReplicationFactorChange = req.AllowReplicationFactorChange
		resp.ErrorCode, resp.ErrorMessage = msg.Code(whole), errorText(whole)
		c.Failed(resp.ErrorCode)
		next := 0
		for i := 0; whole == nil && i < len(req.Topics); i++ {
			t := kmsg.NewAlterPartitionAssignmentsResponseTopic()
			t.Topic = req.Topics[i].Topic
			for _, asked := range req.Topics[i].Partitions {
				p := kmsg.NewAlterPartitionAssignmentsResponseTopicPartition()
				p.Partition = asked.Partition
				p.ErrorCode, p.ErrorMessage = msg.Code(q.Partitions[next].Err), errorText(q.Partitions[next].Err)
				c.Failed(p.ErrorCode)
				t.Partitions = append(t.Partitions, p)
				next++
			}
			resp.Topics = append(resp.Topics, t)
		}
		c.Reply(resp)
	})
}

// newAssignments is the request to the controller.
func newAssignments(req *kmsg.AlterPartitionAssignmentsRequest) *msg.AlterAssignments {
	q := &msg.AlterAssignments{AllowFactorChange: req.AllowReplicationFactorChange}
	for _, t := range req.Topics {
		for _, p := range t.Partitions {
			q.Partitions = append(q.Partitions, &msg.Reassignment{Topic: t.Topic, Partition: p.Partition, Replicas: slices.Clone(p.Replicas)})
		}
	}
	return q
}
