package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// leader finds a topic's partition and the view that its leader, on this node, last published. The error is Kafka's:
// UNKNOWN_TOPIC_OR_PARTITION where there is no such partition, NOT_LEADER_OR_FOLLOWER where this node does not lead it,
// KAFKA_STORAGE_ERROR and the like where it can't be served. The view comes with an error too, where this node hosts the
// partition, as it may tell who leads.
func (s *Server) leader(t *metadata.Topic, partition int32) (msg.Partition, msg.View, *kerr.Error) {
	return s.leaderIn(t, partition, -1)
}

// leaderIn is leader for a client that believes in a leader epoch: another one is FENCED_LEADER_EPOCH or
// UNKNOWN_LEADER_EPOCH, whoever leads (KIP-320); -1 believes nothing.
func (s *Server) leaderIn(t *metadata.Topic, partition, epoch int32) (msg.Partition, msg.View, *kerr.Error) {
	p, view, err := s.replicaIn(t, partition, epoch)
	if err == nil && !s.serves(view.State()) {
		return p, view, kerr.NotLeaderForPartition
	}
	return p, view, err
}

// replicaIn is leaderIn for what any replica may do.
func (s *Server) replicaIn(t *metadata.Topic, partition, epoch int32) (msg.Partition, msg.View, *kerr.Error) {
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
	if err := checkEpoch(epoch, state.Epoch); err != nil {
		return p, view, err
	}
	return p, view, nil
}

// whyFailed is what a partition itself says of an error that its leader or replicas were refused with, such as damage on its
// disk; "" where the error is not the partition's own.
func whyFailed(view msg.View, err *kerr.Error) string {
	if view == nil || view.State().Err == nil || msg.Code(view.State().Err) != err.Code {
		return ""
	}
	return *errorText(view.State().Err)
}

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
