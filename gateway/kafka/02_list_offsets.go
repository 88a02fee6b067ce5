package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// ListOffsets (2) finds offsets by time, and the ends of partitions.
//
// v1: one offset per partition; v2: read_committed; v4: leader epochs (KIP-320); v6: flexible; v7: the record with the
// greatest timestamp (KIP-734); v8: the earliest local offset (KIP-405); v9: the latest tiered; v10: a timeout;
// v11: the earliest that is not uploaded yet.
//
// A search by time finds the first record, within its batch, with at least that timestamp; there being none is offset -1,
// not the end. A partition that is asked for twice is INVALID_REQUEST each time, as in Kafka. Nothing is tiered here: the local log is the whole log, and what asks for tiers finds nothing.
func init() { register(1, 11, (*Server).listOffsets) }

// The timestamps that are not times.
const (
	latestTimestamp         = -1
	earliestTimestamp       = -2
	maxTimestamp            = -3
	earliestLocalTimestamp  = -4
	latestTieredTimestamp   = -5
	earliestPendingUploaded = -6
)

// timestampSince is the first version that knows a timestamp below 0.
var timestampSince = map[int64]int16{
	latestTimestamp: 1, earliestTimestamp: 1, maxTimestamp: 7, earliestLocalTimestamp: 8, latestTieredTimestamp: 9, earliestPendingUploaded: 11,
}

func (s *Server) listOffsets(c *Call, req *kmsg.ListOffsetsRequest) {
	resp := req.ResponseKind().(*kmsg.ListOffsetsResponse)
	image, twice := s.Image(), askedTwice(req)
	resp.Topics = make([]kmsg.ListOffsetsResponseTopic, len(req.Topics))
	for i := range req.Topics {
		asked, out := &req.Topics[i], &resp.Topics[i]
		topic, _ := image.Topic(asked.Topic)
		out.Topic = asked.Topic
		out.Partitions = make([]kmsg.ListOffsetsResponseTopicPartition, len(asked.Partitions))
		for j := range asked.Partitions {
			p := &out.Partitions[j]
			p.Default()
			p.Partition = asked.Partitions[j].Partition
			found, err := noOffset, error(kerr.InvalidRequest)
			if !twice[namedPartition{asked.Topic, p.Partition}] {
				found, err = s.listOffset(req, topic, &asked.Partitions[j])
			}
			p.Timestamp, p.Offset, p.LeaderEpoch = found.Timestamp, found.Offset, found.Epoch
			p.ErrorCode = msg.Code(err)
			c.Failed(p.ErrorCode)
		}
	}
	c.Reply(resp)
}

type namedPartition struct {
	topic  string
	number int32
}

// askedTwice has an entry for each partition of a request, true for those that it names more than once.
func askedTwice(req *kmsg.ListOffsetsRequest) map[namedPartition]bool {
	twice := map[namedPartition]bool{}
	for i := range req.Topics {
		for j := range req.Topics[i].Partitions {
			p := namedPartition{req.Topics[i].Topic, req.Topics[i].Partitions[j].Partition}
			_, twice[p] = twice[p]
		}
	}
	return twice
}

var noOffset = msg.TimedOffset{Offset: -1, Timestamp: -1, Epoch: -1}

func (s *Server) listOffset(req *kmsg.ListOffsetsRequest, topic *metadata.Topic, asked *kmsg.ListOffsetsRequestTopicPartition) (msg.TimedOffset, error) {
	if since, known := timestampSince[asked.Timestamp]; asked.Timestamp < 0 && (!known || req.Version < since) {
		return noOffset, kerr.UnsupportedVersion
	}
	_, view, bad := s.leaderIn(topic, asked.Partition, asked.CurrentLeaderEpoch)
	if bad != nil {
		return noOffset, bad
	}
	isolation := msg.Isolation(req.IsolationLevel)
	found, err := findOffset(view, asked.Timestamp, isolation)
	if err != nil {
		return noOffset, err
	}
	if found.Offset < 0 {
		return noOffset, nil
	}
	return found, nil
}

func findOffset(view msg.View, timestamp int64, isolation msg.Isolation) (msg.TimedOffset, error) {
	state := view.State()
	switch timestamp {
	case latestTimestamp:
		end := state.HighWatermark
		if isolation == msg.ReadCommitted {
			end = state.LastStable
		}
		return msg.TimedOffset{Offset: end, Timestamp: -1, Epoch: state.Epoch}, nil
	case earliestTimestamp, earliestLocalTimestamp:
		return msg.TimedOffset{Offset: state.LogStart, Timestamp: -1, Epoch: view.EpochAt(state.LogStart)}, nil
	case latestTieredTimestamp, earliestPendingUploaded:
		return noOffset, nil
	case maxTimestamp:
		return view.MaxTimestamp()
	default:
		return view.OffsetForTime(timestamp, isolation)
	}
}
