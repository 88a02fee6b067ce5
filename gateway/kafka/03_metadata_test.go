package kafka

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

func metadataOf(version int16, names ...string) *kmsg.MetadataRequest {
	req := kmsg.NewPtrMetadataRequest()
	req.Version = version
	req.Topics = []kmsg.MetadataRequestTopic{}
	for _, name := range names {
		req.Topics = append(req.Topics, kmsg.MetadataRequestTopic{Topic: kmsg.StringPtr(name)})
	}
	return req
}

func TestMetadataInEveryVersion(t *testing.T) {
	w := newWorld(t)
	w.register(2, 9192)
	p := w.topic("topic", 2)[1]
	p.state.Leader, p.state.Epoch = msg.NoNode, 4
	w.topic("_inner", 1)
	_, addr := w.open()
	c := dial(t, addr)
	for version := int16(0); version <= 13; version++ {
		resp := ask[*kmsg.MetadataResponse](c, metadataOf(version, "topic"))
		if len(resp.Brokers) != 2 || resp.Brokers[0].NodeID != 1 || resp.Brokers[0].Host != "127.0.0.1" || resp.Brokers[1].Port != 9192 {
			t.Errorf("v%d: nodes %+v", version, resp.Brokers)
		}
		if version >= 1 && resp.ControllerID != 1 || version >= 2 && *resp.ClusterID != "test-cluster" {
			t.Errorf("v%d: controller %d, cluster %v", version, resp.ControllerID, resp.ClusterID)
		}
		topic := resp.Topics[0]
		if topic.ErrorCode != 0 || *topic.Topic != "topic" || len(topic.Partitions) != 2 || version >= 10 && topic.TopicID != topicID("topic") {
			t.Errorf("v%d: topic %+v", version, topic)
		}
		led, lost := topic.Partitions[0], topic.Partitions[1]
		if led.ErrorCode != 0 || led.Leader != 1 || version >= 7 && led.LeaderEpoch != 3 || len(led.Replicas) != 1 || len(led.ISR) != 1 {
			t.Errorf("v%d: partition 0 %+v", version, led)
		}
		if lost.ErrorCode != kerr.LeaderNotAvailable.Code || lost.Leader != -1 {
			t.Errorf("v%d: partition 1, which has no leader: %+v", version, lost)
		}
	}
}

func TestMetadataWhichTopics(t *testing.T) {
	w := newWorld(t)
	w.topic("topic", 1)
	w.topic("_inner", 1)
	_, addr := w.open()
	c := dial(t, addr)
	null := func(version int16) *kmsg.MetadataRequest {
		req := metadataOf(version)
		req.Topics = nil
		return req
	}
	byID := func(version int16, name string) *kmsg.MetadataRequest {
		req := metadataOf(version)
		req.Topics = []kmsg.MetadataRequestTopic{{TopicID: topicID(name)}}
		return req
	}
	unnamed := metadataOf(12)
	unnamed.Topics = []kmsg.MetadataRequestTopic{{}}
	for _, tt := range []struct {
		name string
		req  *kmsg.MetadataRequest
		want string
	}{
		{"v0, none means all", metadataOf(0), "_inner topic"},
		{"v1, none means none", metadataOf(1), ""},
		{"null means all", null(1), "_inner topic"},
		{"null means all in flexible versions", null(12), "_inner topic"},
		{"a topic that is not", metadataOf(12, "nowhere"), "nowhere!3"},
		{"names that can't be", metadataOf(12, "a b", "", "..", strings.Repeat("x", 250)), "a b!17 !17 ..!17 " + strings.Repeat("x", 250) + "!17"},
		{"by id", byID(12, "topic"), "topic"},
		{"by an id that is not", byID(12, "nowhere"), "null!100"},
		{"by id before v12", byID(10, "topic"), "!42"},
		{"neither name nor id", unnamed, "null!17"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.req.AllowAutoTopicCreation = false
			var got []string
			for _, topic := range ask[*kmsg.MetadataResponse](c, tt.req).Topics {
				s := "null"
				if topic.Topic != nil {
					s = *topic.Topic
				}
				if topic.ErrorCode != 0 {
					s += "!" + strconv.Itoa(int(topic.ErrorCode))
				}
				if tt.req.Version > 0 && topic.IsInternal != strings.HasPrefix(s, "_") {
					t.Errorf("%s: internal is %v", s, topic.IsInternal)
				}
				got = append(got, s)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if w.requests() != 0 {
		t.Error("the controller was asked")
	}
}

func TestMetadataOperations(t *testing.T) {
	w := newWorld(t)
	w.topic("topic", 1)
	_, addr := w.open()
	c := dial(t, addr)
	req := metadataOf(9, "topic")
	if resp := ask[*kmsg.MetadataResponse](c, req); resp.AuthorizedOperations != math.MinInt32 || resp.Topics[0].AuthorizedOperations != math.MinInt32 {
		t.Errorf("operations that were not asked for: %d, %d", resp.AuthorizedOperations, resp.Topics[0].AuthorizedOperations)
	}
	req.IncludeClusterAuthorizedOperations, req.IncludeTopicAuthorizedOperations = true, true
	if resp := ask[*kmsg.MetadataResponse](c, req); resp.AuthorizedOperations != 8096 || resp.Topics[0].AuthorizedOperations != 3576 {
		t.Errorf("operations: got %d, %d; Kafka without ACLs says 8096, 3576", resp.AuthorizedOperations, resp.Topics[0].AuthorizedOperations)
	}
}

func TestMetadataMakesTopics(t *testing.T) {
	w := newWorld(t)
	_, addr := w.open()
	c := dial(t, addr)
	for _, tt := range []struct {
		name    string
		version int16
		allow   bool
		enable  string // auto.create.topics.enable
		refuse  error
		want    int16
	}{
		{"made", 4, true, "true", nil, 0},
		{"made-by-old-clients", 1, false, "true", nil, 0},
		{"not-allowed", 4, false, "true", nil, kerr.UnknownTopicOrPartition.Code},
		{"not-enabled", 4, true, "false", nil, kerr.UnknownTopicOrPartition.Code},
		{"refused", 4, true, "true", kerr.InvalidReplicationFactor, kerr.InvalidReplicationFactor.Code},
		{"not a name", 4, true, "true", nil, kerr.InvalidTopicException.Code},
	} {
		w.apply(metadata.SetConfig(msg.BrokerResource, "", "auto.create.topics.enable", tt.enable))
		w.mu.Lock()
		w.refuse = tt.refuse
		w.mu.Unlock()
		req := metadataOf(tt.version, tt.name)
		req.AllowAutoTopicCreation = tt.allow
		got := ask[*kmsg.MetadataResponse](c, req).Topics[0]
		if got.ErrorCode != tt.want || tt.want == 0 && (len(got.Partitions) != 1 || got.Partitions[0].Leader != 1) {
			t.Errorf("%s: got %+v, want error %d", tt.name, got, tt.want)
		}
	}
}
