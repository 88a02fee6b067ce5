package partitions

import (
	"errors"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// recoverUnsafe makes a member the only voter, and opens it again.
func (g *group) recoverUnsafe(id uint64) error {
	g.t.Helper()
	rd, err := g.members[id].core.RecoverUnsafe(g.now)
	if err != nil {
		return err
	}
	log := g.logs[id]
	if err := log.Append(rd.First, rd.Frames); err != nil {
		g.t.Fatal(err)
	}
	log.SetOwner(*rd.Owner)
	log.pending = nil
	log.Sync(rd.HardState, func(error) {})
	log.flush(-1)
	g.open(id)
	return nil
}

// TestSurvivorGoesOn: 2 and 3 are gone for good. 1 has an entry that may not be committed, and a change of members that is not.
func TestSurvivorGoesOn(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.append(1, 5, 0, 1)
	g.settle()
	if err := g.recoverUnsafe(1); !errors.Is(err, kerr.ElectionNotNeeded) {
		t.Fatalf("a group that has a leader: %v", err)
	}
	g.join(4)
	g.cut[2], g.cut[3], g.cut[4] = true, true, true
	g.append(1, 5, 1, 1)
	g.assign(1, 4)
	g.flush(1, -1)
	for range 3 * electionTicks {
		g.tick(1, 1)
	}
	lost := g.wire
	g.wire = nil
	if err := g.recoverUnsafe(1); err != nil {
		t.Fatal(err)
	}
	c := g.members[1].core
	if got := g.shape(1); got != "[1] []" || !c.Only() {
		t.Fatalf("the group is %s", got)
	}
	if err := c.Campaign(); err != nil {
		t.Fatal(err)
	}
	g.after(1)
	g.settle()
	r := g.append(1, 5, 2, 1)
	g.settle()
	if r.Err != nil || r.Base != 2 {
		t.Fatalf("append: %d, %v", r.Base, r.Err)
	}
	// The others are not heard, whatever their term, and not taken in again.
	for _, id := range []uint64{2, 3, 4} {
		m := &raftpb.Message{Type: raftpb.MsgHeartbeat.Enum(), From: new(id), To: new(uint64(1)), Term: new(uint64(99)), Commit: new(uint64(0))}
		if err := c.Step(m, msg.NodeID(id), g.now); err == nil {
			t.Errorf("%d is heard", id)
		}
	}
	g.assign(1, 2, 3)
	if c.move.wanted != nil && slices.ContainsFunc(c.move.wanted, func(p msg.Placed) bool { return p.RaftID == 2 }) {
		t.Fatal("a member that was left behind is wanted")
	}
	// After another crash it is so, still.
	g.logs[1].states = nil
	g.restart(1, "[1] []")
	if err := g.members[1].core.Step(lost[0], 2, g.now); err == nil || !g.members[1].core.members.banned(2) {
		t.Fatal("the ban is forgotten")
	}
	g.members[1].core.Campaign()
	g.after(1)
	g.settle()
	// And one that begins now comes to the same members, although the founders were others.
	g.members[2], g.members[3], g.members[4] = nil, nil, nil
	g.voters = []uint64{1}
	g.join(7)
	g.assign(1, 7)
	g.live(20)
	if got := g.shape(7); got != "[1 7] []" || !g.members[7].core.members.banned(3) {
		t.Fatalf("the new member knows %s, banned %v", got, g.members[7].core.members.bans)
	}
	g.founders = []uint64{1, 7}
	g.voters = []uint64{1, 7}
	g.same()
	// Saved and read again.
	p, err := g.members[7].core.savedState()
	if err != nil {
		t.Fatal(err)
	}
	if s, err := decodeState(p); err != nil || !slices.Equal(s.members.bans, g.members[7].core.members.bans) {
		t.Fatalf("saved as %v, %v", s.members.bans, err)
	}
}

func TestWhoIsNoMemberCannotSurvive(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.join(4)
	if err := g.recoverUnsafe(4); !errors.Is(err, kerr.InvalidRequest) {
		t.Fatal(err)
	}
}

// TestRecoveryOverARealLog: two of three nodes are gone, and the third is asked.
func TestRecoveryOverARealLog(t *testing.T) {
	w := newTown(t, 1, 2, 3)
	w.up(1, 2, 3)
	w.fill(0, 2)
	w.same(1)
	w.down(2)
	w.down(3)
	w.broken(2)
	w.broken(3)
	ask := func() error {
		done := make(chan error, 1)
		q := &msg.RecoverUnsafe{Asked: msg.Asked{Done: func(err error) { done <- err }}}
		p, _ := w.nodes[1].host.Partition(townID)
		if err := p.Post(q); err != nil {
			return err
		}
		return <-done
	}
	w.eventually("the recovery", func() bool { return ask() == nil })
	w.fill(2, 1)
	if s := w.state(1); s.Lease != nil || len(s.Replicas) != 1 {
		t.Fatalf("%+v", s)
	}
	w.down(1)
	w.up(1)
	w.fill(3, 1)
}
