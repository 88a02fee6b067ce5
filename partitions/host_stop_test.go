package partitions

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// broken tells the nodes of a town that the link to one of them is broken.
func (w *town) broken(id msg.NodeID) {
	for other, h := range w.nodes {
		if other != id {
			h.host.PeerDown(id)
		}
	}
}

// TestCleanStopHandsOver: with ticks of a second an election by timeout would take ten.
func TestCleanStopHandsOver(t *testing.T) {
	w := newTown(t, 1, 2, 3)
	w.tick = time.Second
	w.up(1, 2, 3)
	w.fill(0, 1)
	old := w.leader()
	stopping := w.nodes[old]
	p, _ := stopping.host.Partition(townID)
	handed := make(chan struct{})
	began := time.Now()
	stopping.host.HandOver(func() { close(handed) })
	await(t, handed, "leadership to be handed over")
	s := p.View().State()
	if s.Leader == msg.NoNode || s.Leader == old || time.Since(began) > handOverTime/2 {
		t.Fatalf("after %v node %d leads, and before it was %d", time.Since(began), s.Leader, old)
	}
	// The node that stops says so until it is gone.
	if a := appendTo(p, produced(-1, 0, 0, 1, 1)); !errors.Is(a.Err, kerr.NotLeaderForPartition) {
		t.Fatalf("it takes an append: %v", a.Err)
	}
	w.down(old)
	w.fill(1, 1)
	w.t.Logf("handed over in %v", time.Since(began))
}

// TestStopDoesNotWaitForWhoIsNotThere: the other members are away, and nobody could take over.
func TestStopDoesNotWaitForWhoIsNotThere(t *testing.T) {
	w := newTown(t, 1, 2, 3)
	w.up(1, 2, 3)
	w.fill(0, 1)
	old := w.leader()
	for id := range w.nodes {
		if id != old {
			w.down(id)
			w.broken(id)
		}
	}
	began := time.Now()
	w.down(old)
	if took := time.Since(began); took > 10*handOverTime {
		t.Fatalf("it took %v", took)
	}
}

// TestBrokenLinkElectsWithoutTicks: the leader's process dies, and its links with it.
func TestBrokenLinkElectsWithoutTicks(t *testing.T) {
	w := newTown(t, 1, 2, 3)
	w.tick = time.Second
	w.up(1, 2, 3)
	w.fill(0, 1)
	old := w.leader()
	h := w.nodes[old]
	w.mu.Lock()
	delete(w.nodes, old)
	w.mu.Unlock()
	w.spoils(func(from, _ msg.NodeID, _ link.Kind, p []byte) []byte {
		if from == old {
			return nil // what it still sends is not heard any more
		}
		return p
	})
	began := time.Now()
	w.broken(old)
	w.fill(1, 1)
	if took := time.Since(began); took > 5*time.Second {
		t.Fatalf("the next append took %v", took)
	} else {
		t.Logf("the next append took %v", took)
	}
	h.stop()
}
