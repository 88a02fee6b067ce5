package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// OffsetDelete (47) forgets offsets of a group, for topics that it is not subscribed to (KIP-496).
//
// There is one version.
func init() { register(0, 0, (*Server).offsetDelete) }

func (s *Server) offsetDelete(c *Call, req *kmsg.OffsetDeleteRequest) {
	q := &msg.DeleteOffsets{Group: req.Group}
	for _, t := range req.Topics {
		_, exists := s.Image().Topic(t.Topic)
		for _, p := range t.Partitions {
			o := msg.CommittedOffset{Topic: t.Topic, Partition: p.Partition}
			if !exists {
				o.Err = kerr.UnknownTopicOrPartition
			}
			q.Offsets = append(q.Offsets, o)
		}
	}
	s.askGroup(c, req.Group, q, func(err error) {
		resp := req.ResponseKind().(*kmsg.OffsetDeleteResponse)
		resp.ErrorCode = msg.Code(err)
		c.Failed(resp.ErrorCode)
		next := 0
		for _, t := range req.Topics {
			if err != nil {
				break
			}
			topic := kmsg.NewOffsetDeleteResponseTopic()
			topic.Topic = t.Topic
			for _, p := range t.Partitions {
				code := msg.Code(q.Offsets[next].Err)
				next++
				topic.Partitions = append(topic.Partitions, kmsg.OffsetDeleteResponseTopicPartition{Partition: p.Partition, ErrorCode: code})
				c.Failed(code)
			}
			resp.Topics = append(resp.Topics, topic)
		}
		c.Reply(resp)
	})
}
