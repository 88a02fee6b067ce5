package kafka

import (
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func electIn(version int16, kind int8, topics ...string) *kmsg.ElectLeadersRequest {
	req := kmsg.NewPtrElectLeadersRequest()
	req.Version, req.ElectionType, req.TimeoutMillis = version, kind, 10_000
	for _, t := range topics {
		req.Topics = append(req.Topics, kmsg.ElectLeadersRequestTopic{Topic: t, Partitions: []int32{0}})
	}
	return req
}

// elected is an answer as text: each partition with its error.
func elected(resp *kmsg.ElectLeadersResponse) string {
	var all []string
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			all = append(all, fmt.Sprintf("%s-%d:%d", t.Topic, p.Partition, p.ErrorCode))
			if p.ErrorCode != 0 && p.ErrorCode != kerr.ElectionNotNeeded.Code && p.ErrorMessage == nil {
				all = append(all, "without a message")
			}
		}
	}
	return strings.Join(all, " ")
}

func TestElectLeaders(t *testing.T) {
	for _, tt := range []struct {
		name string
		req  *kmsg.ElectLeadersRequest
		want string
	}{
		{"the preferred leader leads", electIn(2, 0, "well"), "well-0:84"},
		{"another leads", electIn(2, 0, "turned"), "turned-0:0"},
		{"in the first version", electIn(0, 0, "turned"), "turned-0:0"},
		{"the leader says no", electIn(2, 0, "behind"), "behind-0:80"},
		{"the preferred leader is fenced", electIn(2, 0, "fenced"), "fenced-0:80"},
		{"nobody leads", electIn(2, 0, "lost"), "lost-0:80"},
		{"no such topic", electIn(2, 0, "nowhere"), "nowhere-0:3"},
		{"all, without those that need none", electIn(2, 0), "behind-0:80 fenced-0:80 lost-0:80 turned-0:0"},
		{"unclean, and led", electIn(2, 1, "turned"), "turned-0:84"},
		{"unclean, and not led", electIn(2, 1, "lost"), "lost-0:83"},
		{"unclean, all", electIn(2, 1), "lost-0:83"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := many(t)
			w.leads(2, 7, w.elsewhere("well", 2, 3), 2, 3)
			turned := w.elsewhere("turned", 2, 3)
			w.leads(3, 7, turned, 2, 3)
			w.leads(2, 7, w.elsewhere("behind", 3, 2), 2)
			w.leads(2, 7, w.elsewhere("fenced", 4, 2), 2)
			w.elsewhere("lost", 2, 3)
			_, addr := w.open()
			resp := ask[*kmsg.ElectLeadersResponse](dial(t, addr), tt.req)
			if got := elected(resp); resp.ErrorCode != 0 || got != tt.want {
				t.Errorf("error %d, %s; want %s", resp.ErrorCode, got, tt.want)
			}
			if l, _ := w.Leadership(turned); strings.Contains(tt.want, "turned-0:0") && l.Leader != 2 {
				t.Errorf("node %d leads", l.Leader)
			}
		})
	}
	w := newWorld(t)
	_, addr := w.open()
	if resp := ask[*kmsg.ElectLeadersResponse](dial(t, addr), electIn(2, 2, "a")); resp.ErrorCode != kerr.InvalidRequest.Code {
		t.Errorf("an election of an unknown kind: error %d", resp.ErrorCode)
	}
}

func TestAnElectionWaitsUntilItIsSeenHere(t *testing.T) {
	w := many(t)
	id := w.elsewhere("topic", 2, 3)
	w.leads(3, 7, id, 2, 3)
	s, _ := w.open()
	e := &election{server: s, image: w.Image(), elected: map[msg.TopicPartition]msg.NodeID{id: 2}}
	seen := make(chan struct{})
	e.whenSeen(s.clock.Now().Add(patience), func() { close(seen) })
	select {
	case <-seen:
		t.Fatal("it did not wait")
	default:
	}
	w.leads(2, 8, id, 2, 3)
	<-seen
}
