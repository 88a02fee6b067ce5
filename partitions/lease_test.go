package partitions

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// held is how much longer a member's lease lasts, 0 if it has none that does.
func (g *group) held(id uint64) time.Duration {
	s := g.members[id].core.State(g.now)
	if s.Lease == nil {
		return 0
	}
	return max(0, s.Lease.Until().Sub(g.now))
}

const leaseTime = leaseTicks * tickTime

func TestLeaseIsRenewedByAMajority(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	if got := g.held(1); got != leaseTime {
		t.Fatalf("a new leader whom all have heard has a lease of %v", got)
	}
	if g.members[2].core.State(g.now).Lease != nil {
		t.Fatal("a follower has a lease")
	}
	g.cut[3] = true
	g.live(20)
	if got := g.held(1); got != leaseTime {
		t.Fatalf("heard by 2 of 3 the lease lasts %v", got)
	}
	g.cut[2] = true
	g.live(3)
	if got := g.held(1); got != leaseTime-3*tickTime {
		t.Fatalf("heard by nobody for three ticks the lease lasts %v", got)
	}
}

// TestLeaseCountsFromWhenAHeartbeatWasSent: the answer took half a second.
func TestLeaseCountsFromWhenAHeartbeatWasSent(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.now = g.now.Add(tickTime)
	g.tick(1, 1)
	g.now = g.now.Add(500 * time.Millisecond)
	g.settle()
	if got := g.held(1); got != leaseTime-500*time.Millisecond {
		t.Fatalf("the lease lasts %v", got)
	}
	// What cannot be does no harm.
	for _, ctx := range [][]byte{nil, {1}, beat.context(-1), beat.context(time.Hour)} {
		m := &raftpb.Message{Type: raftpb.MsgHeartbeatResp.Enum(), From: new(uint64(2)), To: new(uint64(1)), Term: new(uint64(g.members[1].core.term)), Context: ctx}
		if err := g.members[1].core.Step(m, 2, g.now); err != nil {
			t.Fatal(err)
		}
		g.after(1)
	}
	if got := g.held(1); got != leaseTime-500*time.Millisecond {
		t.Fatalf("after answers to what was never sent the lease lasts %v", got)
	}
}

// TestLeaderThatSleptServesNothing: its process was stopped for half a minute. It has heard of nothing yet, and answers neither
// reads nor those who would have been content with its own word.
func TestLeaderThatSleptServesNothing(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.append(1, 5, 0, 1)
	g.settle()
	v := &view{id: testID, topic: "t", state: g.members[1].core.State(g.now), now: func() time.Time { return g.now }, reader: g.logs[1].Reader()}
	read := func() error {
		_, err := v.Read(msg.ReadRequest{MaxBytes: 1000})
		return err
	}
	if err := read(); err != nil || v.State().Expired(g.now) {
		t.Fatal(err)
	}
	g.now = g.now.Add(30 * time.Second)
	if err := read(); !errors.Is(err, kerr.NotLeaderForPartition) || !v.State().Expired(g.now) {
		t.Fatalf("read: %v", err)
	}
	if _, err := v.OffsetForTime(0, msg.ReadUncommitted); !errors.Is(err, kerr.NotLeaderForPartition) {
		t.Fatalf("a time is looked up: %v", err)
	}
	if _, err := v.MaxTimestamp(); !errors.Is(err, kerr.NotLeaderForPartition) {
		t.Fatalf("the greatest time is looked up: %v", err)
	}
	if epoch, _ := v.EndOffsetForEpoch(v.state.Epoch); epoch != -1 {
		t.Fatalf("the end of an epoch is told: %d", epoch)
	}
	for _, acks := range []int16{0, 1, -1} {
		r := &request{}
		r.Append = msg.Append{Batches: batches(produced(-1, 0, 0, 1, 1)), Acks: acks, LeaderEpoch: -1, Sink: r}
		g.members[1].core.Append(&r.Append)
		g.after(1)
		if !errors.Is(r.Err, kerr.NotLeaderForPartition) {
			t.Fatalf("acks=%d: %v, %v", acks, r.answered, r.Err)
		}
	}
	// If nobody else leads it serves again as soon as it is heard, by the same view.
	g.live(1)
	if err := read(); err != nil {
		t.Fatal(err)
	}
}

func TestLeaseEndsWithItsTerm(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	old := g.members[1].core.State(g.now)
	g.elect(2)
	if !old.Expired(g.now) {
		t.Fatal("a view of the term before is served")
	}
	g.elect(1)
	if !old.Expired(g.now) {
		t.Fatal("leading again revives a view of another term")
	}
}

// TestLeaseDoesNotStandOnABrokenLink: whoever is behind it may vote for another at once, or be another process soon.
func TestLeaseDoesNotStandOnABrokenLink(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.cut[3] = true
	g.live(20)
	g.members[1].core.PeerDown(2, g.now)
	if got := g.held(1); got != 0 {
		t.Fatalf("the lease lasts %v", got)
	}
}

func TestJointLeaseNeedsBothMajorities(t *testing.T) {
	m := founded([]Voter{{1, 1}, {2, 2}, {3, 3}})
	m.conf.VotersOutgoing = []uint64{1, 4, 5}
	base := time.UnixMilli(1000)
	at := map[uint64]time.Time{1: base.Add(9), 2: base.Add(8), 3: base.Add(7), 4: base.Add(2), 5: base.Add(1)}
	f := func(id uint64) time.Time { return at[id] }
	if got, ok := m.quorumTime(f); !ok || got != base.Add(2) {
		t.Fatalf("heard %v, %v", got, ok)
	}
	delete(at, 4)
	delete(at, 5)
	if _, ok := m.quorumTime(f); ok {
		t.Fatal("the majority that goes was never heard")
	}
}
