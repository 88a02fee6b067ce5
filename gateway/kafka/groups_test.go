package kafka

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// coordinator is the actor of every partition of the offsets topic, as a test has it.
type coordinator func(m msg.Message) error

func (c coordinator) Post(m msg.Message) error {
	defer posted()
	return c(m)
}

// coordinated is a door in front of a coordinator, and a client of it. There is a topic t.
func coordinated(t *testing.T, c coordinator) (*Server, *client) {
	w := newWorld(t)
	w.topic(msg.OffsetsTopic, 3)
	w.topic("t", 2)
	s, addr := w.open(func(o *Options) {
		at := o.At
		o.At = func(node msg.NodeID, name string) msg.Target {
			if msg.NamesGroupCoordinator(name) {
				return c
			}
			return at(node, name)
		}
	})
	return s, dial(t, addr)
}

// refusing answers everything with err.
func refusing(err error) coordinator {
	return func(m msg.Message) error {
		m.(msg.Request).Refuse(err)
		return nil
	}
}

func heartbeat(c *client) int16 {
	req := kmsg.NewPtrHeartbeatRequest()
	req.Version, req.Group, req.MemberID = 4, "g", "m"
	return ask[*kmsg.HeartbeatResponse](c, req).ErrorCode
}

func TestWhoIsNoCoordinatorSaysSo(t *testing.T) {
	for name, tt := range map[string]struct {
		coordinator coordinator
		want        *kerr.Error
	}{
		"none here": {func(msg.Message) error { return msg.ErrStopped }, kerr.NotCoordinator},
		"stops":     {refusing(msg.Errorf(kerr.NotLeaderForPartition, "stopping")), kerr.NotCoordinator},
		"is full":   {func(msg.Message) error { return msg.ErrMailboxFull }, kerr.CoordinatorLoadInProgress},
		"loads":     {refusing(msg.Errorf(kerr.CoordinatorLoadInProgress, "loading")), kerr.CoordinatorLoadInProgress},
	} {
		_, c := coordinated(t, tt.coordinator)
		if got := heartbeat(c); got != tt.want.Code {
			t.Errorf("%s: answered %d, want %v", name, got, tt.want)
		}
	}
	_, addr := newWorld(t).open()
	if got := heartbeat(dial(t, addr)); got != kerr.NotCoordinator.Code {
		t.Errorf("without an offsets topic: answered %d", got)
	}
}

func TestAJoinWaitsUntilTheServerStops(t *testing.T) {
	joined := make(chan *msg.JoinGroup, 1)
	s, c := coordinated(t, func(m msg.Message) error {
		if q, ok := m.(*msg.JoinGroup); ok {
			joined <- q
		}
		return nil
	})
	req := kmsg.NewPtrJoinGroupRequest()
	req.Version, req.Group, req.ProtocolType, req.SessionTimeoutMillis, req.RebalanceTimeoutMillis = 9, "g", "consumer", 10_000, 60_000
	req.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "range", Metadata: []byte("x")}}
	c.send(req)
	q := <-joined
	if q.SessionTimeout != 10*time.Second || q.RebalanceTimeout != time.Minute || !q.HandsShake || !q.SkipsAssignment || string(q.Protocols[0].Metadata) != "x" || q.ClientHost != "/127.0.0.1" {
		t.Errorf("the coordinator was asked %+v", q)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(context.Background()) }()
	_, body := c.receive()
	resp := req.ResponseKind().(*kmsg.JoinGroupResponse)
	if err := resp.ReadFrom(body[1:]); err != nil || resp.ErrorCode != kerr.NotCoordinator.Code {
		t.Errorf("answered %+v, %v; want NOT_COORDINATOR", resp, err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestOffsetsAreCommittedTopicByTopic(t *testing.T) {
	var asked *msg.CommitOffsets
	_, c := coordinated(t, func(m msg.Message) error {
		asked = m.(*msg.CommitOffsets)
		asked.Offsets[0].Err = kerr.OffsetMetadataTooLarge
		asked.Answer(nil)
		return nil
	})
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Version, req.Group, req.Generation = 9, "g", 7
	for _, name := range []string{"t", "nowhere"} {
		topic := kmsg.NewOffsetCommitRequestTopic()
		topic.Topic = name
		for p := range int32(2) {
			topic.Partitions = append(topic.Partitions, kmsg.OffsetCommitRequestTopicPartition{Partition: p, Offset: 5, LeaderEpoch: 3})
		}
		req.Topics = append(req.Topics, topic)
	}
	resp := ask[*kmsg.OffsetCommitResponse](c, req)
	for i, want := range []int16{kerr.OffsetMetadataTooLarge.Code, 0, kerr.UnknownTopicOrPartition.Code, kerr.UnknownTopicOrPartition.Code} {
		if got := resp.Topics[i/2].Partitions[i%2]; got.ErrorCode != want || got.Partition != int32(i%2) {
			t.Errorf("partition %d of topic %d: %+v, want error %d", i%2, i/2, got, want)
		}
	}
	if asked.Epoch != 7 || !asked.KnowsEpochs || asked.Retention >= 0 || asked.Offsets[1].LeaderEpoch != 3 {
		t.Errorf("the coordinator was asked %+v", asked)
	}
	_, c = coordinated(t, refusing(kerr.IllegalGeneration))
	for _, topic := range ask[*kmsg.OffsetCommitResponse](c, req).Topics {
		for _, p := range topic.Partitions {
			if p.ErrorCode != kerr.IllegalGeneration.Code {
				t.Errorf("an error of the whole is told as %+v", p)
			}
		}
	}
}

func TestOffsetsAreFetchedInEveryVersion(t *testing.T) {
	_, c := coordinated(t, func(m msg.Message) error {
		q := m.(*msg.FetchOffsets)
		if q.All {
			q.Offsets = []msg.CommittedOffset{{Topic: "t"}}
		}
		for i := range q.Offsets {
			q.Offsets[i].Offset, q.Offsets[i].Metadata = 5, "note"
		}
		q.Answer(nil)
		return nil
	})
	for version := int16(1); version <= 10; version++ {
		for _, all := range []bool{false, true} {
			if all && version < 2 {
				continue
			}
			req := kmsg.NewPtrOffsetFetchRequest()
			req.Version, req.Group = version, "g"
			group := kmsg.NewOffsetFetchRequestGroup()
			group.Group = "g"
			if !all {
				req.Topics = []kmsg.OffsetFetchRequestTopic{{Topic: "t", Partitions: []int32{0}}}
				group.Topics = []kmsg.OffsetFetchRequestGroupTopic{{Topic: "t", TopicID: topicID("t"), Partitions: []int32{0}}}
			}
			req.Groups = append(req.Groups, group)
			resp := ask[*kmsg.OffsetFetchResponse](c, req)
			if version < 8 {
				if p := resp.Topics[0].Partitions[0]; resp.Topics[0].Topic != "t" || p.Offset != 5 || *p.Metadata != "note" {
					t.Errorf("v%d, all %v: %+v", version, all, resp)
				}
				continue
			}
			topic := resp.Groups[0].Topics[0]
			if p := topic.Partitions[0]; p.Offset != 5 || version < 10 && topic.Topic != "t" || version == 10 && msg.TopicID(topic.TopicID) != topicID("t") {
				t.Errorf("v%d, all %v: %+v", version, all, resp)
			}
		}
	}
}

func TestAnUnknownGroupIsDeadInOldVersions(t *testing.T) {
	_, c := coordinated(t, refusing(msg.Errorf(kerr.GroupIDNotFound, "no group")))
	for version := int16(0); version <= 6; version++ {
		req := kmsg.NewPtrDescribeGroupsRequest()
		req.Version, req.Groups = version, []string{"g"}
		want := int16(0)
		if version == 6 {
			want = kerr.GroupIDNotFound.Code
		}
		if g := ask[*kmsg.DescribeGroupsResponse](c, req).Groups[0]; g.ErrorCode != want || g.State != "Dead" || g.Group != "g" {
			t.Errorf("v%d: %+v, want Dead with error %d", version, g, want)
		}
	}
}

func TestGroupsAreListedByStateAndType(t *testing.T) {
	_, c := coordinated(t, func(m msg.Message) error {
		q := m.(*msg.ListGroups)
		q.Groups = []msg.ListedGroup{{ID: "a", State: "Stable", Type: "classic"}, {ID: "b", State: "Empty", Type: "consumer"}}
		q.Answer(nil)
		return nil
	})
	for _, tt := range []struct {
		states, types []string
		want          string
	}{{nil, nil, "aaabbb"}, {[]string{"stable"}, nil, "aaa"}, {nil, []string{"Consumer"}, "bbb"}, {[]string{"Empty"}, []string{"classic"}, ""}} {
		req := kmsg.NewPtrListGroupsRequest()
		req.Version, req.StatesFilter, req.TypesFilter = 5, tt.states, tt.types
		got := ""
		for _, g := range ask[*kmsg.ListGroupsResponse](c, req).Groups {
			got += g.Group
		}
		if got != tt.want {
			t.Errorf("states %v, types %v: %q, want %q from three partitions", tt.states, tt.types, got, tt.want)
		}
	}
}

func TestALeaveOfOneTellsItsErrorAsTheWhole(t *testing.T) {
	_, c := coordinated(t, func(m msg.Message) error {
		q := m.(*msg.LeaveGroup)
		q.Members[0].Err = kerr.UnknownMemberID
		q.Answer(nil)
		return nil
	})
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Version, req.Group, req.MemberID = 2, "g", "m"
	if resp := ask[*kmsg.LeaveGroupResponse](c, req); resp.ErrorCode != kerr.UnknownMemberID.Code {
		t.Errorf("v2: %+v", resp)
	}
	req.Version, req.Members = 5, []kmsg.LeaveGroupRequestMember{{MemberID: "m"}}
	if resp := ask[*kmsg.LeaveGroupResponse](c, req); resp.ErrorCode != 0 || resp.Members[0].ErrorCode != kerr.UnknownMemberID.Code {
		t.Errorf("v5: %+v", resp)
	}
}

func TestANullFieldOfAConsumersHeartbeatStaysNull(t *testing.T) {
	var asked *msg.HeartbeatConsumer
	_, c := coordinated(t, func(m msg.Message) error {
		asked = m.(*msg.HeartbeatConsumer)
		asked.NewMemberID, asked.NewEpoch, asked.Interval = "m", 3, time.Second
		asked.Assignment = &[]msg.AssignedTopic{{Topic: topicID("t"), Partitions: []int32{1}}}
		asked.Answer(nil)
		return nil
	})
	req := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	req.Version, req.Group, req.MemberID, req.MemberEpoch, req.RebalanceTimeoutMillis = 1, "g", "m", 2, -1
	resp := ask[*kmsg.ConsumerGroupHeartbeatResponse](c, req)
	if asked.Topics != nil || asked.Owned != nil || asked.Regex != nil || asked.RebalanceTimeout >= 0 || asked.Epoch != 2 {
		t.Errorf("the coordinator was asked %+v", asked)
	}
	if resp.MemberEpoch != 3 || resp.HeartbeatIntervalMillis != 1000 || len(resp.Assignment.Topics) != 1 || resp.Assignment.Topics[0].Partitions[0] != 1 {
		t.Errorf("answered %+v", resp)
	}
	req.Topics, req.SubscribedTopicNames = []kmsg.ConsumerGroupHeartbeatRequestTopic{}, []string{"t"}
	ask[*kmsg.ConsumerGroupHeartbeatResponse](c, req)
	if asked.Owned == nil || len(asked.Owned) != 0 || len(asked.Topics) != 1 {
		t.Errorf("with an empty list, the coordinator was asked %+v", asked)
	}
	req.MemberID = ""
	if resp := ask[*kmsg.ConsumerGroupHeartbeatResponse](c, req); resp.ErrorCode != kerr.InvalidRequest.Code {
		t.Errorf("without a member id: %+v", resp)
	}
}
