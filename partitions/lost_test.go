package partitions

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// forget has members' machines go down: their logs were written without syncs.
func (g *group) forget(ids ...uint64) {
	g.t.Helper()
	for _, id := range ids {
		if o := g.logs[id].owner; o != (wal.Owner{Replica: id, Cached: true}) {
			g.t.Fatalf("the log of %d belongs to %+v", id, o)
		}
		g.logs[id].owner.Forgot = true
		g.open(id)
	}
}

func newCachedGroup(t *testing.T, voters ...uint64) *group {
	g := &group{
		t: t, founders: voters, voters: voters, members: map[uint64]*driver{}, logs: map[uint64]*memLog{}, cut: map[uint64]bool{},
		now: time.UnixMilli(1_000_000), config: testConfig(),
	}
	g.config.WriteCaching = true
	for _, id := range voters {
		g.logs[id] = newMemLog()
		g.open(id)
	}
	return g
}

// TestWhoMayHaveForgottenTakesNoPart: it neither votes nor acknowledges, whatever the topic's configuration is by now, and asks to be
// replaced once it hears a leader.
func TestWhoMayHaveForgottenTakesNoPart(t *testing.T) {
	g := newCachedGroup(t, 1, 2, 3)
	g.elect(1)
	g.append(1, 5, 0, 1)
	g.settle()
	g.config.WriteCaching = false
	g.wire = nil
	g.forget(2)
	c := g.members[2].core
	if !c.Lost() || !errors.Is(c.Damage(), kerr.KafkaStorageError) || c.Ticking() {
		t.Fatalf("it takes part: %v", c.Damage())
	}
	vote := &raftpb.Message{Type: raftpb.MsgVote.Enum(), From: new(uint64(3)), To: new(uint64(2)), Term: new(uint64(9)), Index: new(uint64(99)), LogTerm: new(uint64(9))}
	_ = c.Step(vote, 3, g.now)
	g.after(2)
	if len(g.wire) > 0 || g.members[2].lost != 0 {
		t.Fatalf("a candidate is answered %v, and taken for a leader %d times", g.wire, g.members[2].lost)
	}
	g.append(1, 5, 1, 1)
	for range 3 {
		g.tick(1, 1)
		g.settle()
	}
	if g.members[2].lost != 1 {
		t.Fatalf("asked %d times to be replaced, within a second", g.members[2].lost)
	}
	if err := g.recoverUnsafe(2); !errors.Is(err, kerr.ElectionNotNeeded) {
		t.Fatalf("a group that has a leader: %v", err)
	}
	g.now = g.now.Add(2 * time.Second)
	g.tick(1, 1)
	g.settle()
	if g.members[2].lost != 2 {
		t.Fatalf("asked %d times to be replaced, in two seconds", g.members[2].lost)
	}
	old := &raftpb.Message{Type: raftpb.MsgHeartbeat.Enum(), From: new(uint64(3)), To: new(uint64(2)), Term: new(uint64(0)), Commit: new(uint64(0))}
	g.now = g.now.Add(2 * time.Second)
	_ = c.Step(old, 3, g.now)
	other := &raftpb.Message{Type: raftpb.MsgHeartbeat.Enum(), From: new(uint64(1)), To: new(uint64(7)), Term: new(uint64(9)), Commit: new(uint64(0))}
	_ = c.Step(other, 1, g.now)
	if g.after(2); g.members[2].lost != 2 {
		t.Fatal("a leader of the past, or another replica's, is taken for one")
	}
}

// TestOneThatForgotIsRecovered: two of three have forgotten, and the third is gone.
func TestOneThatForgotIsRecovered(t *testing.T) {
	g := newCachedGroup(t, 1, 2, 3)
	g.elect(1)
	g.append(1, 5, 0, 1)
	g.settle()
	g.members[3] = nil
	g.forget(1, 2)
	if err := g.recoverUnsafe(1); err != nil {
		t.Fatal(err)
	}
	c := g.members[1].core
	if o := g.logs[1].owner; c.Lost() || g.shape(1) != "[1] []" || o != (wal.Owner{Replica: 1, Cached: true}) {
		t.Fatalf("it stands aside still: %v, %s, %+v", c.Damage(), g.shape(1), o)
	}
	if err := c.Campaign(); err != nil {
		t.Fatal(err)
	}
	g.after(1)
	g.settle()
	if r := g.append(1, 5, 1, 1); r.Err != nil || r.Base != 1 {
		t.Fatalf("append: %d, %v", r.Base, r.Err)
	}
	// Its node tells the controller, once in a term.
	told := g.members[1].recovered
	if told == nil || !slices.Equal(told.Voters, []uint64{1}) || !slices.Equal(told.Banned, []uint64{2, 3}) {
		t.Fatalf("told %+v", told)
	}
	g.members[1].recovered = nil
	g.append(1, 5, 2, 1)
	if g.settle(); g.members[1].recovered != nil {
		t.Fatal("told twice")
	}
}

// TestWhoIsAloneGoesOn with what is there: nobody else knows more.
func TestWhoIsAloneGoesOn(t *testing.T) {
	g := newCachedGroup(t, 1)
	g.lead()
	g.append(1, 5, 0, 1)
	g.settle()
	g.forget(1)
	if g.lead(); g.members[1].core.Lost() || g.logs[1].owner.Forgot {
		t.Fatalf("%+v", g.logs[1].owner)
	}
}

// TestALogOfALaterReplicaIsNotVotedWith: this one was given up before.
func TestALogOfALaterReplicaIsNotVotedWith(t *testing.T) {
	g := newGroup(t, 1)
	g.lead()
	g.logs[1].owner.Replica = 5
	if g.open(1); !g.members[1].core.Lost() {
		t.Fatal("it votes again")
	}
}

// TestAReplicaBecomesAnother: what it had is dropped, while it runs or when it is opened again, and it learns everything anew.
func TestAReplicaBecomesAnother(t *testing.T) {
	w := newTown(t, 1, 2, 3)
	w.up(1, 2, 3)
	w.fill(0, 2)
	w.same(1)
	w.leader()
	w.spoils(func(from, to msg.NodeID, _ link.Kind, p []byte) []byte {
		if to == 3 {
			return nil
		}
		return p
	})
	members := []msg.Placed{{Node: 1, RaftID: 1}, {Node: 2, RaftID: 2}, {Node: 3, RaftID: 9}}
	for _, n := range []msg.NodeID{1, 2, 3} {
		q, _ := w.nodes[n].host.Partition(townID)
		if err := q.Post(&msg.Assign{Members: members, Self: members[n-1].RaftID}); err != nil {
			t.Fatal(err)
		}
	}
	w.eventually("what it had is dropped", func() bool { return w.state(3).LogEnd == 0 && w.state(3).Err == nil })
	w.spoils(nil)
	w.eventually("the other replica has taken its place", func() bool {
		for _, m := range mustMembers(w) {
			if m.RaftID == 9 && !m.Learner {
				return true
			}
		}
		return false
	})
	w.same(1)
	w.down(3)
	log, err := wal.OpenStore(wal.Options{Dir: w.dir(3)})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	l, err := log.Open(townID.String())
	if err != nil || l.Owner().Replica != 9 {
		t.Fatalf("the log belongs to %+v, %v", l.Owner(), err)
	}
}

// mustMembers is the group as its leader lists it.
func mustMembers(w *town) []msg.Member {
	p, _ := w.nodes[w.leader()].host.Partition(townID)
	return p.View().Members()
}
