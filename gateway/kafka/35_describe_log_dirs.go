package kafka

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// DescribeLogDirs tells what this node's data directory holds, partition by partition, and how full its disk is.
//
//	v2    flexible
//	v3    a top-level error
//	v4    total and usable bytes of the disk (KIP-827)
//	v5    whether the directory is cordoned; none is here
//
// Null topics mean all. A partition that is asked for and not here is left out, as Kafka leaves it out.
func init() { register(1, 5, (*Server).describeLogDirs) }

func (s *Server) describeLogDirs(c *Call, req *kmsg.DescribeLogDirsRequest) {
	resp := req.ResponseKind().(*kmsg.DescribeLogDirsResponse)
	dir := kmsg.NewDescribeLogDirsResponseDir()
	dir.Dir = s.DataDir
	dir.TotalBytes, dir.UsableBytes = s.Disk()
	wanted := map[string][]int32{}
	for _, t := range req.Topics {
		wanted[t.Topic] = append(wanted[t.Topic], t.Partitions...)
	}
	for _, t := range s.Image().Topics() {
		only, named := wanted[t.Name]
		if req.Topics != nil && !named {
			continue
		}
		out := kmsg.NewDescribeLogDirsResponseDirTopic()
		out.Topic = t.Name
		for n := range t.Partitions {
			p := int32(n)
			if req.Topics != nil && !slices.Contains(only, p) {
				continue
			}
			if one, ok := s.logDirPartition(msg.TopicPartition{Topic: t.ID, Partition: p}); ok {
				out.Partitions = append(out.Partitions, one)
			}
		}
		if len(out.Partitions) > 0 {
			dir.Topics = append(dir.Topics, out)
		}
	}
	resp.Dirs = append(resp.Dirs, dir)
	c.Reply(resp)
}

func (s *Server) logDirPartition(tp msg.TopicPartition) (kmsg.DescribeLogDirsResponseDirTopicPartition, bool) {
	out := kmsg.NewDescribeLogDirsResponseDirTopicPartition()
	p, ok := s.Directory.Partition(tp)
	if !ok {
		return out, false
	}
	state := p.View().State()
	out.Partition, out.Size = tp.Partition, state.Size
	out.OffsetLag = state.LogEnd - state.HighWatermark
	return out, true
}
