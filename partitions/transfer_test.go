package partitions

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// handed is a request for a transfer, and what was answered.
type handed struct {
	msg.Transfer
	answered bool
	err      error
}

func (g *group) transfer(id uint64, to msg.NodeID) *handed {
	h := &handed{Transfer: msg.Transfer{To: to}}
	h.Done = func(err error) { h.answered, h.err = true, err }
	g.members[id].core.Transfer(&h.Transfer, g.now)
	g.after(id)
	return h
}

func TestTransfer(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	for _, c := range []struct {
		at   uint64
		to   msg.NodeID
		want error
	}{
		{1, 1, kerr.ElectionNotNeeded},
		{1, 9, kerr.PreferredLeaderNotAvailable},
		{2, 3, kerr.NotLeaderForPartition},
	} {
		if h := g.transfer(c.at, c.to); !errors.Is(h.err, c.want) {
			t.Errorf("at %d, to %d: %v, %v", c.at, c.to, h.answered, h.err)
		}
	}
	h, also, other := g.transfer(1, 2), g.transfer(1, 2), g.transfer(1, 3)
	if h.answered || also.answered || !errors.Is(other.err, kerr.PreferredLeaderNotAvailable) {
		t.Fatalf("answered before it is so: %v, %v; elsewhere: %v", h.answered, also.answered, other.err)
	}
	// What comes meanwhile waits, and is then told the new leader.
	r := g.append(1, 5, 0, 1)
	if r.answered {
		t.Fatalf("refused while leadership moves: %v", r.Err)
	}
	g.settle()
	if !h.answered || h.err != nil || also.err != nil || !g.members[2].core.Leads() {
		t.Fatalf("%v, %v, %v", h.answered, h.err, also.err)
	}
	if s := g.members[1].core.State(g.now); !errors.Is(r.Err, kerr.NotLeaderForPartition) || s.Leader != 2 {
		t.Fatalf("refused with %v, the leader is %d", r.Err, s.Leader)
	}
}

// TestTransferThatFails: the lease ends with its beginning, as whoever is to lead stands without asking when it was last heard.
func TestTransferThatFails(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.cut[2] = true
	h := g.transfer(1, 2)
	r := g.append(1, 5, 0, 1)
	if got := g.held(1); got != 0 {
		t.Fatalf("the lease lasts %v", got)
	}
	g.live(transferTicks)
	if h.answered || r.answered || g.held(1) != 0 {
		t.Fatalf("%v, %v, lease %v", h.answered, r.answered, g.held(1))
	}
	g.live(2)
	if !errors.Is(h.err, kerr.PreferredLeaderNotAvailable) || r.Err != nil || !r.answered || g.held(1) == 0 {
		t.Fatalf("transfer: %v, %v; append: %v, %v; lease %v", h.answered, h.err, r.answered, r.Err, g.held(1))
	}
}

func TestTransferGoesToWhoIsCaughtUp(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.cut[2] = true
	g.append(1, 5, 0, 1)
	g.live(int(freshly/tickTime) + 1)
	if h := g.transfer(1, 2); !errors.Is(h.err, kerr.PreferredLeaderNotAvailable) {
		t.Fatalf("to a member that is behind: %v", h.err)
	}
	h := g.transfer(1, msg.NoNode)
	g.settle()
	if h.err != nil || !g.members[3].core.Leads() {
		t.Fatalf("to anybody: %v, %v", h.answered, h.err)
	}
}

func TestTransferIsAnsweredWhenTheReplicaCloses(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.cut[2] = true
	h := g.transfer(1, 2)
	g.members[1].core.Abort(errors.New("closed"))
	g.members[1].core.Answer()
	if h.err == nil {
		t.Fatal("nobody answers")
	}
}

// TestGroupThatShrinksToItsLeaderGivesUpATransfer: it has no clock by which it could.
func TestGroupThatShrinksToItsLeaderGivesUpATransfer(t *testing.T) {
	g := newGroup(t, 1, 2)
	g.elect(1)
	g.assign(1)
	h := g.transfer(1, 2)
	if h.answered {
		t.Fatal("answered before the change is committed")
	}
	g.now = g.now.Add(time.Millisecond)
	g.cut[2] = true // hears nothing of being asked to stand
	for len(g.logs[1].pending) > 0 {
		g.flush(1, -1)
	}
	g.cut[2] = false
	g.wire = g.wire[:0]
	g.live(3)
	r := g.append(g.leader(), 5, 0, 1)
	g.settle()
	if r.Err != nil || !r.answered {
		t.Fatalf("append: %v, %v", r.answered, r.Err)
	}
}

// TestLeaseStartsAnewBehindATransfer: what was sent before it, or while it was under way, says nothing when it is answered later.
func TestLeaseStartsAnewBehindATransfer(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	c := g.members[1].core
	p := c.peers.find(2)
	pass := func() time.Time {
		g.now = g.now.Add(10 * time.Millisecond)
		return g.now
	}
	before := pass()
	c.handOver(2, pass())
	if c.acknowledge(p, before, g.now); !p.acked.IsZero() {
		t.Fatal("what was sent before the transfer counts")
	}
	during := pass()
	c.endTransfer(pass())
	if c.acknowledge(p, during, g.now); !p.acked.IsZero() {
		t.Fatal("what was sent during the transfer counts")
	}
	if c.acknowledge(p, pass(), g.now); p.acked.IsZero() {
		t.Fatal("what is sent now does not count")
	}
}
