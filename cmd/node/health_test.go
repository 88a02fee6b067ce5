package node

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestHealthSumsUp(t *testing.T) {
	leader := &msg.State{Role: msg.Leader, Leader: 1, Size: 10}
	follower := &msg.State{Leader: 2, Size: 5}
	leaderless := &msg.State{Leader: msg.NoNode}
	opening := &msg.State{Leader: msg.NoNode, Err: msg.Errorf(kerr.NotLeaderForPartition, "it is being opened")}
	rotten := &msg.State{Leader: msg.NoNode, Err: msg.Errorf(kerr.KafkaStorageError, "a bit has flipped")}
	for _, c := range []struct {
		name   string
		states []*msg.State
		want   health
		says   string
	}{
		{"all is well", []*msg.State{leader, follower}, health{hosted: 2, led: 1, size: 15}, ""},
		{"some are coming", []*msg.State{leader, leaderless, opening}, health{hosted: 3, led: 1, coming: 2, size: 10}, "2 of 3 partitions have no leader yet"},
		{"one has failed", []*msg.State{leader, rotten, opening}, health{hosted: 3, led: 1, coming: 1, failed: 1, size: 10}, "1 of 3 partitions can't be served, such as"},
	} {
		var h health
		for _, s := range c.states {
			h.add(msg.TopicPartition{Topic: ordersID}, s)
		}
		err := h.err()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: says %v, want %q", c.name, err, c.says)
		}
		h.why = nil
		if h != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, h, c.want)
		}
	}
}
