package fabric

import (
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/bus"
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
		f, err := New(Options{System: system, Node: id, Bus: b, Log: zerolog.Nop()})
		if err != nil {
			t.Fatal(err)
		}
		system.UseFabric(f)
		buses, systems = append(buses, b), append(systems, system)
	}
	answers := func(m msg.Message) { m.(*msg.AllocateProducerIDs).First = 4000; m.(msg.Request).Refuse(nil) }
	spec := actors.Spec{Name: msg.ControllerName, New: func() actors.Actor { return actor{answers} }}
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

func BenchmarkRequest(b *testing.B) {
	t := &testing.T{}
	w := newWorld(t)
	w.spawn(2, msg.ControllerName, func(m msg.Message) { m.(*msg.Heartbeat).Answer(nil) })
	target := w.nodes[1].system.At(2, msg.ControllerName)
	b.ReportAllocs()
	for b.Loop() {
		q := &msg.Heartbeat{Node: 1, Incarnation: "abcdefgh"}
		q.Done = func(err error) {
			if err != nil {
				b.Fatal(err)
			}
		}
		if err := target.Post(q); err != nil {
			b.Fatal(err)
		}
		w.run()
	}
}
