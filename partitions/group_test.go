package partitions

import (
	cryptorand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// group is a partition with several replicas and a network between them that a test controls.
type group struct {
	t        *testing.T
	founders []uint64
	voters   []uint64           // all replicas that there ever were, also those that do not vote
	members  map[uint64]*driver // nil: down
	logs     map[uint64]*memLog
	wire     []*raftpb.Message
	lost     []*raftpb.Message // what the cuts have swallowed
	cut      map[uint64]bool   // members that nobody hears, and who hear nobody
	now      time.Time
	config   msg.TopicConfig
}

func newGroup(t *testing.T, voters ...uint64) *group {
	g := &group{
		t: t, founders: voters, voters: voters, members: map[uint64]*driver{}, logs: map[uint64]*memLog{}, cut: map[uint64]bool{},
		now: time.UnixMilli(1_000_000), config: testConfig(),
	}
	for _, id := range voters {
		g.logs[id] = newMemLog()
		g.open(id)
	}
	return g
}

func (g *group) open(id uint64) {
	g.t.Helper()
	d, err := newDriver(id, g.founders, g.logs[id], g.config, g.now)
	if err != nil {
		g.t.Fatal(err)
	}
	g.members[id] = d
	g.after(id)
}

// after drives a member and takes what it sends.
func (g *group) after(id uint64) {
	g.t.Helper()
	d := g.members[id]
	d.now = g.now
	if err := d.drive(); err != nil {
		g.t.Fatalf("member %d: %v", id, err)
	}
	g.wire = append(g.wire, d.sent...)
	d.sent = nil
}

func (g *group) flush(id uint64, n int) {
	g.t.Helper()
	if d := g.members[id]; d != nil {
		if err := d.flush(n); err != nil {
			g.t.Fatalf("member %d: %v", id, err)
		}
		g.after(id)
	}
}

// deliver hands the i-th message on the wire to its member, or drops it.
func (g *group) deliver(i int) {
	m := g.wire[i]
	g.wire = slices.Delete(g.wire, i, i+1)
	d := g.members[m.GetTo()]
	if d == nil || g.cut[m.GetFrom()] || g.cut[m.GetTo()] {
		g.lost = append(g.lost, m)
		return
	}
	// Raft refuses what is not for it, like messages of the past.
	_ = d.core.Step(m, msg.NodeID(m.GetFrom()), g.now)
	g.after(m.GetTo())
}

// settle delivers everything, and makes everything durable, until nothing moves.
func (g *group) settle() {
	g.t.Helper()
	for quiet := false; !quiet; {
		quiet = true
		for len(g.wire) > 0 {
			g.deliver(0)
			quiet = false
		}
		for _, id := range g.voters {
			if d := g.members[id]; d != nil && len(d.log.pending) > 0 {
				g.flush(id, -1)
				quiet = false
			}
		}
	}
}

func (g *group) tick(id uint64, n int) {
	for range n {
		if d := g.members[id]; d != nil {
			d.core.Tick(g.now)
			g.after(id)
		}
	}
}

// elect makes id the leader, if enough members hear it.
func (g *group) elect(id uint64) {
	g.t.Helper()
	for _, other := range g.voters {
		if d := g.members[other]; d != nil && !g.cut[other] && !d.core.Leads() {
			g.tick(other, electionTicks) // so that no lease holds its vote back
		}
	}
	g.wire = nil
	if d := g.members[id]; !d.core.Leads() {
		_ = d.core.Campaign()
		g.after(id)
		g.settle()
	}
	if !g.members[id].core.Leads() {
		g.t.Fatalf("member %d does not lead: %+v", id, g.members[id].core.State(g.now))
	}
}

// request is an append, and whether it was answered.
type request struct {
	msg.Append
	answered bool
	pid      int64
	seq      int32
	count    int
}

func (r *request) Appended(*msg.Append) { r.answered = true }

// append appends count records of a producer at a member, which may not lead.
func (g *group) append(id uint64, pid int64, seq int32, count int) *request {
	r := &request{pid: pid, seq: seq, count: count}
	r.Append = msg.Append{Batches: []record.Batch{produced(pid, 0, seq, count, 1)}, Acks: -1, LeaderEpoch: -1, Sink: r}
	g.members[id].core.Append(&r.Append)
	g.after(id)
	return r
}

func TestLeaderThatLostItsGroupGoesBack(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	a := g.append(1, 5, 0, 1)
	if a.answered {
		t.Fatal("answered before anybody had it on disk")
	}
	g.settle()
	if a.Err != nil || a.Base != 0 {
		t.Fatalf("first append: offset %d, %v", a.Base, a.Err)
	}

	g.cut[1] = true
	lost := g.append(1, 5, 1, 1)
	for i := range int32(5) {
		g.append(1, 5, 2+i, 1)
	}
	g.flush(1, -1)
	if next := g.logs[1].NextOffset(); next != 7 {
		t.Fatalf("the old leader's log ends at %d, want the lost records in it", next)
	}
	g.wire = nil
	g.elect(2)
	won := g.append(2, 5, 1, 3)
	g.settle()
	if won.Err != nil || won.Base != 1 {
		t.Fatalf("append at the new leader: offset %d, %v", won.Base, won.Err)
	}
	if lost.answered {
		t.Fatalf("the old leader answered for what it could not commit: %d, %v", lost.Base, lost.Err)
	}

	g.cut[1] = false
	g.tick(2, heartbeatTicks)
	g.settle()
	if !errors.Is(lost.Err, kerr.NotLeaderForPartition) {
		t.Fatalf("the lost append was answered %d, %v", lost.Base, lost.Err)
	}
	g.same()

	// The producer's state went back with the log: after 1..3 comes 4, and 1..3 is known.
	g.elect(1)
	wrong, dup, next := g.append(1, 5, 2, 1), g.append(1, 5, 1, 3), g.append(1, 5, 4, 1)
	g.settle()
	if !errors.Is(wrong.Err, kerr.OutOfOrderSequenceNumber) || dup.Err != nil || dup.Base != 1 || next.Err != nil || next.Base != 4 {
		t.Fatalf("after the return: %v; %d %v; %d %v", wrong.Err, dup.Base, dup.Err, next.Base, next.Err)
	}
}

// same checks that all members hold the same log and know the same producers.
func (g *group) same() {
	g.t.Helper()
	first := g.members[g.voters[0]]
	for _, id := range g.voters[1:] {
		d := g.members[id]
		if !reflect.DeepEqual(d.log.frames, first.log.frames) {
			g.t.Fatalf("the logs of %d and %d differ", g.voters[0], id)
		}
		if a, b := first.core.Producers(), d.core.Producers(); !reflect.DeepEqual(a, b) {
			g.t.Fatalf("members %d and %d know other producers: %v, %v", g.voters[0], id, a, b)
		}
		if a, b := first.core.State(g.now), d.core.State(g.now); a.HighWatermark != b.HighWatermark || a.Leader != b.Leader || a.Epoch != b.Epoch {
			g.t.Fatalf("members %d and %d stand elsewhere: %+v, %+v", g.voters[0], id, a, b)
		}
	}
}

func TestInSync(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.config.MinInsyncReplicas = 2
	g.elect(1)
	g.settle()
	in := func() []msg.NodeID { return g.members[1].core.State(g.now).InSync }
	if got := in(); !slices.Equal(got, []msg.NodeID{1, 2, 3}) {
		t.Fatalf("all are caught up, in sync are %v", got)
	}
	g.members[1].core.Config.MinInsyncReplicas = 3
	g.cut[3] = true
	g.live(int(inSyncLag/tickTime) / 2)
	if got := in(); !slices.Equal(got, []msg.NodeID{1, 2, 3}) {
		t.Fatalf("3 has not been away for long, in sync are %v", got)
	}
	a := g.append(1, -1, 0, 1)
	g.now = g.now.Add(inSyncLag/2 + time.Second)
	g.settle()
	if got := in(); !slices.Equal(got, []msg.NodeID{1, 2}) {
		t.Fatalf("3 has fallen behind, in sync are %v", got)
	}
	if !errors.Is(a.Err, kerr.NotEnoughReplicasAfterAppend) {
		t.Fatalf("committed with too few in sync: %v", a.Err)
	}
	g.live(1)
	a = g.append(1, -1, 0, 1)
	if !errors.Is(a.Err, kerr.NotEnoughReplicas) {
		t.Fatalf("appended with too few in sync: %v", a.Err)
	}
	// What a leader knew is not what the next one knows.
	g.cut[3] = false
	g.elect(2)
	g.cut[2] = true
	g.elect(1)
	if got := in(); !slices.Equal(got, []msg.NodeID{1, 3}) {
		t.Fatalf("nothing was heard of 2 in this term, in sync are %v", got)
	}
}

func TestLeaderWithoutAQuorumStepsDown(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.cut[1] = true
	r := g.append(1, 5, 0, 1)
	g.flush(1, -1)
	epoch := g.members[1].core.Epoch()
	g.tick(1, 2*electionTicks)
	if s := g.members[1].core.State(g.now); s.Role != msg.Follower || s.Leader != msg.NoNode || s.Epoch != epoch {
		t.Fatalf("a leader that nobody hears: %+v", s)
	}
	if !errors.Is(r.Err, kerr.NotLeaderForPartition) {
		t.Fatalf("what was in flight was answered %v, %v", r.answered, r.Err)
	}
}

// TestRefusedProposalIsTakenBack: while leadership moves raft takes no proposals. If it stays after all, offsets and sequences
// go on where they were.
func TestRefusedProposalIsTakenBack(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	first := g.append(1, 5, 0, 1)
	g.cut[2] = true
	g.members[1].core.rn.TransferLeader(2)
	g.after(1)
	refused, late, dup := g.append(1, 5, 1, 1), g.append(1, 6, 0, 2), g.append(1, 5, 0, 1)
	if !errors.Is(refused.Err, kerr.NotLeaderForPartition) || !errors.Is(late.Err, kerr.NotLeaderForPartition) || dup.answered {
		t.Fatalf("while leadership moves: %v, %v; the repeated one: %v, %v", refused.Err, late.Err, dup.answered, dup.Err)
	}
	for range electionTicks { // the transfer is given up
		g.tick(1, 1)
		g.settle()
	}
	next, other := g.append(1, 5, 1, 1), g.append(1, 6, 0, 2)
	g.settle()
	if first.Base != 0 || dup.Err != nil || dup.Base != 0 || next.Err != nil || next.Base != 1 || other.Err != nil || other.Base != 2 {
		t.Fatalf("after that: %d; %d, %v; %d, %v; %d, %v", first.Base, dup.Base, dup.Err, next.Base, next.Err, other.Base, other.Err)
	}
	if end := g.logs[1].NextOffset(); end != 4 {
		t.Fatalf("the log ends at %d, want the four records in it", end)
	}
}

// TestEntryOfAnotherLeaderIsNotOurs: an empty entry of the next leader arrives, and is committed, where a frame of our own is
// in flight, before we have heard that there is another leader.
func TestEntryOfAnotherLeaderIsNotOurs(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.cut[1] = true
	r := g.append(1, 5, 0, 1)
	g.flush(1, -1)
	g.wire = nil
	g.elect(2)
	for _, m := range g.lost {
		if m.GetType() == raftpb.MsgApp && m.GetTo() == 1 && len(m.GetEntries()) > 0 {
			m.Commit = m.Entries[0].Index // as is true by now
			if err := g.members[1].core.Step(m, msg.NodeID(m.GetFrom()), g.now); err != nil {
				t.Fatal(err)
			}
			g.after(1)
		}
	}
	if !errors.Is(r.Err, kerr.NotLeaderForPartition) {
		t.Fatalf("the replaced append was answered %v, %v", r.answered, r.Err)
	}
	g.cut[1] = false
	g.tick(2, heartbeatTicks)
	g.settle()
	g.same()
}

func TestBadEntriesAreNotTaken(t *testing.T) {
	whole := func() wal.Frame {
		f := append(wal.NewFrame(8), make([]byte, 8)...)
		wal.Frame(f).Seal(wal.KindLogStart, 1, 0, 0, -1)
		return f
	}
	for name, c := range map[string]struct {
		change func(wal.Frame)
		bad    bool
	}{
		"whole":        {func(wal.Frame) {}, false},
		"flipped bit":  {func(f wal.Frame) { f[45] ^= 1 }, true},
		"another term": {func(f wal.Frame) { f.Seal(wal.KindLogStart, 2, 0, 0, -1) }, true},
		"no data":      {func(f wal.Frame) { f.Seal(wal.KindMembers, 1, 0, 0, -1) }, true},
	} {
		g := newGroup(t, 1, 2, 3)
		f := whole()
		c.change(f)
		err := g.members[2].core.Step(&raftpb.Message{
			Type: raftpb.MsgApp.Enum(), From: new(uint64(1)), To: new(uint64(2)), Term: new(uint64(1)), Index: new(uint64(0)), LogTerm: new(uint64(0)),
			Entries: []*raftpb.Entry{{Term: new(uint64(1)), Index: new(uint64(1)), Data: f}},
		}, 1, g.now)
		g.after(2)
		if taken := g.logs[2].LastIndex() == 1; (err != nil) != c.bad || taken == c.bad {
			t.Errorf("%s: taken %v, %v", name, taken, err)
		}
	}
}

func TestBatchOfAProducerComesAlone(t *testing.T) {
	g := newGroup(t, 1)
	g.lead()
	r := &request{}
	r.Append = msg.Append{Batches: batches(produced(5, 0, 0, 1, 1), produced(5, 0, 1, 1, 1)), Acks: -1, LeaderEpoch: -1, Sink: r}
	two := &request{}
	two.Append = msg.Append{Batches: batches(produced(-1, 0, 0, 2, 1), produced(-1, 0, 0, 1, 1)), Acks: -1, LeaderEpoch: -1, Sink: two}
	g.members[1].core.Append(&r.Append)
	g.members[1].core.Append(&two.Append)
	g.after(1)
	g.settle()
	if !errors.Is(r.Err, kerr.InvalidRecord) {
		t.Errorf("two batches with sequences: %v", r.Err)
	}
	if two.Err != nil || g.logs[1].NextOffset() != 3 {
		t.Errorf("two batches without: %v, the log ends at %d", two.Err, g.logs[1].NextOffset())
	}
}

// TestGroupLosesNothing runs groups with an unruly network, crashes, and elections, and then holds what was acknowledged
// against what is there.
func TestGroupLosesNothing(t *testing.T) {
	runs := uint64(60)
	if testing.Short() {
		runs = 10
	}
	for seed := range runs {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { unruly(t, seed) })
	}
}

// seeded is a source of bytes for raft's election timeouts.
type seeded struct{ *rand.ChaCha8 }

var _ io.Reader = seeded{}

func unruly(t *testing.T, seed uint64) {
	real := cryptorand.Reader
	defer func() { cryptorand.Reader = real }()
	cryptorand.Reader = seeded{rand.NewChaCha8([32]byte{byte(seed)})}
	rng := rand.New(rand.NewPCG(seed, 1))

	g := newGroup(t, 1, 2, 3)
	var asked []*request
	for range 3000 {
		id := uint64(1 + rng.IntN(3))
		switch n := rng.IntN(100); {
		case n < 55:
			for range min(3, len(g.wire)) {
				g.deliver(rng.IntN(min(4, len(g.wire))))
			}
		case n < 80:
			g.flush(id, 1)
		case n < 88:
			g.tick(id, 1)
		case n < 97:
			asked = append(asked, g.ask(g.leading(id), int64(rng.IntN(2)), asked, rng))
		case n == 97:
			g.cut[id] = !g.cut[id] && rng.IntN(2) == 0
		case n == 98 && len(g.wire) > 0:
			g.wire = g.wire[1:]
		case rng.IntN(3) == 0:
			g.logs[id].crash(g.logs[id].durable + uint64(rng.IntN(4)))
			g.open(id)
		}
		g.now = g.now.Add(time.Millisecond)
	}
	g.cut = map[uint64]bool{}
	for range 200 {
		for _, id := range g.voters {
			g.tick(id, 1)
		}
		g.settle()
	}
	g.same()
	g.verify(asked)
}

// leading is a member that thinks it leads, or id.
func (g *group) leading(id uint64) uint64 {
	for _, other := range []uint64{id, id%3 + 1, (id+1)%3 + 1} {
		if d := g.members[other]; d != nil && d.core.role == msg.Leader {
			return other
		}
	}
	return id
}

// ask appends the next batch of a producer, or one that was appended before.
func (g *group) ask(id uint64, pid int64, asked []*request, rng *rand.Rand) *request {
	seq, count := int32(0), 1+rng.IntN(3)
	for _, r := range asked {
		if r.pid == pid && r.answered && r.Err == nil {
			seq = max(seq, r.seq+int32(r.count))
		}
	}
	if n := len(asked); n > 0 && rng.IntN(4) == 0 {
		again := asked[rng.IntN(n)]
		pid, seq, count = again.pid, again.seq, again.count
	}
	return g.append(id, pid, seq, count)
}

// verify checks that what was acknowledged is there, once, at the offset that was answered.
func (g *group) verify(asked []*request) {
	g.t.Helper()
	at := map[int64]string{}
	seen := map[string]int64{}
	for _, b := range g.members[1].log.Reader().(memReader).batches() {
		for rec, err := range b.Records() {
			if err != nil {
				g.t.Fatal(err)
			}
			if before, twice := seen[string(rec.Value)]; twice {
				g.t.Fatalf("%s is at offset %d and at %d", rec.Value, before, rec.Offset)
			}
			seen[string(rec.Value)], at[rec.Offset] = rec.Offset, string(rec.Value)
		}
	}
	acknowledged := 0
	for _, w := range asked {
		if !w.answered || w.Err != nil {
			continue
		}
		acknowledged++
		for i := range w.count {
			if want, got := fmt.Sprintf("%d/0/%d", w.pid, int(w.seq)+i), at[w.Base+int64(i)]; got != want {
				g.t.Fatalf("%s was acknowledged at offset %d, where %q is", want, w.Base+int64(i), got)
			}
		}
	}
	g.t.Logf("%d of %d requests were acknowledged", acknowledged, len(asked))
}
