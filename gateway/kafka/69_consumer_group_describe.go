package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// ConsumerGroupDescribe (69) describes groups of the consumer protocol (KIP-848).
//
// v1: whether a member speaks the classic protocol (KIP-1099).
func init() { register(0, 1, (*Server).consumerGroupDescribe) }

func (s *Server) consumerGroupDescribe(c *Call, req *kmsg.ConsumerGroupDescribeRequest) {
	resp := req.ResponseKind().(*kmsg.ConsumerGroupDescribeResponse)
	resp.Groups = make([]kmsg.ConsumerGroupDescribeResponseGroup, len(req.Groups))
	g := newGather(s, groupWait, func() { c.Reply(resp) })
	for i, id := range req.Groups {
		out := &resp.Groups[i]
		out.Default()
		out.Group, out.ErrorCode = id, kerr.CoordinatorNotAvailable.Code
		if req.IncludeAuthorizedOperations {
			out.AuthorizedOperations = allGroupOperations
		}
		q := &msg.DescribeGroup{Group: id, Consumer: true}
		answered := g.expect()
		s.postGroup(id, q, func(err error) {
			answered(func() { describedConsumers(c, q, coordinatorError(err), out) })
		})
	}
	g.seal()
}

func describedConsumers(c *Call, q *msg.DescribeGroup, err error, out *kmsg.ConsumerGroupDescribeResponseGroup) {
	if out.ErrorCode, out.ErrorMessage = msg.Code(err), errorText(err); err != nil {
		c.Failed(out.ErrorCode)
		return
	}
	out.State, out.Epoch, out.AssignmentEpoch, out.AssignorName = q.State, q.Epoch, q.AssignmentEpoch, q.Assignor
	for i := range q.Members {
		m := &q.Members[i]
		d := kmsg.NewConsumerGroupDescribeResponseGroupMember()
		d.MemberID, d.InstanceID, d.RackID, d.MemberEpoch, d.ClientID, d.ClientHost = m.ID, m.InstanceID, m.Rack, m.Epoch, m.ClientID, m.ClientHost
		d.SubscribedTopics, d.SubscribedTopicRegex = m.Topics, m.Regex
		d.Assignment, d.TargetAssignment = describedAssignment(m.Assigned), describedAssignment(m.Target)
		if d.MemberType = consumerMemberType; m.Classic {
			d.MemberType = classicMemberType
		}
		out.Members = append(out.Members, d)
	}
}

// What a member speaks.
const (
	classicMemberType  = 0
	consumerMemberType = 1
)

func describedAssignment(topics []msg.AssignedTopic) kmsg.Assignment {
	a := kmsg.NewAssignment()
	for _, t := range topics {
		a.TopicPartitions = append(a.TopicPartitions, kmsg.AssignmentTopicPartition{TopicID: t.Topic, Topic: t.Name, Partitions: t.Partitions})
	}
	return a
}
