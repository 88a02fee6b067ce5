package partitions

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// tickTime is the interval of raft's ticks.
const tickTime = 100 * time.Millisecond

// join starts an empty replica that is not among the founders.
func (g *group) join(ids ...uint64) {
	g.t.Helper()
	for _, id := range ids {
		g.logs[id] = newMemLog()
		g.voters = append(slices.Clone(g.voters), id)
		g.open(id)
	}
}

// placed makes members of raft ids, which are also their nodes. A negative one learns.
func placed(ids ...int) []msg.Placed {
	var out []msg.Placed
	for _, id := range ids {
		p := msg.Placed{Node: msg.NodeID(id), RaftID: uint64(id)}
		if id < 0 {
			p = msg.Placed{Node: msg.NodeID(-id), RaftID: uint64(-id), Learner: true}
		}
		out = append(out, p)
	}
	return out
}

// assign tells every replica what the members are to be.
func (g *group) assign(ids ...int) {
	g.t.Helper()
	for _, id := range g.voters {
		if d := g.members[id]; d != nil {
			d.core.Assign(&msg.Assign{Members: placed(ids...)}, g.now)
			g.after(id)
		}
	}
}

// live lets n tick intervals pass, in which everything is delivered.
func (g *group) live(n int) {
	g.t.Helper()
	for range n {
		g.now = g.now.Add(tickTime)
		for _, id := range g.voters {
			g.tick(id, 1)
		}
		g.settle()
	}
}

// leader is the raft id of the one that leads, 0 if nobody does.
func (g *group) leader() uint64 {
	for _, id := range g.voters {
		if d := g.members[id]; d != nil && d.core.Leads() {
			return id
		}
	}
	return 0
}

// shape is a group's configuration as a replica sees it: voters, then learners.
func (g *group) shape(id uint64) string {
	c := g.members[id].core.Members()
	return fmt.Sprint(c.GetVoters(), c.GetLearners())
}

// TestMoves: from the members at the left, in which 1 leads, to those asked for.
func TestMoves(t *testing.T) {
	for name, c := range map[string]struct {
		from   []uint64
		to     []int
		shape  string
		leader uint64
	}{
		"one grows to three":           {[]uint64{1}, []int{1, 2, 3}, "[1 2 3] []", 1},
		"three shrink to one":          {[]uint64{1, 2, 3}, []int{1}, "[1] []", 1},
		"a follower is replaced":       {[]uint64{1, 2, 3}, []int{1, 2, 4}, "[1 2 4] []", 1},
		"two followers are replaced":   {[]uint64{1, 2, 3}, []int{1, 4, 5}, "[1 4 5] []", 1},
		"the leader is replaced":       {[]uint64{1, 2, 3}, []int{2, 3, 4}, "[2 3 4] []", 2},
		"all are replaced":             {[]uint64{1, 2, 3}, []int{4, 5, 6}, "[4 5 6] []", 4},
		"one moves":                    {[]uint64{1}, []int{2}, "[2] []", 2},
		"a voter learns":               {[]uint64{1, 2, 3}, []int{1, 2, -3}, "[1 2] [3]", 1},
		"the leader learns":            {[]uint64{1, 2, 3}, []int{-1, 2, 3}, "[2 3] [1]", 2},
		"a learner comes, and a voter": {[]uint64{1}, []int{1, -2, 3}, "[1 3] [2]", 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGroup(t, c.from...)
			g.elect(1)
			r := g.append(1, 5, 0, 2)
			g.settle()
			for id := uint64(2); id <= 6; id++ {
				if !slices.Contains(c.from, id) {
					g.join(id)
				}
			}
			g.assign(c.to...)
			g.live(40)
			leader := g.leader()
			if leader != c.leader || g.shape(leader) != c.shape {
				t.Fatalf("%d leads %s, want %d and %s", leader, g.shape(leader), c.leader, c.shape)
			}
			var want, replicas []msg.NodeID
			for _, p := range placed(c.to...) {
				replicas = append(replicas, p.Node)
				if !p.Learner {
					want = append(want, p.Node)
				}
			}
			s := g.members[leader].core.State(g.now)
			if !slices.Equal(s.InSync, want) || !slices.Equal(s.Replicas, replicas) {
				t.Fatalf("replicas %v, in sync %v; want %v, %v", s.Replicas, s.InSync, replicas, want)
			}
			again := g.append(leader, 5, 2, 1)
			g.settle()
			g.live(2)
			if r.Err != nil || again.Err != nil || again.Base != 2 {
				t.Fatalf("appends: %v, %d %v", r.Err, again.Base, again.Err)
			}
			for _, p := range placed(c.to...) {
				if d := g.members[p.RaftID]; !reflect.DeepEqual(d.log.frames, g.logs[leader].frames) || g.shape(p.RaftID) != c.shape {
					t.Fatalf("member %d has another log, or %s", p.RaftID, g.shape(p.RaftID))
				}
			}
			g.restart(leader, c.shape)
			if g.members[leader].core.Only() != (len(c.to) == 1) {
				t.Fatal("who is alone, and who is not, is mistaken")
			}
		})
	}
}

// restart opens a member again after a crash: its configuration is what it was.
func (g *group) restart(id uint64, shape string) {
	g.t.Helper()
	g.flush(id, -1)
	g.logs[id].crash(0)
	g.open(id)
	if got := g.shape(id); got != shape {
		g.t.Fatalf("after a restart member %d knows %s, was %s", id, got, shape)
	}
}

func TestMoveIsReportedAsOftenAsItIsAssigned(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.join(4)
	g.assign(1, 2, 4)
	if len(g.members[1].moved) != 0 {
		t.Fatal("reported before it is done")
	}
	g.live(10)
	if got := g.members[1].moved; len(got) == 0 || !slices.Equal(got[0], []uint64{1, 2, 4}) {
		t.Fatalf("reported: %v", got)
	}
	g.members[1].moved = nil
	g.assign(1, 2, 4)
	if len(g.members[1].moved) != 1 || len(g.members[2].moved) != 0 {
		t.Fatalf("asked again, the leader reports %v, a follower %v", g.members[1].moved, g.members[2].moved)
	}
	g.members[1].core.Assign(&msg.Assign{Members: placed(1, 2, 4), Move: 7}, g.now)
	if g.after(1); len(g.members[1].moved) != 2 || g.members[1].move != 7 {
		t.Fatalf("move 7 is reported as %d", g.members[1].move)
	}
}

// TestNobodyGoesBeforeTheNewOnesAreCaughtUp: 4 hears nothing, so 3 stays, however long that takes.
func TestNobodyGoesBeforeTheNewOnesAreCaughtUp(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.join(4)
	g.cut[4] = true
	g.assign(1, 2, 4)
	g.live(50)
	if got := g.shape(1); got != "[1 2 3] [4]" {
		t.Fatalf("the group is %s", got)
	}
	// It was caught up once, but is no more.
	g.cut[4] = false
	g.members[1].core.move.wanted = nil
	g.live(3)
	g.cut[4] = true
	g.append(1, 5, 0, 1)
	g.settle()
	g.now = g.now.Add(2 * freshly)
	g.assign(1, 2, 4)
	g.live(1)
	if got := g.shape(1); got != "[1 2 3] [4]" {
		t.Fatalf("the group is %s", got)
	}
	g.cut[4] = false
	g.live(10)
	if got := g.shape(1); got != "[1 2 4] []" {
		t.Fatalf("the group is %s", got)
	}
}

// TestNoMoveToMembersThatCouldNotGoOn: of the three that are wanted only one is heard.
func TestNoMoveToMembersThatCouldNotGoOn(t *testing.T) {
	up := map[uint64]bool{1: true, 4: true, 5: true}
	m := founded([]Voter{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}})
	if s := plan(&m, placed(1, 2, 3), 1, func(id uint64) bool { return up[id] }); s.steps != nil {
		t.Fatalf("4 and 5 are let go, and 1 is left with two that are away: %v", s.steps)
	}
	up[2] = true
	if s := plan(&m, placed(1, 2, 3), 1, func(id uint64) bool { return up[id] }); len(s.steps) != 2 {
		t.Fatalf("a majority of the members wanted is there: %v", s.steps)
	}
	// Nobody who stays could lead.
	delete(up, 2)
	if s := plan(&m, placed(2, 4, 5), 1, func(id uint64) bool { return id == 1 }); s.leader != 0 || s.steps != nil {
		t.Fatalf("leadership goes to %d, or %v", s.leader, s.steps)
	}
}

func TestAnotherAssignmentTakesOver(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.join(4, 5)
	g.cut[4] = true
	g.assign(1, 2, 4)
	g.live(3)
	g.assign(1, 2, 5)
	g.live(20)
	if got := g.shape(1); got != "[1 2 5] []" {
		t.Fatalf("the group is %s", got)
	}
}

// TestChangeUnderWayIsNotProposedAgain: raft would put an empty entry into the log for each attempt.
func TestChangeUnderWayIsNotProposedAgain(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.join(4)
	g.cut[2], g.cut[3] = true, true
	last := g.logs[1].LastIndex()
	for range 5 {
		g.assign(1, 2, 4)
		g.tick(1, 1)
		g.settle()
	}
	if got := g.logs[1].LastIndex(); got != last+1 {
		t.Fatalf("%d entries for one change", got-last)
	}
}

// TestMemberUnderLoadCountsAsCaughtUp: the others commit what 3 is about to get, every time. It is never seen with all of it,
// and lags a moment only.
func TestMemberUnderLoadCountsAsCaughtUp(t *testing.T) {
	var p peer
	now := time.UnixMilli(1_000_000)
	for i := range uint64(100) {
		p.answered(i, i+1, now.Add(time.Duration(i)*time.Second))
	}
	if late := now.Add(99 * time.Second).Sub(p.caughtUp); late != time.Second {
		t.Fatalf("it was caught up %v ago", late)
	}
	p.answered(0, 1000, now.Add(200*time.Second))
	if late := now.Add(200 * time.Second).Sub(p.caughtUp); late < 100*time.Second {
		t.Fatalf("it has stopped, and was caught up %v ago", late)
	}
}

func TestMembersThatCannotBeAreNotAssigned(t *testing.T) {
	g := newGroup(t, 1)
	g.elect(1)
	for _, bad := range [][]int{{}, {1, 1}, {0, 1}, {-1, -2}} {
		g.assign(bad...)
		if g.members[1].core.move.wanted != nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

// TestLateReplicaAnswersALeaderThatItHasNotHeardOf: the founders are gone, and nothing in the log's beginning names node 2.
func TestLateReplicaAnswersALeaderThatItHasNotHeardOf(t *testing.T) {
	g := newGroup(t, 1)
	g.elect(1)
	g.join(2)
	g.assign(2)
	g.live(20)
	g.members[1] = nil
	g.join(3)
	if got := g.members[3].core.NodeOf(2); got != msg.NoNode {
		t.Fatalf("3 knows already that 2 lives on node %d", got)
	}
	g.assign(2, 3)
	g.live(20)
	if got := g.shape(3); got != "[2 3] []" {
		t.Fatalf("3 knows %s", got)
	}
}

// TestMessageForAnotherReplicaIsNotTaken: node 3 was wiped, and what is sent to the replica that it had reaches the one that it
// has now.
func TestMessageForAnotherReplicaIsNotTaken(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	err := g.members[3].core.Step(&raftpb.Message{Type: raftpb.MsgVote.Enum(), From: new(uint64(1)), To: new(uint64(7)), Term: new(uint64(5)), Index: new(uint64(0)), LogTerm: new(uint64(0))}, 1, g.now)
	g.after(3)
	if err == nil || g.members[3].core.Epoch() != 0 {
		t.Fatalf("taken: %v, epoch %d", err, g.members[3].core.Epoch())
	}
}

// TestWhoAcknowledgedAChangeKnowsTheOneBefore: 3 has acknowledged both changes of a move, crashes, and has saved nothing of what
// it knew to be committed. It must not stand with the members from before both.
func TestWhoAcknowledgedAChangeKnowsTheOneBefore(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.join(4, 5)
	g.assign(1, 4, 5)
	g.live(20)
	log := g.logs[3]
	log.states = nil // nothing of what was saved has reached the disk
	last := uint64(0)
	for i, f := range log.frames {
		if e := entryOf(uint64(i+1), f); e.GetType() != raftpb.EntryNormal {
			last = e.GetIndex()
		}
	}
	if last == 0 {
		t.Fatal("3 has not even heard of a change")
	}
	log.crash(0)
	g.open(3)
	if c := g.members[3].core; c.Members().GetVotersOutgoing() == nil && slices.Equal(c.Members().GetVoters(), []uint64{1, 2, 3}) && len(c.Members().GetLearners()) == 0 {
		t.Fatalf("3 has a change at %d, and goes back to %s", last, g.shape(3))
	}
}

// TestMemoryThatWasSentIsNotGivenBack: a group that shrinks to one member still has messages on their way.
func TestMemoryThatWasSentIsNotGivenBack(t *testing.T) {
	g := newGroup(t, 1, 2)
	g.elect(1)
	g.append(1, 5, 0, 1)
	g.settle()
	d := g.members[1]
	before := d.frames.given
	g.assign(1)
	g.live(5)
	if !d.core.Only() {
		t.Fatalf("the group is %s", g.shape(1))
	}
	if d.frames.given != before {
		t.Fatal("frames that were sent were given back")
	}
	g.append(1, 5, 1, 1)
	g.settle()
	if d.frames.given == before {
		t.Fatal("frames that nobody else has seen are kept")
	}
}

func TestStateOfTheFirstVersionIsRead(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.append(1, 5, 0, 1)
	g.settle()
	p, err := g.members[1].core.savedState()
	if err != nil {
		t.Fatal(err)
	}
	s, err := decodeState(p)
	if err != nil || len(s.members.places) != 3 {
		t.Fatalf("%+v, %v", s, err)
	}
	at := 29 + int(p[28]) // behind the configuration: the places are cut out
	old := slices.Concat([]byte{1}, p[1:at], p[at+8+3*savedPlaceSize:])
	g.logs[1].states = nil
	g.logs[1].SaveState(s.index, old)
	g.flush(1, -1)
	g.logs[1].crash(100)
	g.open(1)
	c := g.members[1].core
	if got := c.NodeOf(3); got != 3 || c.applied == 0 || len(c.Producers()) != 1 {
		t.Fatalf("3 lives on node %d, %d is applied", got, c.applied)
	}
	if _, err := decodeState([]byte{9}); !errors.Is(err, errNewerState) {
		t.Fatal(err)
	}
}

// TestReportedMoveNeedsTheOldMembersNoMore delivers message by message, in any order, while records are appended, until the leader
// reports that the group has its new members, and takes the old leader away at that very moment: the new ones elect another.
func TestReportedMoveNeedsTheOldMembersNoMore(t *testing.T) {
	cases := []struct {
		name     string
		founders []uint64
		joins    []uint64
		members  []int
	}{
		{"one becomes three", []uint64{1}, []uint64{2, 3}, []int{1, 2, 3}},
		{"one of three was wiped", []uint64{1, 2, 3}, []uint64{4}, []int{1, 4, 3}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(200) {
				rng := rand.New(rand.NewPCG(seed, 7))
				g := newGroup(t, c.founders...)
				g.settle()
				g.elect(1)
				if len(c.founders) == 3 {
					g.members[2] = nil
				}
				g.join(c.joins...)
				g.assign(c.members...)
				g.reported(rng)
				g.members[1], g.wire = nil, nil
				for tries := 0; g.leader() == 0; tries++ {
					if tries > 100 {
						t.Fatalf("seed %d: without the old leader nobody leads", seed)
					}
					g.live(1)
				}
			}
		})
	}
}

// reported lets anything happen until member 1 reports the end of a move.
func (g *group) reported(rng *rand.Rand) {
	g.t.Helper()
	pid := int64(100)
	for step := 0; len(g.members[1].moved) == 0; step++ {
		any := g.voters[rng.IntN(len(g.voters))]
		switch {
		case step > 50_000:
			g.t.Fatalf("never reported; the group is %s", g.shape(1))
		case len(g.wire) > 0 && rng.IntN(20) > 0:
			g.deliver(rng.IntN(len(g.wire)))
		case rng.IntN(3) > 0:
			g.flush(any, 1)
		case rng.IntN(4) == 0:
			pid++
			g.append(1, pid, 0, 1)
		default:
			g.now = g.now.Add(100 * time.Millisecond)
			g.tick(any, 1)
		}
	}
}
