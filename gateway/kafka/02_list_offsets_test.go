package kafka

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func listAt(version int16, topic string, partition, epoch int32, timestamp int64, isolation int8) *kmsg.ListOffsetsRequest {
	req := kmsg.NewPtrListOffsetsRequest()
	req.Version, req.IsolationLevel = version, isolation
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic = topic
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Partition, p.Timestamp, p.CurrentLeaderEpoch = partition, timestamp, epoch
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

func TestListOffsets(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.append("a", "b", "c") // at second 1000, 1001, 1002
	p.state.Epoch = 4
	p.append("d") // at second 1000, epoch 4
	p.state.LogStart, p.state.LastStable = 1, 3
	w.topic("empty", 1)
	w.topic("follower", 1)[0].state.Role = msg.Follower
	_, addr := w.open()
	c := dial(t, addr)
	for _, tt := range []struct {
		name      string
		version   int16
		topic     string
		partition int32
		epoch     int32
		timestamp int64
		isolation int8
		want      *kerr.Error
		offset    int64
		time      int64
		found     int32 // leader epoch, from v4
	}{
		{"latest", 1, "topic", 0, -1, -1, 0, nil, 4, -1, -1},
		{"latest with its epoch", 4, "topic", 0, 4, -1, 0, nil, 4, -1, 4},
		{"latest of read_committed", 6, "topic", 0, -1, -1, 1, nil, 3, -1, 4},
		{"earliest", 4, "topic", 0, -1, -2, 0, nil, 1, -1, 3},
		{"earliest of an empty partition", 4, "empty", 0, -1, -2, 0, nil, 0, -1, -1},
		{"greatest timestamp", 7, "topic", 0, -1, -3, 0, nil, 2, 1_002_000, 3},
		{"greatest timestamp of an empty partition", 7, "empty", 0, -1, -3, 0, nil, -1, -1, -1},
		{"greatest timestamp before v7", 6, "topic", 0, -1, -3, 0, kerr.UnsupportedVersion, -1, -1, -1},
		{"earliest local", 8, "topic", 0, -1, -4, 0, nil, 1, -1, 3},
		{"earliest local before v8", 7, "topic", 0, -1, -4, 0, kerr.UnsupportedVersion, -1, -1, -1},
		{"latest tiered", 9, "topic", 0, -1, -5, 0, nil, -1, -1, -1},
		{"latest tiered before v9", 8, "topic", 0, -1, -5, 0, kerr.UnsupportedVersion, -1, -1, -1},
		{"earliest pending", 11, "topic", 0, -1, -6, 0, nil, -1, -1, -1},
		{"earliest pending before v11", 10, "topic", 0, -1, -6, 0, kerr.UnsupportedVersion, -1, -1, -1},
		{"no such negative", 11, "topic", 0, -1, -7, 0, kerr.UnsupportedVersion, -1, -1, -1},
		{"by time, inside the batch", 1, "topic", 0, -1, 1_000_001, 0, nil, 1, 1_001_000, -1},
		{"by time, later than all", 5, "topic", 0, -1, 2_000_000, 0, nil, -1, -1, -1},
		{"older epoch", 4, "topic", 0, 3, -1, 0, kerr.FencedLeaderEpoch, -1, -1, -1},
		{"newer epoch", 4, "topic", 0, 5, -1, 0, kerr.UnknownLeaderEpoch, -1, -1, -1},
		{"unknown topic", 4, "nowhere", 0, -1, -1, 0, kerr.UnknownTopicOrPartition, -1, -1, -1},
		{"unknown partition", 4, "topic", 9, -1, -1, 0, kerr.UnknownTopicOrPartition, -1, -1, -1},
		{"not the leader", 4, "follower", 0, -1, -1, 0, kerr.NotLeaderForPartition, -1, -1, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := ask[*kmsg.ListOffsetsResponse](c, listAt(tt.version, tt.topic, tt.partition, tt.epoch, tt.timestamp, tt.isolation))
			got := resp.Topics[0].Partitions[0]
			var code int16
			if tt.want != nil {
				code = tt.want.Code
			}
			if got.ErrorCode != code || got.Offset != tt.offset || got.Timestamp != tt.time || got.LeaderEpoch != tt.found {
				t.Errorf("got error %d, offset %d, time %d, epoch %d; want %d, %d, %d, %d", got.ErrorCode, got.Offset, got.Timestamp, got.LeaderEpoch,
					code, tt.offset, tt.time, tt.found)
			}
		})
	}
}

func TestOffsetForLeaderEpoch(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.append("a", "b")
	p.state.Epoch = 5
	p.append("c")
	_, addr := w.open()
	c := dial(t, addr)
	for _, tt := range []struct {
		topic          string
		current, epoch int32
		want           *kerr.Error
		found          int32
		end            int64
	}{
		{"topic", -1, 3, nil, 3, 2},
		{"topic", 5, 4, nil, 3, 2},
		{"topic", 5, 5, nil, 5, 3},
		{"topic", 5, 2, nil, -1, -1},
		{"topic", 4, 3, kerr.FencedLeaderEpoch, -1, -1},
		{"topic", 6, 3, kerr.UnknownLeaderEpoch, -1, -1},
		{"nowhere", -1, 3, kerr.UnknownTopicOrPartition, -1, -1},
	} {
		for version := int16(2); version <= 4; version++ {
			req := kmsg.NewPtrOffsetForLeaderEpochRequest()
			req.Version = version
			q := kmsg.NewOffsetForLeaderEpochRequestTopic()
			q.Topic = tt.topic
			part := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
			part.CurrentLeaderEpoch, part.LeaderEpoch = tt.current, tt.epoch
			q.Partitions = append(q.Partitions, part)
			req.Topics = append(req.Topics, q)
			got := ask[*kmsg.OffsetForLeaderEpochResponse](c, req).Topics[0].Partitions[0]
			var code int16
			if tt.want != nil {
				code = tt.want.Code
			}
			if got.ErrorCode != code || got.LeaderEpoch != tt.found || got.EndOffset != tt.end {
				t.Errorf("v%d, %s, epoch %d in %d: got error %d, epoch %d, end %d; want %d, %d, %d", version, tt.topic, tt.epoch, tt.current,
					got.ErrorCode, got.LeaderEpoch, got.EndOffset, code, tt.found, tt.end)
			}
		}
	}
}

func TestListOffsetsOfAPartitionNamedTwice(t *testing.T) {
	w := newWorld(t)
	w.topic("topic", 2)
	_, addr := w.open()
	req := listAt(7, "topic", 0, -1, -1, 0)
	req.Topics[0].Partitions = append(req.Topics[0].Partitions, listAt(7, "topic", 1, -1, -1, 0).Topics[0].Partitions...)
	req.Topics = append(req.Topics, listAt(7, "topic", 0, -1, -2, 0).Topics...)
	resp := ask[*kmsg.ListOffsetsResponse](dial(t, addr), req)
	first, other, again := resp.Topics[0].Partitions[0], resp.Topics[0].Partitions[1], resp.Topics[1].Partitions[0]
	if first.ErrorCode != kerr.InvalidRequest.Code || first.Offset != -1 || again.ErrorCode != kerr.InvalidRequest.Code || other.ErrorCode != 0 {
		t.Errorf("twice: %+v and %+v, once: %+v", first, again, other)
	}
}
