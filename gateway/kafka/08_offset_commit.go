package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// OffsetCommit (8) remembers how far a group has read.
//
// v2 to v4: a retention of its own for these offsets; v5: no more; v6: leader epochs; v7: static members; v8: flexible; v9:
// member epochs (KIP-848); v10: topic ids in place of names.
//
// An offset for a topic that does not exist is refused alone, UNKNOWN_TOPIC_OR_PARTITION or by id UNKNOWN_TOPIC_ID.
func init() { register(2, 10, (*Server).offsetCommit) }

func (s *Server) offsetCommit(c *Call, req *kmsg.OffsetCommitRequest) {
	q := &msg.CommitOffsets{
		Group: req.Group, Epoch: req.Generation, MemberID: req.MemberID, InstanceID: req.InstanceID,
		KnowsEpochs: c.Version >= 9, Retention: -1,
	}
	if req.RetentionTimeMillis >= 0 && c.Version <= 4 {
		q.Retention = time.Duration(min(req.RetentionTimeMillis, maxRetention.Milliseconds())) * time.Millisecond
	}
	for i := range req.Topics {
		s.offsetsToCommit(c, &req.Topics[i], q)
	}
	s.askGroup(c, req.Group, q, func(whole error) {
		resp := req.ResponseKind().(*kmsg.OffsetCommitResponse)
		next := 0
		for _, t := range req.Topics {
			topic := kmsg.NewOffsetCommitResponseTopic()
			topic.Topic, topic.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				err := pick(whole, func() error { return q.Offsets[next].Err })
				next++
				topic.Partitions = append(topic.Partitions, kmsg.OffsetCommitResponseTopicPartition{Partition: p.Partition, ErrorCode: msg.Code(err)})
				c.Failed(msg.Code(err))
			}
			resp.Topics = append(resp.Topics, topic)
		}
		c.Reply(resp)
	})
}

// maxRetention bounds the retention that a client may ask for.
const maxRetention = 100 * 365 * 24 * time.Hour

// offsetsToCommit adds a topic's offsets to the request to the coordinator.
func (s *Server) offsetsToCommit(c *Call, t *kmsg.OffsetCommitRequestTopic, q *msg.CommitOffsets) {
	name := t.Topic
	var missing error
	if c.Version >= 10 {
		if topic, ok := s.Image().TopicByID(t.TopicID); ok {
			name = topic.Name
		} else {
			missing = kerr.UnknownTopicID
		}
	} else if _, ok := s.Image().Topic(name); !ok {
		missing = kerr.UnknownTopicOrPartition
	}
	for _, p := range t.Partitions {
		q.Offsets = append(q.Offsets, msg.CommittedOffset{
			Topic: name, Partition: p.Partition, Offset: p.Offset, LeaderEpoch: p.LeaderEpoch, Metadata: orEmpty(p.Metadata), Err: missing,
		})
	}
}
