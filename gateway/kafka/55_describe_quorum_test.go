package kafka

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

func quorumOf(version int16, topic string, partition int32) *kmsg.DescribeQuorumRequest {
	req := kmsg.NewPtrDescribeQuorumRequest()
	req.Version = version
	req.Topics = []kmsg.DescribeQuorumRequestTopic{{Topic: topic, Partitions: []kmsg.DescribeQuorumRequestTopicPartition{{Partition: partition}}}}
	return req
}

func TestDescribeQuorum(t *testing.T) {
	w := many(t)
	directory := msg.TopicID{3, 4, 5}
	w.apply(metadata.RaftIDsIssued{Next: 100}, metadata.QuorumChanged{Quorum: []metadata.Quorum{
		{Node: 1, Directory: base64.RawURLEncoding.EncodeToString(directory[:]), RaftID: 11, Voter: true},
		{Node: 2, Directory: "d", RaftID: 12, Voter: true}, {Node: 3, Directory: "d", RaftID: 13}}})
	heard, caughtUp := time.UnixMilli(5000), time.UnixMilli(4000)
	w.quorum = []msg.Member{
		{Placed: msg.Placed{Node: 1, RaftID: 11}, LogEnd: 69, LastFetch: heard, LastCaughtUp: caughtUp},
		{Placed: msg.Placed{Node: 2, RaftID: 12}, LogEnd: 70},
		{Placed: msg.Placed{Node: 3, RaftID: 13, Learner: true}, LogEnd: -1},
	}
	_, addr := w.open()
	c := dial(t, addr)
	for version := int16(0); version <= 2; version++ {
		resp := ask[*kmsg.DescribeQuorumResponse](c, quorumOf(version, msg.MetadataTopic, 0))
		if resp.ErrorCode != 0 || len(resp.Topics) != 1 || resp.Topics[0].Topic != msg.MetadataTopic {
			t.Fatalf("v%d: %+v", version, resp)
		}
		p := resp.Topics[0].Partitions[0]
		if p.ErrorCode != 0 || p.LeaderID != 2 || p.LeaderEpoch != 5 || p.HighWatermark != 70 || len(p.CurrentVoters) != 2 || len(p.Observers) != 1 {
			t.Fatalf("v%d: %+v", version, p)
		}
		follower, leader, observer := p.CurrentVoters[0], p.CurrentVoters[1], p.Observers[0]
		if follower.ReplicaID != 1 || follower.LogEndOffset != 69 || leader.ReplicaID != 2 || observer.ReplicaID != 3 || observer.LogEndOffset != -1 {
			t.Errorf("v%d: %+v", version, p)
		}
		if version >= 1 && (follower.LastFetchTimestamp != 5000 || follower.LastCaughtUpTimestamp != 4000 || observer.LastFetchTimestamp != -1 ||
			time.Since(time.UnixMilli(leader.LastCaughtUpTimestamp)) > patience) {
			t.Errorf("v%d: times %+v", version, p)
		}
		if version >= 2 && (follower.ReplicaDirectoryID != directory || len(resp.Nodes) != 2 || resp.Nodes[0].Listeners[0].Name != "PEER") {
			t.Errorf("v%d: directory %v, nodes %+v", version, follower.ReplicaDirectoryID, resp.Nodes)
		}
	}
	for _, other := range []*kmsg.DescribeQuorumRequest{quorumOf(2, "topic", 0), quorumOf(2, msg.MetadataTopic, 1)} {
		if p := ask[*kmsg.DescribeQuorumResponse](c, other).Topics[0].Partitions[0]; p.ErrorCode != kerr.UnknownTopicOrPartition.Code {
			t.Errorf("%+v: %+v", other.Topics, p)
		}
	}
	w.refuse = kerr.ClusterAuthorizationFailed
	if resp := ask[*kmsg.DescribeQuorumResponse](c, quorumOf(2, msg.MetadataTopic, 0)); resp.ErrorCode != kerr.ClusterAuthorizationFailed.Code || len(resp.Topics) != 0 {
		t.Errorf("refused: %+v", resp)
	}
}
