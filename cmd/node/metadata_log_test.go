package node

import (
	"testing"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/bus"
	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/group"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

func TestNothingIsStartedFromThePast(t *testing.T) {
	r, h := newReplicas()
	n := &Node{o: Options{ID: 1}, incarnation: "now", replicas: r, upToDate: make(chan struct{}), failed: make(chan error, 1)}
	n.identity.Store(&identity{Cluster: "c"})
	n.image.Store(metadata.Empty())
	n.announcer = newAnnouncer(1, clock.System(), zerolog.Nop())
	n.peers = newBook(1, zerolog.Nop(), func(msg.NodeID, msg.Endpoint) {})
	n.coordinators = &group.Coordinators{Options: group.Options{Directory: h}}
	var err error
	if n.bus, err = bus.Start(bus.Options{Node: 1, Cluster: "c"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.bus.Close)
	n.around.follow = n.followNodes

	past, changes := step(t, cluster(t), metadata.NodeRegistered{Registration: msg.Registration{ID: 1, Incarnation: "before", Directory: "here", MinLevel: 1, MaxLevel: 1}})
	n.applied(past, changes)
	if did := h.took(); did != "" || n.Image() == past {
		t.Errorf("an image without this start's registration is in use; did %s", did)
	}

	present, changes := step(t, past, metadata.NodeRegistered{Registration: msg.Registration{ID: 1, Incarnation: "now", Directory: "here", MinLevel: 1, MaxLevel: 1}})
	n.applied(present, changes)
	if did := h.took(); did != "start orders/0" || n.Image() != present {
		t.Errorf("an image with it: did %s", did)
	}
	select {
	case <-n.upToDate:
	default:
		t.Error("the node does not know that its image is up to date")
	}

	later, changes := step(t, present, metadata.TopicDeleted{ID: ordersID})
	n.applied(later, changes)
	if did, want := h.took(), "delete "+ordersID.String()+"-0/0"; did != want || n.Image() != later {
		t.Errorf("a later image: did %s, want %s", did, want)
	}
}
