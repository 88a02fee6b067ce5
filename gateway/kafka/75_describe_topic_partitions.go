package kafka

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// maxDescribedPartitions is the most partitions in one answer, whatever the request asks for
// (max.request.partition.size.limit's default).
const maxDescribedPartitions = 2000

// DescribeTopicPartitions describes topics page by page, sorted by name (KIP-966). No topics in the request means all.
// The cursor names the first partition of the next page.
func init() { register(0, 0, (*Server).describeTopicPartitions) }

func (s *Server) describeTopicPartitions(c *Call, req *kmsg.DescribeTopicPartitionsRequest) {
	resp := req.ResponseKind().(*kmsg.DescribeTopicPartitionsResponse)
	room := maxDescribedPartitions
	if req.ResponsePartitionLimit > 0 {
		room = min(room, int(req.ResponsePartitionLimit))
	}
	for _, name := range s.topicsToDescribe(req) {
		first := int32(0)
		if req.Cursor != nil && req.Cursor.Topic == name {
			first = max(0, req.Cursor.Partition)
		}
		if room == 0 {
			resp.NextCursor = cursorAt(name, first)
			break
		}
		topic, next := s.describedTopic(c, name, first, room)
		resp.Topics = append(resp.Topics, topic)
		room -= len(topic.Partitions)
		if next > 0 {
			resp.NextCursor = cursorAt(name, next)
			break
		}
	}
	c.Reply(resp)
}

func cursorAt(topic string, partition int32) *kmsg.DescribeTopicPartitionsResponseNextCursor {
	cursor := kmsg.NewDescribeTopicPartitionsResponseNextCursor()
	cursor.Topic, cursor.Partition = topic, partition
	return &cursor
}

// topicsToDescribe are the names asked for, sorted, from the cursor on.
func (s *Server) topicsToDescribe(req *kmsg.DescribeTopicPartitionsRequest) []string {
	var names []string
	for _, t := range req.Topics {
		names = append(names, t.Topic)
	}
	if len(req.Topics) == 0 {
		for _, t := range s.Image().Topics() {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if req.Cursor != nil {
		names = slices.DeleteFunc(names, func(n string) bool { return n < req.Cursor.Topic })
	}
	return names
}

// describedTopic describes up to room partitions of a topic from first on; next is the first that found no room, or 0.
func (s *Server) describedTopic(c *Call, name string, first int32, room int) (out kmsg.DescribeTopicPartitionsResponseTopic, next int32) {
	out = kmsg.NewDescribeTopicPartitionsResponseTopic()
	out.Topic = &name
	image := s.Image()
	t, ok := image.Topic(name)
	if !ok {
		out.ErrorCode = kerr.UnknownTopicOrPartition.Code
		return out, 0
	}
	out.TopicID, out.IsInternal = t.ID, t.Internal
	for p := first; int(p) < len(t.Partitions); p++ {
		if len(out.Partitions) == room {
			return out, p
		}
		out.Partitions = append(out.Partitions, s.describedPartition(c, image, t, p))
	}
	return out, 0
}

func (s *Server) describedPartition(c *Call, image *metadata.Image, t *metadata.Topic, p int32) kmsg.DescribeTopicPartitionsResponseTopicPartition {
	out := kmsg.NewDescribeTopicPartitionsResponseTopicPartition()
	out.Partition = p
	// Java's admin client takes null for these as an error, though the schema allows it.
	out.EligibleLeaderReplicas, out.LastKnownELR = []int32{}, []int32{}
	out.Replicas, out.OfflineReplicas = s.replicasOf(image, &t.Partitions[p], c.Listener)
	led, err := s.ledPartition(image, msg.TopicPartition{Topic: t.ID, Partition: p}, c.Listener)
	out.LeaderID, out.LeaderEpoch, out.ISR = led.Leader, led.Epoch, led.InSync
	if err != nil {
		out.ErrorCode = err.Code
	}
	return out
}
