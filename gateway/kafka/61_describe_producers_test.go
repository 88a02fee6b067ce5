package kafka

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestDescribeProducers(t *testing.T) {
	w := many(t)
	follower := w.topic("topic", 1)[0]
	follower.state.Role, follower.state.Leader = msg.Follower, 2
	w.topic("broken", 1)[0].state.Err = msg.Errorf(kerr.KafkaStorageError, "a bit of segment 3 has flipped")
	w.elsewhere("elsewhere", 2, 3)
	_, addr := w.open()
	c := dial(t, addr)
	describe := func(topic string, partition int32) kmsg.DescribeProducersResponseTopicPartition {
		req := kmsg.NewPtrDescribeProducersRequest()
		req.Topics = []kmsg.DescribeProducersRequestTopic{{Topic: topic, Partitions: []int32{partition}}}
		return ask[*kmsg.DescribeProducersResponse](c, req).Topics[0].Partitions[0]
	}
	got := describe("topic", 0)
	if got.ErrorCode != 0 || len(got.ActiveProducers) != 2 {
		t.Fatalf("%+v", got)
	}
	first, second := got.ActiveProducers[0], got.ActiveProducers[1]
	if first.ProducerID != 7 || first.ProducerEpoch != 2 || first.LastSequence != 3 || first.LastTimestamp != 4 || first.CoordinatorEpoch != 5 || first.CurrentTxnStartOffset != 6 || second.ProducerID != 9 {
		t.Errorf("%+v", got.ActiveProducers)
	}
	for _, tt := range []struct {
		topic     string
		partition int32
		want      *kerr.Error
		says      string
	}{
		{"nowhere", 0, kerr.UnknownTopicOrPartition, ""},
		{"topic", 1, kerr.UnknownTopicOrPartition, ""},
		{"elsewhere", 0, kerr.NotLeaderForPartition, ""},
		{"broken", 0, kerr.KafkaStorageError, "a bit of segment 3 has flipped"},
	} {
		got := describe(tt.topic, tt.partition)
		if got.ErrorCode != tt.want.Code || got.ErrorMessage == nil || tt.says != "" && *got.ErrorMessage != tt.says {
			t.Errorf("%s-%d: error %d, %s; want %v", tt.topic, tt.partition, got.ErrorCode, text(got.ErrorMessage), tt.want)
		}
	}
}

func TestUnregisterBroker(t *testing.T) {
	w := many(t)
	_, addr := w.open()
	c := dial(t, addr)
	req := kmsg.NewPtrUnregisterBrokerRequest()
	req.BrokerID = 4
	if resp := ask[*kmsg.UnregisterBrokerResponse](c, req); resp.ErrorCode != 0 || len(w.changed) != 1 || w.changed[0].Node != 4 || w.changed[0].Change != msg.DecommissionNode {
		t.Errorf("%+v; the controller was asked for %+v", resp, w.changed)
	}
	w.refuse = msg.Errorf(kerr.BrokerIDNotRegistered, "there is no node 4")
	if resp := ask[*kmsg.UnregisterBrokerResponse](c, req); resp.ErrorCode != kerr.BrokerIDNotRegistered.Code || text(resp.ErrorMessage) != "there is no node 4" {
		t.Errorf("%+v", resp)
	}
}
