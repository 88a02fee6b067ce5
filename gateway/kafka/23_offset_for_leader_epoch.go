package kafka

import (
	"github.com/twmb/franz-go/pkg/kmsg"
)

// OffsetForLeaderEpoch (23) tells where the records of a leader epoch end, so that a consumer finds out whether what it has
// read was truncated (KIP-101, KIP-320).
//
// v2: the client's own leader epoch is checked; v3: replica id, which tells nothing here; v4: flexible.
func init() { register(2, 4, (*Server).offsetForLeaderEpoch) }

func (s *Server) offsetForLeaderEpoch(c *Call, req *kmsg.OffsetForLeaderEpochRequest) {
	resp := req.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
	image := s.Image()
	resp.Topics = make([]kmsg.OffsetForLeaderEpochResponseTopic, len(req.Topics))
	for i := range req.Topics {
		asked, out := &req.Topics[i], &resp.Topics[i]
		topic, _ := image.Topic(asked.Topic)
		out.Topic = asked.Topic
		out.Partitions = make([]kmsg.OffsetForLeaderEpochResponseTopicPartition, len(asked.Partitions))
		for j := range asked.Partitions {
			p, q := &out.Partitions[j], &asked.Partitions[j]
			p.Default()
			p.Partition, p.LeaderEpoch, p.EndOffset = q.Partition, -1, -1
			_, view, err := s.leaderIn(topic, q.Partition, q.CurrentLeaderEpoch)
			if err != nil {
				p.ErrorCode = err.Code
				c.Failed(err.Code)
				continue
			}
			p.LeaderEpoch, p.EndOffset = view.EndOffsetForEpoch(q.LeaderEpoch)
		}
	}
	c.Reply(resp)
}
