package kafka

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// DescribeProducers tells which producers a partition knows (KIP-664). As in Kafka, any replica answers with what it has; a node
// that holds none answers NOT_LEADER_OR_FOLLOWER.
func init() { register(0, 0, (*Server).describeProducers) }

func (s *Server) describeProducers(c *Call, req *kmsg.DescribeProducersRequest) {
	resp := req.ResponseKind().(*kmsg.DescribeProducersResponse)
	image := s.Image()
	for i := range req.Topics {
		topic, _ := image.Topic(req.Topics[i].Topic)
		out := kmsg.NewDescribeProducersResponseTopic()
		out.Topic = req.Topics[i].Topic
		for _, number := range req.Topics[i].Partitions {
			out.Partitions = append(out.Partitions, s.producersOf(topic, out.Topic, number))
			c.Failed(out.Partitions[len(out.Partitions)-1].ErrorCode)
		}
		resp.Topics = append(resp.Topics, out)
	}
	c.Reply(resp)
}

func (s *Server) producersOf(t *metadata.Topic, name string, number int32) kmsg.DescribeProducersResponseTopicPartition {
	out := kmsg.NewDescribeProducersResponseTopicPartition()
	out.Partition = number
	_, view, bad := s.replicaIn(t, number, -1)
	if bad != nil {
		why := whyFailed(view, bad)
		if why == "" {
			why = fmt.Sprintf("describe the producers of partition %d of %q at node %d: %s", number, name, s.Node, bad.Description)
		}
		out.ErrorCode, out.ErrorMessage = bad.Code, &why
		return out
	}
	for _, p := range view.Producers() {
		one := kmsg.NewDescribeProducersResponseTopicPartitionActiveProducer()
		one.ProducerID, one.ProducerEpoch, one.LastSequence, one.LastTimestamp = p.ProducerID, int32(p.Epoch), p.LastSequence, p.LastTimestamp
		one.CoordinatorEpoch, one.CurrentTxnStartOffset = p.CoordinatorTerm, p.TxnStartOffset
		out.ActiveProducers = append(out.ActiveProducers, one)
	}
	slices.SortFunc(out.ActiveProducers, func(a, b kmsg.DescribeProducersResponseTopicPartitionActiveProducer) int {
		return cmp.Compare(a.ProducerID, b.ProducerID)
	})
	return out
}
