package group

import (
	"strings"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// request makes the request that a command stands for, nil for other commands.
func (s *stage) request(d *datadriven.TestData) ask {
	a := argumentsOf(s.t, d)
	asked := msg.Asked{Done: func(error) {}}
	group := a.text("group", "g")
	switch d.Cmd {
	case "join":
		return s.joinRequest(d, a, group)
	case "sync":
		q := &msg.SyncGroup{Asked: asked, Group: group, Generation: int32(a.number("generation", 1)), MemberID: a.id("id"), InstanceID: a.optional("instance"),
			ProtocolType: a.optional("type"), Protocol: a.optional("protocol")}
		for _, line := range strings.Fields(d.Input) {
			id, assigned, _ := strings.Cut(line, "=")
			q.Assignments = append(q.Assignments, msg.MemberAssignment{ID: long(id), Assignment: []byte(assigned)})
		}
		return q
	case "heartbeat":
		return &msg.HeartbeatGroup{Asked: asked, Group: group, Generation: int32(a.number("generation", 1)), MemberID: a.id("id"), InstanceID: a.optional("instance")}
	case "leave":
		return &msg.LeaveGroup{Asked: asked, Group: group, Members: []msg.LeavingMember{{ID: a.id("id"), InstanceID: a.optional("instance"), Reason: a.text("reason", "")}}}
	case "consume":
		return s.consumeRequest(d, a, group)
	case "commit":
		return &msg.CommitOffsets{Asked: asked, Group: group, Epoch: int32(a.number("generation", -1)), MemberID: a.id("id"), InstanceID: a.optional("instance"),
			KnowsEpochs: a.has("v9"), Retention: a.duration("retention", -1), Offsets: a.offsets()}
	case "fetch":
		q := &msg.FetchOffsets{Asked: asked, Group: group, MemberEpoch: int32(a.number("epoch", -1)), All: a.has("all"), Offsets: a.offsets()}
		if a.has("id") {
			id := a.id("id")
			q.MemberID = &id
		}
		return q
	case "forget":
		return &msg.DeleteOffsets{Asked: asked, Group: group, Offsets: a.offsets()}
	case "list":
		return &msg.ListGroups{Asked: asked}
	case "describe":
		return &msg.DescribeGroup{Asked: asked, Group: group, Consumer: a.has("consumer")}
	case "delete":
		return &msg.DeleteGroup{Asked: asked, Group: group}
	case "why":
		return &msg.ExplainGroup{Asked: asked, Group: group}
	}
	return nil
}

func (s *stage) joinRequest(d *datadriven.TestData, a arguments, group string) ask {
	q := &msg.JoinGroup{
		Asked: msg.Asked{Done: func(error) {}}, Group: group, MemberID: a.id("id"), InstanceID: a.optional("instance"), ClientID: d.CmdArgs[0].Key, ClientHost: "/host",
		ProtocolType: a.text("type", consumerType), SessionTimeout: a.duration("session", 10*time.Second), RebalanceTimeout: a.duration("rebalance", time.Minute),
		HandsShake: a.has("shake"), SkipsAssignment: a.has("skips"), Reason: a.text("reason", ""),
	}
	metadata := []byte(a.text("meta", ""))
	if a.has("topics") {
		metadata = subscriptionTo(a.m["topics"], a.offsets())
	}
	for _, p := range strings.Split(a.text("protocols", "range"), ",") {
		if p != "" {
			q.Protocols = append(q.Protocols, msg.GroupProtocol{Name: p, Metadata: metadata})
		}
	}
	return q
}

// subscriptionTo is a subscription of version 1, to topics, with owned partitions.
func subscriptionTo(topics []string, owned []msg.CommittedOffset) []byte {
	var w writer
	w.int16(1)
	w.int32(int32(len(topics)))
	for _, t := range topics {
		w.string(t)
	}
	w.int32(-1)
	w.int32(int32(len(owned)))
	for _, o := range owned {
		w.string(o.Topic)
		w.int32(1)
		w.int32(o.Partition)
	}
	return w
}

// consumeRequest is a heartbeat. With topics or regex it says everything; owned partitions are t/0 t/1.
func (s *stage) consumeRequest(d *datadriven.TestData, a arguments, group string) ask {
	q := &msg.HeartbeatConsumer{
		Asked: msg.Asked{Done: func(error) {}}, Group: group, MemberID: a.text("id", d.CmdArgs[0].Key), Epoch: int32(a.number("epoch", 0)), InstanceID: a.optional("instance"),
		ClientID: d.CmdArgs[0].Key, ClientHost: "/host", RebalanceTimeout: -1, Regex: a.optional("regex"), Assignor: a.optional("assignor"),
	}
	if a.has("topics") {
		q.Topics = a.m["topics"]
	}
	if a.has("topics") || a.has("regex") || a.has("rebalance") {
		q.RebalanceTimeout = a.duration("rebalance", time.Minute)
	}
	owned := a.offsets()
	if a.has("none") || len(owned) > 0 || q.Epoch == 0 {
		q.Owned = []msg.AssignedTopic{}
	}
	for _, o := range owned {
		q.Owned = append(q.Owned, msg.AssignedTopic{Topic: topicNamed(o.Topic), Partitions: []int32{o.Partition}})
	}
	return q
}
