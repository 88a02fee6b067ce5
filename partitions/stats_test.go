package partitions

import (
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestElectionsAreCounted(t *testing.T) {
	var h Host
	var last msg.State
	for _, c := range []struct {
		what             string
		role             msg.Role
		epoch            int32
		elections, taken uint64
	}{
		{"opened at epoch 4", msg.Follower, 4, 0, 0},
		{"epoch 5 begins", msg.Follower, 5, 1, 0},
		{"led here in epoch 5", msg.Leader, 5, 1, 1},
		{"in sync has changed", msg.Leader, 5, 1, 1},
		{"led here in epoch 7 without a step between", msg.Leader, 7, 3, 2},
		{"led elsewhere in epoch 8", msg.Follower, 8, 4, 2},
	} {
		next := msg.State{Role: c.role, Epoch: c.epoch}
		h.counters.turned(&last, &next)
		last = next
		if s := h.Stats(); s.Elections != c.elections || s.Taken != c.taken {
			t.Errorf("%s: %+v, want %d elections and %d taken", c.what, s, c.elections, c.taken)
		}
	}
}
