package controller

import (
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestOnlyTheLeaderTellsOfTheQuorum(t *testing.T) {
	th := founded(t)
	th.log.members = []msg.Member{{Placed: msg.Placed{Node: 1, RaftID: 1}, LogEnd: 3}}
	answers, code := 0, error(nil)
	ask := func() *msg.DescribeQuorum {
		q := &msg.DescribeQuorum{Asked: msg.Asked{Done: func(err error) { answers, code = answers+1, err }}}
		if err := th.ref.Post(q); err != nil {
			t.Fatal(err)
		}
		th.run()
		return q
	}
	if q := ask(); answers != 1 || code != nil || q.Leader != 1 || q.Epoch != th.log.state.Epoch || q.HighWatermark != th.log.state.HighWatermark || len(q.Members) != 1 {
		t.Errorf("the leader: %d answers, %v, %+v", answers, code, q)
	}
	th.log.lose()
	if ask(); answers != 2 || !errors.Is(code, kerr.NotController) {
		t.Errorf("a follower: %d answers, %v", answers, code)
	}
}
