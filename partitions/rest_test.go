package partitions

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// ping gives every member the pings of its node. Those to nodes that are named in away are not answered.
func (g *group) ping(away map[msg.NodeID]bool) {
	for _, id := range g.voters {
		g.members[id].core.Echo = func(node msg.NodeID) time.Time {
			if away[node] {
				return time.Time{}
			}
			return g.now.Add(-10 * time.Millisecond)
		}
	}
}

func (g *group) asleep() []uint64 {
	var out []uint64
	for _, id := range g.voters {
		if !g.members[id].core.Ticking() {
			out = append(out, id)
		}
	}
	return out
}

// restingGroup is a group that 1 leads, and that rests.
func restingGroup(t *testing.T) (*group, map[msg.NodeID]bool) {
	t.Helper()
	g := newGroup(t, 1, 2, 3)
	away := map[msg.NodeID]bool{}
	g.ping(away)
	g.elect(1)
	g.append(1, 5, 0, 1)
	g.live(restTicks + 3)
	if got := g.asleep(); !slices.Equal(got, []uint64{1, 2, 3}) {
		t.Fatalf("asleep are %v", got)
	}
	return g, away
}

func TestIdleGroupRests(t *testing.T) {
	g, _ := restingGroup(t)
	g.now = g.now.Add(time.Hour)
	g.live(0)
	s := g.members[1].core.State(g.now)
	if g.held(1) < leaseTime-20*time.Millisecond || !slices.Equal(s.InSync, []msg.NodeID{1, 2, 3}) {
		t.Fatalf("after an hour the lease lasts %v, in sync are %v", g.held(1), s.InSync)
	}
	g.members[1].core.Config.MinInsyncReplicas = 3
	r := g.append(1, 5, 1, 1)
	g.settle()
	if r.Err != nil || len(g.asleep()) != 0 {
		t.Fatalf("%v, asleep are %v", r.Err, g.asleep())
	}
	if got := g.held(1); got < leaseTime-20*time.Millisecond {
		t.Fatalf("woken, its lease lasts %v", got)
	}
	g.live(restTicks + 3)
	if got := g.asleep(); len(got) != 3 {
		t.Fatalf("asleep again are %v", got)
	}
}

func TestNoRestWithoutPings(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.live(3 * restTicks)
	if got := g.asleep(); len(got) != 0 {
		t.Fatalf("asleep are %v", got)
	}
}

func TestNoRestWhileAMemberIsBehind(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.ping(nil)
	g.elect(1)
	g.cut[3] = true
	g.append(1, 5, 0, 1)
	g.live(3 * restTicks)
	if got := g.asleep(); len(got) != 0 {
		t.Fatalf("asleep are %v", got)
	}
	// Its link is known to be broken: the others don't wait for it, and it is not in sync.
	g.members[1].core.PeerDown(3, g.now)
	g.live(restTicks + 3)
	if got := g.asleep(); !slices.Equal(got, []uint64{1, 2}) {
		t.Fatalf("asleep are %v", got)
	}
	if s := g.members[1].core.State(g.now); !slices.Equal(s.InSync, []msg.NodeID{1, 2}) {
		t.Fatalf("in sync are %v", s.InSync)
	}
	g.cut[3] = false
	g.members[1].core.PeerUp(3, g.now)
	g.after(1)
	g.live(2)
	if s := g.members[1].core.State(g.now); !slices.Equal(s.InSync, []msg.NodeID{1, 2, 3}) || g.logs[3].LastIndex() != g.logs[1].LastIndex() {
		t.Fatalf("in sync are %v, member 3 has %d", s.InSync, g.logs[3].LastIndex())
	}
}

func TestNoRestWithAMajorityAway(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.ping(nil)
	g.elect(1)
	c := g.members[1].core
	c.PeerDown(2, g.now)
	c.PeerDown(3, g.now)
	if c.restful(g.now) {
		t.Fatal("it would rest for ever, and not notice that it leads no more")
	}
}

// TestLostLeaderIsReplacedAtOnce: the link to a resting group's leader breaks. Its members forget it, one after the other stands.
func TestLostLeaderIsReplacedAtOnce(t *testing.T) {
	g, away := restingGroup(t)
	g.cut[1], away[1] = true, true
	first, second := g.members[2].core.PeerDown(1, g.now), g.members[3].core.PeerDown(1, g.now)
	if first <= 0 || second-first != standNext || g.members[2].core.State(g.now).Leader != 1 {
		t.Fatalf("they stand after %v and %v", first, second)
	}
	g.after(2)
	g.after(3)
	if s := g.members[3].core.State(g.now); s.Leader != msg.NoNode || g.members[2].core.PeerDown(1, g.now) != 0 {
		t.Fatalf("the leader is still %d", s.Leader)
	}
	if !g.members[2].core.Stand() {
		t.Fatal("it does not stand")
	}
	g.after(2)
	g.settle()
	if !g.members[2].core.Leads() || g.members[3].core.Stand() {
		t.Fatal("2 does not lead, or 3 stands against it")
	}
	// And the one that was lost: nobody answers its node's pings.
	away[2], away[3] = true, true
	if got := g.held(1); got != 0 {
		t.Fatalf("its lease lasts %v", got)
	}
	r := g.append(1, 5, 1, 1)
	if !errors.Is(r.Err, kerr.NotLeaderForPartition) {
		t.Fatalf("it takes an append: %v, %v", r.answered, r.Err)
	}
}

// TestMemberThatWakesWakesItsLeader: before it could vote for another.
func TestMemberThatWakesWakesItsLeader(t *testing.T) {
	g, _ := restingGroup(t)
	m := &raftpb.Message{Type: raftpb.MsgPreVote.Enum(), From: new(uint64(3)), To: new(uint64(2)), Term: new(uint64(9)), Index: new(uint64(9)), LogTerm: new(uint64(9))}
	if err := g.members[2].core.Step(m, 3, g.now); err != nil {
		t.Fatal(err)
	}
	g.after(2)
	if got := g.asleep(); !slices.Equal(got, []uint64{1, 3}) {
		t.Fatalf("asleep are %v", got)
	}
	g.live(1)
	if got := g.asleep(); !slices.Equal(got, []uint64{3}) {
		t.Fatalf("asleep are %v", got)
	}
	g.live(1)
	if got := g.asleep(); len(got) != 0 || g.leader() != 1 {
		t.Fatalf("asleep are %v, %d leads", got, g.leader())
	}
}

// TestMemberThatMissesTheRestWakesItsLeader: 3 did not hear that the group rests.
func TestMemberThatMissesTheRestWakesItsLeader(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.ping(nil)
	g.elect(1)
	g.live(restTicks - 1)
	for len(g.asleep()) == 0 {
		g.now = g.now.Add(tickTime)
		g.tick(1, 1)
		if !g.members[1].core.Ticking() {
			g.wire = slices.DeleteFunc(g.wire, func(m *raftpb.Message) bool { return m.GetTo() == 3 })
		}
		g.settle()
	}
	g.live(silentTicks)
	if !g.members[1].core.Ticking() {
		t.Fatal("the leader sleeps on")
	}
}

// TestMemberWithMoreDoesNotRest: it has an entry that its leader does not know of, or lacks one.
func TestMemberWithMoreDoesNotRest(t *testing.T) {
	for name, other := range map[string]uint64{"as much": 0, "less": 1} {
		g := newGroup(t, 1, 2, 3)
		g.ping(nil)
		g.elect(1)
		g.settle()
		c := g.members[2].core
		m := &raftpb.Message{Type: raftpb.MsgHeartbeat.Enum(), From: new(uint64(1)), To: new(uint64(2)), Term: new(c.term), Commit: new(c.last - other), Context: rest.context(0)}
		if err := c.Step(m, 1, g.now); err != nil {
			t.Fatal(err)
		}
		g.after(2)
		if c.Ticking() != (other > 0) {
			t.Errorf("told to rest with %s than it has, it ticks: %v", name, c.Ticking())
		}
		answer := g.wire[len(g.wire)-1]
		if what, _, _ := pulseOf(answer); (what == awake) != (other > 0) {
			t.Errorf("it answers %v", what)
		}
	}
}

// A group at rest has heard nothing for long, and all its members have everything.
func TestAGroupAtRestHandsOver(t *testing.T) {
	g, _ := restingGroup(t)
	g.now = g.now.Add(time.Hour)
	h := g.transfer(1, 2)
	g.settle()
	if !h.answered || h.err != nil || !g.members[2].core.Leads() {
		t.Fatalf("answered: %v, %v", h.answered, h.err)
	}
}

// TestAppendWakesALeaderThatNobodyHears: it must find out that nobody does.
func TestAppendWakesALeaderThatNobodyHears(t *testing.T) {
	g, _ := restingGroup(t)
	g.cut[2], g.cut[3] = true, true
	r := g.append(1, 5, 1, 1)
	if !g.members[1].core.Ticking() {
		t.Fatal("it sleeps on, and the append waits for ever")
	}
	g.live(3 * electionTicks)
	if !errors.Is(r.Err, kerr.NotLeaderForPartition) {
		t.Fatalf("the append was answered: %v, %v", r.answered, r.Err)
	}
}

// TestWhoIsAwayWhileAGroupRestsIsNotInSync: it lacked nothing when its node went, and no clock will tell how long that was ago.
func TestWhoIsAwayWhileAGroupRestsIsNotInSync(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.ping(nil)
	g.elect(1)
	g.cut[3] = true
	g.members[1].core.PeerDown(3, g.now)
	g.live(restTicks + 3)
	if s := g.members[1].core.State(g.now); g.members[1].core.Ticking() || !slices.Equal(s.InSync, []msg.NodeID{1, 2}) {
		t.Fatalf("asleep are %v, in sync %v", g.asleep(), s.InSync)
	}
}
