package kafka

import (
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// many is a cluster of five nodes, seen from node 1: node 4 is fenced, node 5 has no listener for these clients.
func many(t *testing.T) *world {
	w := newWorld(t)
	w.register(2, 9192)
	w.register(3, 9292)
	w.register(4, 9392)
	w.apply(metadata.NodeFenced{Node: 4})
	w.apply(metadata.NodeRegistered{Registration: msg.Registration{ID: 5, Directory: "d", MinLevel: 1, MaxLevel: 1}})
	return w
}

func TestWhoLeadsElsewhere(t *testing.T) {
	w := many(t)
	w.leads(2, 7, w.elsewhere("led", 2, 3), 2, 3)
	w.elsewhere("new", 2, 3)
	w.leads(msg.NoNode, 7, w.elsewhere("lost", 2, 3), 3)
	w.leads(4, 7, w.elsewhere("fenced", 4, 2), 4, 2)
	w.leads(5, 7, w.elsewhere("unreachable", 5, 2), 5, 2)
	w.leads(1, 7, w.elsewhere("circle", 1, 2), 2)
	_, addr := w.open()
	c := dial(t, addr)
	for _, tt := range []struct {
		topic         string
		err           *kerr.Error
		leader, epoch int32
		offline       []int32
	}{
		{"led", nil, 2, 7, nil},
		{"new", kerr.LeaderNotAvailable, -1, -1, nil},
		{"lost", kerr.LeaderNotAvailable, -1, 7, nil},
		{"fenced", kerr.LeaderNotAvailable, -1, 7, []int32{4}},
		{"unreachable", kerr.ListenerNotFound, -1, 7, []int32{5}},
		{"circle", kerr.LeaderNotAvailable, -1, 7, nil}, // told to lead, this node knows better
	} {
		t.Run(tt.topic, func(t *testing.T) {
			var want int16
			if tt.err != nil {
				want = tt.err.Code
			}
			got := ask[*kmsg.MetadataResponse](c, metadataOf(13, tt.topic)).Topics[0].Partitions[0]
			if got.ErrorCode != want || got.Leader != tt.leader || got.LeaderEpoch != tt.epoch || !slices.Equal(got.OfflineReplicas, tt.offline) || len(got.Replicas) != 2 {
				t.Errorf("Metadata: %+v", got)
			}
			req := kmsg.NewPtrDescribeTopicPartitionsRequest()
			req.Topics = []kmsg.DescribeTopicPartitionsRequestTopic{{Topic: tt.topic}}
			p := ask[*kmsg.DescribeTopicPartitionsResponse](c, req).Topics[0].Partitions[0]
			if p.ErrorCode != want || p.LeaderID != tt.leader || p.LeaderEpoch != tt.epoch || !slices.Equal(p.OfflineReplicas, tt.offline) || len(p.Replicas) != 2 || !slices.Equal(p.ISR, got.ISR) {
				t.Errorf("DescribeTopicPartitions: %+v", p)
			}
		})
	}
	if got := ask[*kmsg.MetadataResponse](c, metadataOf(5, "unreachable")).Topics[0].Partitions[0]; got.ErrorCode != kerr.LeaderNotAvailable.Code {
		t.Errorf("before version 6, a leader out of reach is error %d", got.ErrorCode)
	}
}

func TestWhichNodesAreTold(t *testing.T) {
	w := many(t)
	_, addr := w.open()
	c := dial(t, addr)
	for _, tt := range []struct {
		name       string
		leads      msg.NodeID // the metadata log
		controller int32
	}{
		{"another node", 2, 2},
		{"none", msg.NoNode, 1},
		{"one that is not told of", 4, 1},
		{"this one, whose view is not of a leader any more", 1, 1},
	} {
		w.leads(tt.leads, 3, metadataLog)
		resp := ask[*kmsg.MetadataResponse](c, metadataOf(12))
		var nodes []int32
		for _, b := range resp.Brokers {
			nodes = append(nodes, b.NodeID)
		}
		if resp.ControllerID != tt.controller || !slices.Equal(nodes, []int32{1, 2, 3}) {
			t.Errorf("%s leads the metadata log: Metadata tells controller %d, nodes %v", tt.name, resp.ControllerID, nodes)
		}
		req := kmsg.NewPtrDescribeClusterRequest()
		req.EndpointType = 1
		for _, fenced := range []bool{false, true} {
			req.Version, req.IncludeFencedBrokers = 2, fenced
			resp := ask[*kmsg.DescribeClusterResponse](c, req)
			nodes, want := []int32{}, []int32{1, 2, 3}
			if fenced {
				want = append(want, 4)
			}
			for _, b := range resp.Brokers {
				nodes = append(nodes, b.NodeID)
				if b.IsFenced != (b.NodeID == 4) {
					t.Errorf("node %d: fenced is %v", b.NodeID, b.IsFenced)
				}
			}
			if resp.ControllerID != tt.controller || !slices.Equal(nodes, want) {
				t.Errorf("%s leads the metadata log: DescribeCluster tells controller %d, nodes %v, want %d, %v", tt.name, resp.ControllerID, nodes, tt.controller, want)
			}
		}
	}
}

// A partition that does not live here, and one that this node led until its time was over: each handler says so, and those that
// can say who leads instead.
func TestNothingIsServedThatAnotherMayLead(t *testing.T) {
	w := many(t)
	w.leads(2, 7, w.elsewhere("topic", 2, 3), 2, 3)
	slept := w.topic("slept", 1)[0]
	slept.append("a")
	slept.state.Lease = lease(time.Now().Add(-time.Millisecond))
	awake := w.topic("awake", 1)[0]
	awake.state.Lease = lease(time.Now().Add(time.Hour))
	_, addr := w.open()
	c := dial(t, addr)
	for _, tt := range []struct {
		topic         string
		want          int16
		leader, epoch int32
		nodes         int
	}{
		{"topic", kerr.NotLeaderForPartition.Code, 2, 7, 1},
		{"slept", kerr.NotLeaderForPartition.Code, -1, 3, 0},
		{"awake", 0, -1, -1, 0},
	} {
		produced := ask[*kmsg.ProduceResponse](c, produceTo(10, tt.topic, 0, -1, batchOf("a")))
		p := onlyProduced(t, produced)
		if p.ErrorCode != tt.want || p.CurrentLeader.LeaderID != tt.leader || p.CurrentLeader.LeaderEpoch != tt.epoch || len(produced.Brokers) != tt.nodes {
			t.Errorf("Produce to %s: %+v, nodes %v", tt.topic, p, produced.Brokers)
		}
		req := fetchFrom(16, tt.topic, 0, 0)
		fetched := ask[*kmsg.FetchResponse](c, req)
		f := onlyFetched(t, fetched)
		if f.ErrorCode != tt.want || f.CurrentLeader.LeaderID != tt.leader || f.CurrentLeader.LeaderEpoch != tt.epoch || len(fetched.Brokers) != tt.nodes {
			t.Errorf("Fetch from %s: %+v, nodes %v", tt.topic, f, fetched.Brokers)
		}
		if tt.nodes == 1 && (fetched.Brokers[0].Port != 9192 || produced.Brokers[0].Port != 9192) {
			t.Errorf("the leader's address: %+v, %+v", fetched.Brokers, produced.Brokers)
		}
		listed := ask[*kmsg.ListOffsetsResponse](c, listAt(9, tt.topic, 0, -1, -1, 0))
		if got := listed.Topics[0].Partitions[0].ErrorCode; got != tt.want {
			t.Errorf("ListOffsets of %s: error %d", tt.topic, got)
		}
		ends := kmsg.NewPtrOffsetForLeaderEpochRequest()
		ends.Version = 4
		ends.Topics = []kmsg.OffsetForLeaderEpochRequestTopic{{Topic: tt.topic, Partitions: []kmsg.OffsetForLeaderEpochRequestTopicPartition{{CurrentLeaderEpoch: -1, LeaderEpoch: 3}}}}
		if got := ask[*kmsg.OffsetForLeaderEpochResponse](c, ends).Topics[0].Partitions[0].ErrorCode; got != tt.want {
			t.Errorf("OffsetForLeaderEpoch of %s: error %d", tt.topic, got)
		}
		deleted := kmsg.NewPtrDeleteRecordsRequest()
		deleted.Version, deleted.TimeoutMillis = 2, 1000
		deleted.Topics = []kmsg.DeleteRecordsRequestTopic{{Topic: tt.topic, Partitions: []kmsg.DeleteRecordsRequestTopicPartition{{Offset: -1}}}}
		if got := ask[*kmsg.DeleteRecordsResponse](c, deleted).Topics[0].Partitions[0].ErrorCode; got != tt.want {
			t.Errorf("DeleteRecords of %s: error %d", tt.topic, got)
		}
	}
}

func TestAnAnswerAboutANewTopicWaitsForLeadersElsewhere(t *testing.T) {
	w := many(t)
	tp := w.elsewhere("new", 2, 3)
	s, _ := w.open()
	known := make(chan struct{})
	s.afterLeaders([]msg.TopicID{tp.Topic}, func() { close(known) })
	select {
	case <-known:
		t.Fatal("it did not wait")
	default:
	}
	begun := time.Now()
	w.leads(2, 1, tp, 2)
	<-known
	if waited := time.Since(begun); waited > leadersWait/2 {
		t.Errorf("it waited for %s after the leader was known", waited)
	}
}

// lease is one that nobody renews.
type lease time.Time

func (l lease) Until() time.Time { return time.Time(l) }
