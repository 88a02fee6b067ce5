package kafka

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

func TestWhoReadsFromAFollower(t *testing.T) {
	w := many(t)
	p := w.topic("topic", 1)[0]
	p.append("a", "b", "c")
	p.state.Role, p.state.Leader, p.state.HighWatermark = msg.Follower, 2, 1
	p.state.LogEnd = 3
	cutOff := w.topic("cutoff", 1)[0]
	cutOff.state.Role, cutOff.state.Leader = msg.Follower, msg.NoNode
	_, addr := w.open()
	c := dial(t, addr)
	for _, tt := range []struct {
		name    string
		version int16
		topic   string
		offset  int64
		replica int32
		want    *kerr.Error
		records bool
	}{
		{"a consumer that does not know of it", 10, "topic", 0, -1, kerr.NotLeaderForPartition, false},
		{"a consumer", 11, "topic", 0, -1, nil, true},
		{"one of today", 18, "topic", 0, -1, nil, true},
		{"at what this replica does not know to be committed", 18, "topic", 1, -1, nil, false},
		{"behind its log", 18, "topic", 4, -1, kerr.OffsetOutOfRange, false},
		{"a replica of old", 14, "topic", 0, 3, kerr.NotLeaderForPartition, false},
		{"a replica", 15, "topic", 0, 3, kerr.NotLeaderForPartition, false},
		{"a consumer of a replica that is cut off", 18, "cutoff", 0, -1, kerr.NotLeaderForPartition, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := fetchFrom(tt.version, tt.topic, tt.offset, 0)
			req.MaxWaitMillis = 0
			if req.ReplicaID = tt.replica; tt.version >= 15 {
				req.ReplicaState.ID = tt.replica
			}
			got := onlyFetched(t, ask[*kmsg.FetchResponse](c, req))
			var code int16
			if tt.want != nil {
				code = tt.want.Code
			} else if got.HighWatermark != 1 {
				t.Errorf("high watermark %d, want the follower's, 1", got.HighWatermark)
			}
			if got.ErrorCode != code || (len(got.RecordBatches) > 0) != tt.records {
				t.Errorf("error %v, %d bytes; want %v, records: %v", kerr.ErrorForCode(got.ErrorCode), len(got.RecordBatches), tt.want, tt.records)
			}
		})
	}
}

// Node 1, in rack a, leads; nodes 2 and 3 are in rack b, node 4 in rack c and fenced, node 6 in rack d and behind.
func TestWhichReplicaIsPreferred(t *testing.T) {
	w := newWorld(t)
	for id, rack := range map[msg.NodeID]string{1: "a", 2: "b", 3: "b", 4: "c", 6: "d"} {
		w.apply(metadata.NodeRegistered{Registration: msg.Registration{ID: id, Directory: "d", Rack: rack, MinLevel: 1, MaxLevel: 1,
			Listeners: map[string]metadata.Endpoint{"kafka": {Host: "h", Port: 1}}}})
	}
	w.apply(metadata.NodeFenced{Node: 4})
	p := w.topic("topic", 1)[0]
	p.append("a", "b", "c")
	now := time.Now()
	p.state.InSync = []msg.NodeID{1, 2, 3, 4}
	p.members = []msg.Member{
		{Placed: msg.Placed{Node: 1}, LogEnd: 3},
		{Placed: msg.Placed{Node: 2}, LogEnd: 2, LastCaughtUp: now},
		{Placed: msg.Placed{Node: 3}, LogEnd: 2, LastCaughtUp: now.Add(time.Second)},
		{Placed: msg.Placed{Node: 4}, LogEnd: 3},
		{Placed: msg.Placed{Node: 6}, LogEnd: 3},
	}
	_, plain := w.open()
	_, aware := w.open(func(o *Options) { o.Static = map[string]string{"replica.selector.class": rackAwareSelector} })
	for _, tt := range []struct {
		name    string
		addr    string
		version int16
		rack    string
		offset  int64
		longer  bool // node 2 has more than node 3
		want    int32
	}{
		{"no selector", plain, 13, "b", 0, false, -1},
		{"the more lately caught up", aware, 13, "b", 0, false, 3},
		{"the longer log", aware, 13, "b", 0, true, 2},
		{"in the first version", aware, 11, "b", 0, false, 3},
		{"a consumer that does not know of it", aware, 10, "b", 0, false, -1},
		{"no rack", aware, 13, "", 0, false, -1},
		{"the leader's rack", aware, 13, "a", 0, false, -1},
		{"nobody there has the offset", aware, 13, "b", 3, false, -1},
		{"fenced", aware, 13, "c", 0, false, -1},
		{"out of sync", aware, 13, "d", 0, false, -1},
		{"nobody there", aware, 13, "e", 0, false, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p.change(func(p *fakePartition) {
				if p.members[1].LogEnd = 2; tt.longer {
					p.members[1].LogEnd = 3
				}
			})
			req := fetchFrom(tt.version, "topic", tt.offset, 0)
			req.Rack, req.MaxWaitMillis = tt.rack, 0
			got := onlyFetched(t, ask[*kmsg.FetchResponse](dial(t, tt.addr), req))
			if got.ErrorCode != 0 || got.PreferredReadReplica != tt.want || got.HighWatermark != 3 {
				t.Errorf("replica %d is preferred, high watermark %d, error %d; want %d", got.PreferredReadReplica, got.HighWatermark, got.ErrorCode, tt.want)
			}
			if records := len(got.RecordBatches) > 0; records != (tt.want == -1 && tt.offset < 3) {
				t.Errorf("records: %v", records)
			}
		})
	}
}

func TestAPreferredReplicaIsToldInEverySessionAnswerAtOnce(t *testing.T) {
	w := newWorld(t)
	w.apply(metadata.NodeRegistered{Registration: msg.Registration{ID: 2, Directory: "d", Rack: "b", MinLevel: 1, MaxLevel: 1,
		Listeners: map[string]metadata.Endpoint{"kafka": {Host: "h", Port: 1}}}})
	p := w.topic("topic", 1)[0]
	p.state.InSync, p.members = []msg.NodeID{1, 2}, []msg.Member{{Placed: msg.Placed{Node: 2}}}
	_, addr := w.open(func(o *Options) { o.Static = map[string]string{"replica.selector.class": rackAwareSelector} })
	c := dial(t, addr)
	req := fetchFrom(13, "topic", 0, 0)
	req.Rack = "b"
	req.SessionEpoch = firstSessionEpoch
	first := ask[*kmsg.FetchResponse](c, req)
	req.SessionID, req.SessionEpoch, req.Topics = first.SessionID, 1, nil
	if got := onlyFetched(t, ask[*kmsg.FetchResponse](c, req)); first.SessionID == 0 || got.PreferredReadReplica != 2 {
		t.Errorf("session %d; replica %d is preferred", first.SessionID, got.PreferredReadReplica)
	}
}
