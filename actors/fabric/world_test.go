package fabric

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// world is three nodes, the wires between them, and one clock. What is sent lies on the wire until it is delivered.
type world struct {
	t      testing.TB
	clock  *clock.Virtual
	steps  *actors.Deterministic
	nodes  map[msg.NodeID]*member
	wire   []packet
	silent bool // nobody is heard on the bus
	broken bool // the bus takes nothing
	cut    bool // the links are down
	// whenCut is called when somebody finds them down, if it is not nil.
	whenCut func()
}

// member is one node.
type member struct {
	world     *world
	id        msg.NodeID
	system    *actors.System
	fabric    *Fabric
	onBus     func(subject string, data []byte)
	announced bool
	onLinks   func(from msg.NodeID, payload []byte)
}

// packet is a frame under way.
type packet struct {
	via     string
	from    msg.NodeID
	to      msg.NodeID
	deliver func()
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, clock: clock.NewVirtual(time.Unix(1e9, 0)), steps: actors.NewDeterministic(1), nodes: map[msg.NodeID]*member{}}
	for id := msg.NodeID(1); id <= 3; id++ {
		m := &member{world: w, id: id}
		m.system = actors.NewSystem(actors.Options{Node: id, Clock: w.clock, Log: zerolog.Nop(), Dispatcher: w.steps})
		w.nodes[id] = m
		var err error
		if m.fabric, err = New(Options{System: m.system, Node: id, Bus: busEnd{m}, Links: linksEnd{m}, Clock: w.clock, Log: zerolog.Nop()}); err != nil {
			t.Fatal(err)
		}
		m.system.UseFabric(m.fabric)
	}
	return w
}

// busEnd and linksEnd are a node's ends of the two ways.
type busEnd struct{ *member }

func (b busEnd) Heard(node msg.NodeID) bool { return !b.world.silent && b.world.nodes[node].announced }

func (b busEnd) Announce() { b.announced = b.onBus != nil }

func (b busEnd) Subscribe(subject string, f func(string, []byte)) error {
	if want := fmt.Sprintf("troupe.actor.%d.*", b.id); subject != want {
		return fmt.Errorf("subscribed to %s, want %s", subject, want)
	}
	b.onBus = f
	return nil
}

func (b busEnd) Publish(subject string, data []byte) error {
	if b.world.broken {
		return errors.New("broken")
	}
	var to msg.NodeID
	if _, err := fmt.Sscanf(subject, "troupe.actor.%d.", &to); err != nil || !strings.HasSuffix(subject, fmt.Sprintf(".%d", b.id)) {
		b.world.t.Errorf("published on %s: %v", subject, err)
		return nil
	}
	b.world.wire = append(b.world.wire, packet{"bus", b.id, to, func() { b.world.nodes[to].onBus(subject, data) }})
	return nil
}

type linksEnd struct{ *member }

func (l linksEnd) Handle(f func(msg.NodeID, []byte)) { l.onLinks = f }

func (l linksEnd) Send(to msg.NodeID, payload ...[]byte) bool {
	if l.world.cut {
		if l.world.whenCut != nil {
			l.world.whenCut()
		}
		return false
	}
	var data []byte
	for _, piece := range payload {
		data = append(data, piece...)
	}
	l.world.wire = append(l.world.wire, packet{"link", l.id, to, func() { l.world.nodes[to].onLinks(l.id, data) }})
	return true
}

// run delivers all that is under way, and what comes of it, and says which ways it took.
func (w *world) run() string {
	var ways []string
	for w.steps.Run(); len(w.wire) > 0; w.steps.Run() {
		p := w.wire[0]
		w.wire = w.wire[1:]
		ways = append(ways, fmt.Sprintf("%s %d>%d", p.via, p.from, p.to))
		p.deliver()
	}
	return strings.Join(ways, ", ")
}

// lose drops all that is under way.
func (w *world) lose() { w.wire = nil }

// spawn gives a node an actor that does this with requests.
func (w *world) spawn(id msg.NodeID, name string, receive func(m msg.Message)) {
	w.t.Helper()
	if _, err := w.nodes[id].system.Spawn(actors.Spec{Name: name, New: func() actors.Actor { return actor{receive} }}); err != nil {
		w.t.Fatal(err)
	}
}

type actor struct{ receive func(m msg.Message) }

func (actor) Started(*actors.Context) error              { return nil }
func (a actor) Receive(_ *actors.Context, m msg.Message) { a.receive(m) }
func (actor) Idle(*actors.Context)                       {}
func (actor) Stopped(*actors.Context)                    {}

// outcome is how often a request was answered, and how last.
type outcome struct {
	answers int
	err     error
}

func (o *outcome) done(err error) { o.answers++; o.err = err }

// drain asks for the least of requests.
func drain(o *outcome) *msg.ChangeNode {
	return &msg.ChangeNode{Asked: msg.Asked{Done: o.done}, Node: 2, Change: msg.DrainNode}
}

func (w *world) post(from, to msg.NodeID, name string, m msg.Message) {
	w.t.Helper()
	if err := w.nodes[from].system.At(to, name).Post(m); err != nil {
		w.t.Fatal(err)
	}
}
