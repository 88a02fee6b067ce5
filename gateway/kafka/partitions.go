package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// leader finds a topic's partition and the view that its leader, on this node, last published. The code is Kafka's:
// UNKNOWN_TOPIC_OR_PARTITION where there is no such partition, NOT_LEADER_OR_FOLLOWER where this node does not lead it,
// KAFKA_STORAGE_ERROR and the like where it can't be served. The state comes with NOT_LEADER_OR_FOLLOWER too, where this
// node hosts the partition, as it may know who leads.
func (s *Server) leader(t *metadata.Topic, partition int32) (msg.Partition, msg.View, *kerr.Error) {
	if t == nil || partition < 0 || int(partition) >= len(t.Partitions) {
		return nil, nil, kerr.UnknownTopicOrPartition
	}
	p, hosted := s.Directory.Partition(msg.TopicPartition{Topic: t.ID, Partition: partition})
	if !hosted {
		return nil, nil, kerr.NotLeaderForPartition
	}
	view := p.View()
	state := view.State()
	if state.Err != nil {
		return p, view, kerr.TypedErrorForCode(msg.Code(state.Err))
	}
	if state.Role != msg.Leader || state.Leader != s.Node {
		return p, view, kerr.NotLeaderForPartition
	}
	return p, view, nil
}

// checkEpoch compares the leader epoch that a client believes in with the true one (KIP-320); -1 believes nothing.
func checkEpoch(believed, epoch int32) *kerr.Error {
	switch {
	case believed < 0 || believed == epoch:
		return nil
	case believed < epoch:
		return kerr.FencedLeaderEpoch
	default:
		return kerr.UnknownLeaderEpoch
	}
}

// code is the number of an error, 0 for nil.
func code(err *kerr.Error) int16 {
	if err == nil {
		return 0
	}
	return err.Code
}
