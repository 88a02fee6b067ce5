package fabric

import (
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// BenchmarkRequest is one request and its answer, without the wires.
func BenchmarkRequest(b *testing.B) {
	w := newWorld(b)
	w.spawn(2, msg.ControllerName, func(m msg.Message) { m.(*msg.Heartbeat).Answer(nil) })
	target := w.nodes[1].system.At(2, msg.ControllerName)
	var o outcome
	b.ReportAllocs()
	for b.Loop() {
		q := &msg.Heartbeat{Asked: msg.Asked{Done: o.done}, Node: 1, Incarnation: "abcdefgh"}
		if err := target.Post(q); err != nil {
			b.Fatal(err)
		}
		w.run()
	}
	if o.err != nil {
		b.Fatal(o.err)
	}
}
