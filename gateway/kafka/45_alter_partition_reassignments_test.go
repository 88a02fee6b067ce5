package kafka

import (
	"fmt"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

func TestAlterPartitionReassignments(t *testing.T) {
	for version := int16(0); version <= 1; version++ {
		w := many(t)
		w.elsewhere("topic", 1, 2)
		_, addr := w.open()
		c := dial(t, addr)
		req := kmsg.NewPtrAlterPartitionAssignmentsRequest()
		req.Version, req.TimeoutMillis, req.AllowReplicationFactorChange = version, 10_000, version == 0
		req.Topics = []kmsg.AlterPartitionAssignmentsRequestTopic{
			{Topic: "nowhere", Partitions: []kmsg.AlterPartitionAssignmentsRequestTopicPartition{{Partition: 4, Replicas: []int32{1}}}},
			{Topic: "topic", Partitions: []kmsg.AlterPartitionAssignmentsRequestTopicPartition{{Replicas: []int32{2, 3}}, {Partition: 1}}},
		}
		resp := ask[*kmsg.AlterPartitionAssignmentsResponse](c, req)
		if resp.ErrorCode != 0 || len(resp.Topics) != 2 || resp.AllowReplicationFactorChange != req.AllowReplicationFactorChange {
			t.Fatalf("v%d: %+v", version, resp)
		}
		if p := resp.Topics[0].Partitions[0]; p.Partition != 4 || p.ErrorCode != kerr.UnknownTopicOrPartition.Code || p.ErrorMessage == nil {
			t.Errorf("v%d: a topic that is not: %+v", version, p)
		}
		if p := resp.Topics[1].Partitions; len(p) != 2 || p[0].ErrorCode != 0 || p[1].Partition != 1 {
			t.Errorf("v%d: %+v", version, p)
		}
		if got := w.moved; len(got) != 3 || !slices.Equal(got[1].Replicas, []msg.NodeID{2, 3}) || got[1].Topic != "topic" || got[2].Replicas != nil || got[2].Partition != 1 {
			t.Errorf("v%d: the controller was asked for %+v", version, got)
		}
		w.refuse = kerr.PolicyViolation
		if resp := ask[*kmsg.AlterPartitionAssignmentsResponse](c, req); resp.ErrorCode != kerr.PolicyViolation.Code || len(resp.Topics) != 0 {
			t.Errorf("v%d: refused as a whole: %+v", version, resp)
		}
	}
}

func TestListPartitionReassignments(t *testing.T) {
	w := many(t)
	move := func(name string, from, to []msg.NodeID) {
		id := w.elsewhere(name, from...)
		var target []metadata.Replica
		topic, _ := w.Image().Topic(name)
		for _, node := range to {
			r := metadata.Replica{Node: node, Directory: "d", RaftID: w.nextRaft}
			if i := slices.Index(from, node); i >= 0 {
				r = topic.Partitions[0].Replicas[i]
			} else {
				w.apply(metadata.RaftIDsIssued{Next: w.nextRaft + 1})
				w.nextRaft++
			}
			target = append(target, r)
		}
		w.apply(metadata.PartitionMoving{Topic: id.Topic, Target: target})
	}
	move("a", []msg.NodeID{1, 2}, []msg.NodeID{3, 2})
	move("b", []msg.NodeID{1}, []msg.NodeID{1, 2, 3})
	w.elsewhere("c", 1, 2)
	_, addr := w.open()
	c := dial(t, addr)
	for _, tt := range []struct {
		name   string
		topics []kmsg.ListPartitionReassignmentsRequestTopic
		want   string
	}{
		{"all", nil, "a-0 [3 2 1] +[3] -[1] b-0 [1 2 3] +[2 3] -[] "},
		{"some", []kmsg.ListPartitionReassignmentsRequestTopic{{Topic: "b", Partitions: []int32{0, 7}}, {Topic: "c", Partitions: []int32{0}}, {Topic: "nowhere", Partitions: []int32{0}}}, "b-0 [1 2 3] +[2 3] -[] "},
		{"another partition", []kmsg.ListPartitionReassignmentsRequestTopic{{Topic: "a", Partitions: []int32{1}}}, ""},
	} {
		req := kmsg.NewPtrListPartitionReassignmentsRequest()
		req.Topics = tt.topics
		resp, got := ask[*kmsg.ListPartitionReassignmentsResponse](c, req), ""
		for _, topic := range resp.Topics {
			for _, p := range topic.Partitions {
				got += fmt.Sprintf("%s-%d %v +%v -%v ", topic.Topic, p.Partition, p.Replicas, p.AddingReplicas, p.RemovingReplicas)
			}
		}
		if resp.ErrorCode != 0 || got != tt.want {
			t.Errorf("%s: error %d, %q; want %q", tt.name, resp.ErrorCode, got, tt.want)
		}
	}
	if got := ask[*kmsg.MetadataResponse](c, metadataOf(12, "a")).Topics[0].Partitions[0].Replicas; !slices.Equal(got, []int32{3, 2, 1}) {
		t.Errorf("Metadata tells of replicas %v while they move; Kafka tells of both, the new ones first", got)
	}
}

// A replica that takes the place of a lost one on its own node is no move that Kafka's clients could see.
func TestARenewedReplicaIsNoReassignment(t *testing.T) {
	p := metadata.Partition{Replicas: []metadata.Replica{{Node: 1, RaftID: 1}, {Node: 2, RaftID: 2}}, Target: []metadata.Replica{{Node: 1, RaftID: 1}, {Node: 2, RaftID: 7}}}
	if _, moves := reassignment(&p); moves {
		t.Error("it is told as one")
	}
}
