package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// DeleteRecords moves the log start of partitions forward; the records below it are gone for readers at once, their files
// when whole files lie below.
//
//	v2    flexible
//
// A topic whose cleanup.policy is compact alone answers POLICY_VIOLATION: compaction, not the user, decides there.
func init() { register(0, 2, (*Server).deleteRecords) }

func (s *Server) deleteRecords(c *Call, req *kmsg.DeleteRecordsRequest) {
	resp := req.ResponseKind().(*kmsg.DeleteRecordsResponse)
	g := newGather(s, milliseconds(req.TimeoutMillis), func() { c.Reply(resp) })
	for _, t := range req.Topics {
		topic := kmsg.NewDeleteRecordsResponseTopic()
		topic.Topic = t.Topic
		topic.Partitions = make([]kmsg.DeleteRecordsResponseTopicPartition, len(t.Partitions))
		for i, p := range t.Partitions {
			out := &topic.Partitions[i]
			out.Partition, out.LowWatermark = p.Partition, -1
			out.ErrorCode = kerr.RequestTimedOut.Code // stands when the time is over before the answer
			s.deleteRecordsOf(g, t.Topic, p.Partition, p.Offset, out)
		}
		resp.Topics = append(resp.Topics, topic)
	}
	g.seal()
}

func (s *Server) deleteRecordsOf(g *gather, topic string, partition int32, offset int64, out *kmsg.DeleteRecordsResponseTopicPartition) {
	set := func(low int64, err error) { out.LowWatermark, out.ErrorCode = low, msg.Code(err) }
	image := s.Image()
	t, ok := image.Topic(topic)
	if !ok {
		set(-1, kerr.UnknownTopicOrPartition)
		return
	}
	if cfg := s.topicConfig(image, t); !cfg.Delete && cfg.Compact {
		set(-1, kerr.PolicyViolation)
		return
	}
	p, _, bad := s.leader(t, partition)
	if bad != nil {
		set(-1, bad)
		return
	}
	answered := g.expect()
	q := &msg.DeleteRecords{Offset: offset, Done: func(low int64, err error) { answered(func() { set(low, err) }) }}
	if err := p.Post(q); err != nil {
		q.Refuse(err)
	}
}
