package partitions

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// rot spoils a byte of a file of a node's log.
func (w *town) rot(id msg.NodeID, first uint64) {
	w.t.Helper()
	b, err := os.ReadFile(w.path(id, first))
	if err != nil {
		w.t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(w.path(id, first), b, 0o640); err != nil {
		w.t.Fatal(err)
	}
}

// firsts are the first entries of a node's files.
func (w *town) firsts(id msg.NodeID) (out []uint64) {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(w.path(id, 1)))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		if first, err := strconv.ParseUint(e.Name(), 10, 64); err == nil {
			out = append(out, first)
		}
	}
	return out
}

// cut takes the end of a file away, which a start finds out.
func (w *town) cut(id msg.NodeID, first uint64) {
	w.t.Helper()
	info, err := os.Stat(w.path(id, first))
	if err == nil {
		err = os.Truncate(w.path(id, first), info.Size()/2)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// read reads a node's replica until it meets an error, or the end.
func (w *town) read(id msg.NodeID) error {
	p, _ := w.nodes[id].host.Partition(townID)
	v := p.View()
	for at := v.State().LogStart; at < v.State().HighWatermark; {
		r, err := w.readAt(v, at)
		if err != nil {
			return err
		}
		at += batchRecords
		r.Release()
	}
	return nil
}

// holdBack loses what is said about files, of some kinds, until release is called.
func (w *town) holdBack(what ...says) (release func()) {
	w.spoils(func(_, _ msg.NodeID, k link.Kind, p []byte) []byte {
		if f, ok := pieceOf(k, p); ok {
			for _, s := range what {
				if f.says == s {
					return nil
				}
			}
		}
		return p
	})
	return func() { w.spoils(nil) }
}

func TestDamagedReplicaFetchesTheLogAnew(t *testing.T) {
	w := newTown(t, 1, 2, 3)
	w.up(1, 2, 3)
	w.fill(0, 30)
	sick := w.follower()
	w.down(sick)
	w.cut(sick, 1)
	release := w.holdBack(wantRepair)
	w.up(sick)
	w.eventually("the damage to show", func() bool {
		s := w.state(sick)
		return s.Err != nil && s.Leader == msg.NoNode && strings.Contains(s.Err.Error(), "fetches the log from its leader")
	})
	w.fill(30, 5)
	// With one of the others gone there is no majority: the damaged one neither votes nor acknowledges.
	l := w.leader()
	other := msg.NodeID(1 + 2 + 3 - int(sick) - int(l))
	w.down(other)
	w.eventually("the leader to notice that it has lost its majority", func() bool { return w.state(l).Role == msg.Follower })
	for range 50 {
		if s := w.state(l); s.Role == msg.Leader {
			t.Fatal("a damaged replica has voted")
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.up(other)
	w.fill(35, 5)
	release()
	w.same(sick)
	// And now it votes again.
	w.down(other)
	w.fill(40, 5)
	w.same(sick)
	w.down(sick)
	w.up(sick)
	w.same(sick)
}

// Rot that a reader finds makes the replica fetch the log anew, also when it leads: then another one takes over.
func TestRotThatAReaderFinds(t *testing.T) {
	for name, who := range map[string]func(w *town) msg.NodeID{
		"at a follower": (*town).follower,
		"at the leader": (*town).leader,
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t, 1, 2, 3)
			w.up(1, 2, 3)
			w.fill(0, 30)
			sick := who(w)
			w.eventually("the group to rest", func() bool { // then nobody misses its leader
				l, ok := w.state(w.leader()).Lease.(*lease)
				return ok && l.resting.Load() != nil
			})
			w.rot(sick, 1)
			if err := w.read(sick); err == nil {
				t.Fatal("the rot was read")
			}
			w.eventually("the log to come anew", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.moved > 0 })
			w.same(sick)
			w.fill(30, 5)
			w.same(sick)
			if err := w.read(sick); err != nil {
				t.Error(err)
			}
		})
	}
}

// Rot in what a start has to apply again, behind the last state that was saved, is found by raft: it can't go on without.
func TestRotInWhatIsAppliedAgain(t *testing.T) {
	w := newTown(t, 1, 2, 3)
	w.up(1, 2, 3)
	w.fill(0, 30)
	sick := w.follower()
	w.down(sick)
	w.rot(sick, 1)
	states, err := filepath.Glob(filepath.Join(filepath.Dir(w.path(sick, 1)), "*.state"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range states {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	w.up(sick)
	w.eventually("the log to come anew", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.moved > 0 })
	w.same(sick)
	w.fill(30, 5)
	w.same(sick)
}

// One of two can't stop voting: nobody would be left to repair it.
func TestRotInOneOfTwo(t *testing.T) {
	w := newTown(t, 1, 2)
	w.up(1, 2)
	w.fill(0, 20)
	sick := w.follower()
	w.rot(sick, 1)
	if err := w.read(sick); err == nil {
		t.Fatal("the rot was read")
	}
	w.fill(20, 5)
	if s := w.state(sick); s.Err != nil {
		t.Errorf("it has stopped: %v", s.Err)
	}
}

// A leader whose own file is rotten sends it; the member refuses it and says so. So the leader finds its own damage, gives way,
// and both are repaired by the third.
func TestRotAtTheLeaderIsFoundByTheMember(t *testing.T) {
	w, lost := left(t, 0)
	sick := w.leader()
	w.rot(sick, w.firsts(sick)[7])
	w.up(lost)
	w.eventually("another leader", func() bool { return w.leader() != sick })
	w.same(lost)
	w.same(sick)
}

// A damaged replica takes no snapshot that does not answer its own request: it may have acknowledged more than is in it.
func TestDamagedReplicaTakesNoOtherSnapshot(t *testing.T) {
	w := newTown(t, 1, 2, 3)
	w.up(1, 2, 3)
	w.fill(0, 30)
	sick := w.follower()
	w.down(sick)
	w.fill(30, 1)
	w.cut(sick, 1)
	l := w.leader()
	var mu sync.Mutex
	var told []*raftpb.Message
	w.spoils(func(_, to msg.NodeID, k link.Kind, p []byte) []byte {
		if k == link.RaftEntries && isSnapshot(p) {
			r, _ := decodeBulk(p)
			mu.Lock()
			defer mu.Unlock()
			told = append(told, r.step.Message)
			return nil
		}
		return p
	})
	w.up(sick)
	w.eventually("an offer", func() bool { mu.Lock(); defer mu.Unlock(); return len(told) > 0 })
	w.holdBack(wantRepair)
	mu.Lock()
	defer mu.Unlock()
	p, _ := w.nodes[sick].host.Partition(townID)
	data, err := decodeSnapshot(told[0].GetSnapshot().GetData())
	if err != nil || data.asked == 0 {
		t.Fatalf("asked under %d: %v", data.asked, err)
	}
	for _, number := range []uint64{0, data.asked + 1} {
		other := *data
		other.asked = number
		m := &raftpb.Message{Type: raftpb.MsgSnap.Enum(), From: told[0].From, To: told[0].To, Term: told[0].Term,
			Snapshot: &raftpb.Snapshot{Metadata: told[0].GetSnapshot().GetMetadata(), Data: other.encode()}}
		if err := p.Post(&Step{Message: m, From: l}); err != nil {
			t.Fatal(err)
		}
	}
	old := &raftpb.Message{Type: raftpb.MsgSnap.Enum(), From: told[0].From, To: told[0].To, Term: new(uint64(0)), Snapshot: told[0].GetSnapshot()}
	if err := p.Post(&Step{Message: old, From: l}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	if err := p.Post(&msg.DeleteRecords{Done: func(int64, error) { close(done) }}); err != nil {
		t.Fatal(err)
	}
	await(t, done, "the messages to be handled")
	if n := len(w.nodes[sick].host.Transfers()); n > 0 || w.state(sick).Err == nil {
		t.Errorf("%d transfers have begun, %v", n, w.state(sick).Err)
	}
	w.spoils(nil)
	w.same(sick)
}

func TestWhichSnapshotIsWanted(t *testing.T) {
	log := newMemLog()
	log.hard.Term = 4
	d, err := newDriver(1, []uint64{1, 2, 3}, log, testConfig(), time.UnixMilli(0))
	if err != nil {
		t.Fatal(err)
	}
	log.damage = []wal.Damage{{Reason: "rot"}}
	sick, err := newDriver(1, []uint64{1, 2, 3}, log, testConfig(), time.UnixMilli(0))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		core                *Core
		repair, asked, term uint64
		want                bool
	}{
		"raft's own":                     {core: d.core, term: 4, want: true},
		"of an old leader":               {core: d.core, term: 3},
		"damaged, raft's own":            {core: sick.core, repair: 7, term: 4},
		"damaged, the answer":            {core: sick.core, repair: 7, asked: 7, term: 4, want: true},
		"damaged, an old answer":         {core: sick.core, repair: 7, asked: 6, term: 4},
		"damaged, an old leader's":       {core: sick.core, repair: 7, asked: 7, term: 3},
		"damaged, and has not asked yet": {core: sick.core, term: 4},
	} {
		r := &replica{core: c.core, log: log, taking: taking{repair: c.repair}}
		m := &raftpb.Message{Term: new(c.term), Snapshot: &raftpb.Snapshot{Metadata: &raftpb.SnapshotMetadata{Term: new(c.term)}}}
		if got := r.wants(m, &snapshotData{asked: c.asked, manifest: wal.Manifest{Last: 9}}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// While the leader can't commit what it had when it was asked, it offers nothing to a damaged member.
func TestRepairWaitsForTheCommit(t *testing.T) {
	w := newTown(t, 1, 2, 3)
	w.up(1, 2, 3)
	w.fill(0, 20)
	sick, l := w.follower(), w.leader()
	other := msg.NodeID(1 + 2 + 3 - int(sick) - int(l))
	w.down(sick)
	w.cut(sick, 1)
	asked, told := make(chan struct{}, 1000), make(chan int64, 1000)
	hold := func(held bool) {
		w.spoils(func(from, to msg.NodeID, k link.Kind, p []byte) []byte {
			if f, ok := pieceOf(k, p); ok && f.says == wantRepair && to == l {
				asked <- struct{}{}
			}
			if r, err := decodeBulk(p); k == link.RaftEntries && err == nil && r.step.Message.GetType() == raftpb.MsgSnap {
				d, _ := decodeSnapshot(r.step.Message.GetSnapshot().GetData())
				told <- d.manifest.Files[len(d.manifest.Files)-1].Next
			} else if held && k == link.RaftEntries && to == other {
				return nil
			}
			return p
		})
	}
	hold(true)
	p, _ := w.nodes[l].host.Partition(townID)
	r := reply{make(chan *msg.Append, 1)}
	if err := p.Post(&msg.Append{Batches: batches(produced(7, 0, 20*batchRecords, batchRecords, 1)), Acks: -1, LeaderEpoch: -1, Sink: r}); err != nil {
		t.Fatal(err)
	}
	w.up(sick)
	for range 4 {
		await(t, first(asked), "the damaged member to ask")
	}
	hold(false)
	if end := <-told; end < 21*batchRecords {
		t.Errorf("the leader offered what ends with offset %d, and had %d when it was asked", end, 21*batchRecords)
	}
	w.same(sick)
}

// What the leader offers to a damaged member reaches as far as the leader's log did when it was asked: the member may have
// acknowledged that much.
func TestRepairWaitsForWhatMayBeAcknowledged(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.settle()
	g.cut[2], g.cut[3] = true, true
	g.append(1, 5, 0, 1)
	g.flush(1, -1)
	c := g.members[1].core
	end, ok := c.RepairedBy(3, 1)
	if !ok || end != g.logs[1].LastIndex() || end <= c.Applied() {
		t.Errorf("up to %d, %v: the log ends with %d, of which %d is applied", end, ok, g.logs[1].LastIndex(), c.Applied())
	}
	if _, ok := c.RepairedBy(9, 1); ok {
		t.Error("a stranger is repaired")
	}
	if _, ok := g.members[2].core.RepairedBy(3, 1); ok {
		t.Error("a follower repairs")
	}
	if _, ok := c.RepairedBy(3, c.term+4); ok {
		t.Error("a leader of an older term repairs")
	}
	g.after(1)
	if c.Leads() {
		t.Error("it leads on, though a member has seen a newer term")
	}
}
