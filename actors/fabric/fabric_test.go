package fabric

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestARequestIsAnsweredFromAnotherNode(t *testing.T) {
	w := newWorld(t)
	w.spawn(2, msg.ControllerName, func(m msg.Message) {
		q := m.(*msg.CreateTopics)
		q.Topics[0].ID, q.Topics[0].Partitions = msg.TopicID{7}, 12
		q.Topics[1].Err = msg.Errorf(kerr.TopicAlreadyExists, "topic %s is there", q.Topics[1].Name)
		q.AnswerAt(42, nil)
	})
	var o outcome
	q := &msg.CreateTopics{Asked: msg.Asked{Done: o.done}, Topics: []*msg.NewTopic{{Name: "a", Partitions: -1}, {Name: "b"}}}
	first := q.Topics[0]
	w.post(1, 2, msg.ControllerName, q)
	if ways := w.run(); ways != "bus 1>2, bus 2>1" {
		t.Errorf("it went %s", ways)
	}
	if o != (outcome{1, nil}) || q.Applied != 42 {
		t.Errorf("%+v, applied %d", o, q.Applied)
	}
	if first.ID != (msg.TopicID{7}) || first.Partitions != 12 || first.Err != nil {
		t.Errorf("the first topic: %+v", first)
	}
	if err := q.Topics[1].Err; !errors.Is(err, kerr.TopicAlreadyExists) || err.Error() != "topic b is there (TOPIC_ALREADY_EXISTS)" {
		t.Errorf("the second topic: %v", err)
	}
}

func TestTheErrorOfTheWhole(t *testing.T) {
	cases := []struct {
		err  error
		code *kerr.Error
		text string
	}{
		{msg.Errorf(kerr.NotController, "ask node 3"), kerr.NotController, "ask node 3 (NOT_CONTROLLER)"},
		{msg.ErrStopped, kerr.NotLeaderForPartition, "the actor has stopped"},
		{io.EOF, kerr.UnknownServerError, "EOF"},
	}
	for _, c := range cases {
		w := newWorld(t)
		w.spawn(2, msg.ControllerName, func(m msg.Message) { m.(*msg.ChangeNode).Answer(c.err) })
		var o outcome
		w.post(1, 2, msg.ControllerName, drain(&o))
		w.run()
		if !errors.Is(o.err, c.code) || !strings.HasPrefix(o.err.Error(), c.text) {
			t.Errorf("%v came as %v", c.err, o.err)
		}
	}
}

func TestTheWayThatIsOpen(t *testing.T) {
	cases := []struct {
		silent, broken, cut bool
		ways                string
	}{
		{false, false, false, "bus 1>2, bus 2>1"},
		{false, false, true, "bus 1>2, bus 2>1"},
		{true, false, false, "link 1>2, link 2>1"},
		{false, true, false, "link 1>2, link 2>1"},
		{true, false, true, ""},
		{false, true, true, ""},
	}
	for _, c := range cases {
		w := newWorld(t)
		w.silent, w.broken, w.cut = c.silent, c.broken, c.cut
		w.spawn(2, msg.ControllerName, func(m msg.Message) { m.(*msg.ChangeNode).Answer(nil) })
		var o outcome
		err := w.nodes[1].system.At(2, msg.ControllerName).Post(drain(&o))
		if ways := w.run(); ways != c.ways {
			t.Errorf("%+v: it went %q", c, ways)
		}
		if open := c.ways != ""; open && (err != nil || o != (outcome{1, nil})) || !open && (!errors.Is(err, msg.ErrStopped) || o.answers > 0) {
			t.Errorf("%+v: %v, %+v", c, err, o)
		}
		w.clock.Advance(2 * patience)
		if o.answers > 1 {
			t.Errorf("%+v: answered %d times", c, o.answers)
		}
	}
}

// The bus took the request and lost it. It must not go over the link as well: perhaps only its answer is lost.
func TestALostRequestIsNotSentAgain(t *testing.T) {
	w := newWorld(t)
	var o outcome
	w.post(1, 2, msg.ControllerName, drain(&o))
	w.lose()
	w.clock.Advance(patience - 1)
	if o.answers != 0 {
		t.Fatalf("answered too early: %v", o.err)
	}
	if s := w.nodes[1].fabric.Stats(); s.Pending != 1 || s.PendingBytes == 0 || s.Late != 0 {
		t.Errorf("while it waits: %+v", s)
	}
	w.clock.Advance(1)
	if o.answers != 1 || !errors.Is(o.err, kerr.RequestTimedOut) || !strings.Contains(o.err.Error(), "outcome is unknown") {
		t.Errorf("%+v", o)
	}
	if len(w.wire) != 0 {
		t.Error("it was sent again")
	}
	if s := w.nodes[1].fabric.Stats(); s != (Stats{Late: 1}) {
		t.Errorf("when it was given up: %+v", s)
	}
}

func TestALateAnswerIsIgnored(t *testing.T) {
	w := newWorld(t)
	var held *msg.ChangeNode
	w.spawn(2, msg.ControllerName, func(m msg.Message) { held = m.(*msg.ChangeNode) })
	var o outcome
	w.post(1, 2, msg.ControllerName, drain(&o))
	w.run()
	w.clock.Advance(patience)
	held.Answer(nil)
	w.run()
	if o.answers != 1 || !errors.Is(o.err, kerr.RequestTimedOut) {
		t.Errorf("%+v", o)
	}
}

func TestAnAnswerCountsOnceAndOnlyFromWhoWasAsked(t *testing.T) {
	w := newWorld(t)
	f := w.nodes[1].fabric
	var o outcome
	w.post(1, 2, msg.ControllerName, drain(&o))
	w.lose()
	good := frame{kind: frameAnswer, epoch: f.epoch, id: 1, body: []byte(`{"answer":{}}`)}
	other, old, unknown := good, good, good
	other.epoch, old.epoch, unknown.id = f.epoch+1, f.epoch-1, 2
	for _, fr := range []frame{other, old, unknown} {
		f.hear(2, fr.encode())
	}
	f.hear(3, good.encode())
	f.hearBus("x", good.encode())
	if o.answers != 0 {
		t.Fatal("a wrong answer counted")
	}
	f.hear(2, good.encode())
	f.hear(2, good.encode())
	if o != (outcome{1, nil}) {
		t.Errorf("%+v", o)
	}
}

func TestAnAnswerThatCantBeRead(t *testing.T) {
	for _, body := range []string{``, `{`, `{"answer":[]}`, `{"answer":[{"id":"x"}]}`, `{}`} {
		w := newWorld(t)
		f := w.nodes[1].fabric
		var o outcome
		w.post(1, 2, msg.ControllerName, &msg.CreateTopics{Asked: msg.Asked{Done: o.done}, Topics: []*msg.NewTopic{{Name: "a"}}})
		fr := frame{kind: frameAnswer, epoch: f.epoch, id: 1, body: []byte(body)}
		f.hear(2, fr.encode())
		if o.answers != 1 || !errors.Is(o.err, kerr.UnknownServerError) || !strings.Contains(o.err.Error(), "can't be read") {
			t.Errorf("%q: %+v", body, o)
		}
	}
}

func TestNobodyThereAnswersAtOnce(t *testing.T) {
	w := newWorld(t)
	var o outcome
	w.post(1, 2, msg.ControllerName, drain(&o))
	w.run()
	if o.answers != 1 || !errors.Is(o.err, kerr.NotLeaderForPartition) || !strings.Contains(o.err.Error(), "actor controller of node 2") {
		t.Errorf("%+v", o)
	}
}

func TestADeadNodeAnswersAtOnce(t *testing.T) {
	w := newWorld(t)
	var dead, alive outcome
	w.post(1, 2, msg.ControllerName, drain(&dead))
	w.post(1, 3, msg.ControllerName, drain(&alive))
	w.lose()
	w.nodes[1].fabric.PeerDown(2)
	if dead.answers != 1 || !errors.Is(dead.err, kerr.RequestTimedOut) || !strings.Contains(dead.err.Error(), "node 2 was lost") {
		t.Errorf("at the dead node: %+v", dead)
	}
	if alive.answers != 0 {
		t.Errorf("at the other: %+v", alive)
	}
}

// The node is found dead while a request to it is handed over: the request is refused once, and so was taken.
func TestARequestIsRefusedWhileItIsSent(t *testing.T) {
	w := newWorld(t)
	w.silent, w.cut = true, true
	w.whenCut = func() { w.nodes[1].fabric.PeerDown(2) }
	var o outcome
	w.post(1, 2, msg.ControllerName, drain(&o))
	if o.answers != 1 || !errors.Is(o.err, kerr.RequestTimedOut) {
		t.Errorf("%+v", o)
	}
}

func TestAnAnswerEndsTheDeadline(t *testing.T) {
	w := newWorld(t)
	var o outcome
	w.post(1, 2, msg.ControllerName, drain(&o))
	w.run()
	if left, waits := w.clock.Next(); waits || o.answers != 1 {
		t.Errorf("answered %d times; a timer still waits, for %v", o.answers, left)
	}
}

func TestAClosedFabric(t *testing.T) {
	w := newWorld(t)
	var o outcome
	w.post(1, 2, msg.ControllerName, drain(&o))
	f := w.nodes[1].fabric
	f.Close()
	if o.answers != 1 || !errors.Is(o.err, kerr.RequestTimedOut) {
		t.Errorf("%+v", o)
	}
	if err := f.Send(2, msg.ControllerName, drain(&o)); !errors.Is(err, msg.ErrStopped) {
		t.Errorf("sending: %v", err)
	}
	f.Close()
	if o.answers != 1 {
		t.Errorf("%+v", o)
	}
}

func TestWhatWaitsIsBounded(t *testing.T) {
	w := newWorld(t)
	target := w.nodes[1].system.At(2, msg.ControllerName)
	var o outcome
	for range maxWaiting {
		w.post(1, 2, msg.ControllerName, drain(&o))
	}
	if err := target.Post(drain(&o)); !errors.Is(err, msg.ErrMailboxFull) {
		t.Errorf("one too many: %v", err)
	}
	w.run() // nobody is there, so all are refused
	if o.answers != maxWaiting {
		t.Errorf("%d answers", o.answers)
	}
	large := &msg.CreateTopics{Asked: msg.Asked{Done: o.done}, Topics: []*msg.NewTopic{{Name: strings.Repeat("x", maxWaitingBytes/2)}}}
	w.post(1, 2, msg.ControllerName, large)
	if err := target.Post(large); !errors.Is(err, msg.ErrMailboxFull) {
		t.Errorf("too large: %v", err)
	}
	w.run()
	w.post(1, 2, msg.ControllerName, drain(&o))
	if table := w.nodes[1].fabric.pending; table.bytes > 100 || len(table.waiting) != 1 {
		t.Errorf("%d bytes of %d requests wait", table.bytes, len(table.waiting))
	}
}

func TestWhatDoesNotTravel(t *testing.T) {
	w := newWorld(t)
	partition := msg.PartitionName(msg.TopicPartition{})
	for _, c := range []struct {
		name string
		m    msg.Message
	}{
		{partition, &msg.Append{}},
		{partition, &msg.ChangeNode{}},
		{msg.ControllerName, &msg.Transfer{}},
		{msg.ControllerName, &msg.StopNode{}},
		{"partition/" + strings.Repeat("x", 250), &msg.Transfer{}},
	} {
		err := w.nodes[1].system.At(2, c.name).Post(c.m)
		if err == nil || errors.Is(err, msg.ErrStopped) || len(w.wire) > 0 {
			t.Errorf("a %T to %s: %v", c.m, c.name, err)
		}
	}
}

func TestWhatIsNotLetIn(t *testing.T) {
	cases := []struct {
		name string
		ask  frame
		code *kerr.Error
	}{
		{"an unknown request", frame{actor: msg.ControllerName, name: "Explode", version: 1, body: []byte(`{}`)}, kerr.UnsupportedVersion},
		{"a new version", frame{actor: msg.ControllerName, name: "ChangeNode", version: 2, body: []byte(`{}`)}, kerr.UnsupportedVersion},
		{"another actor", frame{actor: "group-coordinator-1", name: "ChangeNode", version: 1, body: []byte(`{}`)}, kerr.InvalidRequest},
		{"no JSON", frame{actor: msg.ControllerName, name: "ChangeNode", version: 1, body: []byte(`{`)}, kerr.InvalidRequest},
		{"nothing", frame{actor: msg.ControllerName, name: "ChangeNode", version: 1}, kerr.InvalidRequest},
		{"a null item", frame{actor: msg.ControllerName, name: "CreateTopics", version: 1, body: []byte(`{"Topics":[{},null]}`)}, kerr.InvalidRequest},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			for _, name := range []string{msg.ControllerName, "group-coordinator-1"} {
				w.spawn(2, name, func(m msg.Message) { t.Errorf("%s got a %T", name, m) })
			}
			// A request of node 1 is replaced on the wire.
			var o outcome
			w.post(1, 2, msg.ControllerName, drain(&o))
			w.lose()
			c.ask.kind, c.ask.epoch, c.ask.id = frameAsk, w.nodes[1].fabric.epoch, 1
			w.nodes[2].fabric.hear(1, c.ask.encode())
			w.run()
			if o.answers != 1 || !errors.Is(o.err, c.code) {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestAPanicOfWhoIsAnsweredStaysThere(t *testing.T) {
	w := newWorld(t)
	w.spawn(2, msg.ControllerName, func(m msg.Message) { m.(*msg.ChangeNode).Answer(nil) })
	w.post(1, 2, msg.ControllerName, &msg.ChangeNode{Asked: msg.Asked{Done: func(error) { panic("no") }}})
	w.run()
	var o outcome
	w.post(1, 2, msg.ControllerName, drain(&o))
	w.run()
	if o != (outcome{1, nil}) {
		t.Errorf("%+v", o)
	}
}
