package bus_test

import (
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/bus"
	"github.com/seed-e634fa49/troupe/actors/fabric"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Two nodes whose only way to each other is the real bus.
func TestARequestGoesOverTheBus(t *testing.T) {
	var buses []*bus.Bus
	var systems []*actors.System
	for id := msg.NodeID(1); id <= 2; id++ {
		b, err := bus.Start(bus.Options{Node: id, Cluster: "house", Secret: "s", Routes: "127.0.0.1:0", Log: zerolog.Nop()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		system := actors.NewSystem(actors.Options{Node: id, Log: zerolog.Nop()})
		f, err := fabric.New(fabric.Options{System: system, Node: id, Bus: b, Log: zerolog.Nop()})
		if err != nil {
			t.Fatal(err)
		}
		system.UseFabric(f)
		buses, systems = append(buses, b), append(systems, system)
	}
	spec := actors.Spec{Name: msg.ControllerName, New: func() actors.Actor { return controller{} }}
	if _, err := systems[1].Spawn(spec); err != nil {
		t.Fatal(err)
	}
	if err := buses[0].SetPeers([]string{buses[1].RoutesAddress()}); err != nil {
		t.Fatal(err)
	}
	q := &msg.AllocateProducerIDs{}
	done := make(chan error, 1)
	q.Done = func(err error) { done <- err }
	// Until the two hear each other there is no way.
	for systems[0].At(2, msg.ControllerName).Post(q) != nil {
		time.Sleep(time.Millisecond)
	}
	if err := <-done; err != nil || q.First != 4000 {
		t.Errorf("first id %d, %v", q.First, err)
	}
}

// controller answers every request for producer ids alike.
type controller struct{}

func (controller) Started(*actors.Context) error { return nil }
func (controller) Idle(*actors.Context)          {}
func (controller) Stopped(*actors.Context)       {}

func (controller) Receive(_ *actors.Context, m msg.Message) {
	q := m.(*msg.AllocateProducerIDs)
	q.First = 4000
	q.Answer(nil)
}
