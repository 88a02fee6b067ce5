package partitions

import (
	"slices"
	"testing"

	"go.etcd.io/raft/v3/raftpb"
)

// asks reports whether somebody is asked for a vote on the wire.
func (g *group) asks() bool {
	return slices.ContainsFunc(g.wire, func(m *raftpb.Message) bool { return m.GetType() == raftpb.MsgVote })
}

// A candidate asks for votes when its own one is durable: the others' votes alone would make it the leader of a term that it may
// forget.
func TestNobodyIsAskedForAVoteBeforeTheCandidatesOwnIsDurable(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	if err := g.members[1].core.Campaign(); err != nil {
		t.Fatal(err)
	}
	g.after(1)
	for len(g.wire) > 0 && !g.asks() { // pre-votes promise nothing, and wait for nothing
		g.deliver(0)
	}
	if g.asks() || len(g.logs[1].pending) == 0 {
		t.Fatal("others are asked for a vote that this replica would forget in a crash")
	}
	if g.flush(1, -1); !g.asks() {
		t.Fatal("the vote is durable, and nobody is asked")
	}
	g.settle()
	if c := g.members[1].core; !c.Leads() || c.Epoch() != 1 {
		t.Fatalf("leads: %v, epoch %d", c.Leads(), c.Epoch())
	}
}

// A disk that takes longer for a vote than an election lasts does not make the replica stand again and again.
func TestACandidateWaitsForItsOwnVote(t *testing.T) {
	for _, voters := range [][]uint64{{1}, {1, 2, 3}} {
		g := newGroup(t, voters...)
		c := g.members[1].core
		if err := c.Campaign(); err != nil {
			t.Fatal(err)
		}
		g.after(1)
		for len(g.wire) > 0 {
			g.deliver(0)
		}
		g.tick(1, 5*electionTicks)
		c.Stand()
		g.after(1)
		g.settle()
		if !c.Leads() || c.Epoch() != 1 {
			t.Errorf("%d voters: leads: %v, epoch %d", len(voters), c.Leads(), c.Epoch())
		}
	}
}
