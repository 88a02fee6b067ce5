package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// ConsumerGroupHeartbeat (68) is all that a member of a consumer group says: it joins, stays, gives up partitions and leaves
// (KIP-848).
//
// v1: patterns, and ids that the client makes (KIP-1082).
func init() { register(0, 1, (*Server).consumerGroupHeartbeat) }

func (s *Server) consumerGroupHeartbeat(c *Call, req *kmsg.ConsumerGroupHeartbeatRequest) {
	q := &msg.HeartbeatConsumer{
		Group: req.Group, MemberID: req.MemberID, Epoch: req.MemberEpoch, InstanceID: req.InstanceID, Rack: req.RackID,
		ClientID: c.ClientID, ClientHost: c.clientHost(), RebalanceTimeout: time.Duration(req.RebalanceTimeoutMillis) * time.Millisecond,
		Topics: req.SubscribedTopicNames, Regex: req.SubscribedTopicRegex, Assignor: req.ServerAssignor,
	}
	if req.Topics != nil {
		q.Owned = make([]msg.AssignedTopic, len(req.Topics))
	}
	for i, t := range req.Topics {
		q.Owned[i] = msg.AssignedTopic{Topic: t.TopicID, Partitions: t.Partitions}
	}
	answer := func(err error) {
		resp := req.ResponseKind().(*kmsg.ConsumerGroupHeartbeatResponse)
		if resp.ErrorCode, resp.ErrorMessage = msg.Code(err), errorText(err); err == nil {
			resp.MemberID, resp.MemberEpoch, resp.HeartbeatIntervalMillis = &q.NewMemberID, q.NewEpoch, int32(q.Interval.Milliseconds())
			resp.Assignment = consumerAssignment(q.Assignment)
		}
		c.Failed(resp.ErrorCode)
		c.Reply(resp)
	}
	if c.Version >= 1 && req.MemberID == "" {
		answer(msg.Errorf(kerr.InvalidRequest, "MemberId can't be empty."))
		return
	}
	s.askGroup(c, req.Group, q, answer)
}

// consumerAssignment is what a member has now, nil when that has not changed.
func consumerAssignment(topics *[]msg.AssignedTopic) *kmsg.ConsumerGroupHeartbeatResponseAssignment {
	if topics == nil {
		return nil
	}
	a := kmsg.NewConsumerGroupHeartbeatResponseAssignment()
	for _, t := range *topics {
		a.Topics = append(a.Topics, kmsg.ConsumerGroupHeartbeatResponseAssignmentTopic{TopicID: t.Topic, Partitions: t.Partitions})
	}
	return &a
}
