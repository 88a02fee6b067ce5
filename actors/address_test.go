package actors

import (
	"errors"
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// mail is a fabric that keeps what it is given, until it breaks.
type mail struct {
	s      *stage
	broken error
}

func (f *mail) Send(node msg.NodeID, name string, m msg.Message) error {
	if f.broken == nil {
		f.s.note("%v to %s on node %d", m, name, node)
	}
	return f.broken
}

func TestTargetsInTheCluster(t *testing.T) {
	s := newStage(t)
	s.spawn(Spec{Name: "here"}, part{})
	s.played = nil
	if err := s.system.At(2, "there").Post(word("lost")); !errors.Is(err, msg.ErrStopped) {
		t.Errorf("without a fabric: %v", err)
	}
	fabric := &mail{s: s}
	s.system.UseFabric(fabric)
	for _, target := range []msg.Target{s.system.At(1, "here"), s.system.At(2, "there")} {
		if err := target.Post(word("hello")); err != nil {
			t.Error(err)
		}
	}
	s.run("hello to there on node 2, hello, idle")
	fabric.broken = msg.ErrMailboxFull
	if err := s.system.At(2, "there").Post(word("lost")); !errors.Is(err, msg.ErrMailboxFull) {
		t.Errorf("a fabric that says no: %v", err)
	}
	if err := s.system.At(1, "nobody").Post(word("lost")); !errors.Is(err, msg.ErrStopped) {
		t.Errorf("to nobody here: %v", err)
	}
}

// Whatever reaches a PID is delivered, carried, or answered with an error; never just lost.
func TestProtoactorsPIDsLeadSomewhere(t *testing.T) {
	pids := []struct{ name, address, id, want string }{
		{"a local actor", "node/1", "here", "ask, ask answered ok, idle"},
		{"one with a full mailbox", "node/1", "full", "ask answered NOT_LEADER_FOR_PARTITION, 10 bytes, idle"},
		{"one that stops", "node/1", "leaving", "ask answered NOT_LEADER_FOR_PARTITION, stopped"},
		{"nobody", "node/1", "ghost", "ask answered NOT_LEADER_FOR_PARTITION"},
		{"another node", "node/2", "there", "ask to there on node 2"},
		{"no node", "node/-3", "there", "ask answered NOT_LEADER_FOR_PARTITION"},
		{"no address of ours", "127.0.0.1:80", "there", "ask answered NOT_LEADER_FOR_PARTITION"},
	}
	for _, pid := range pids {
		t.Run(pid.name, func(t *testing.T) {
			s := newStage(t)
			s.system.UseFabric(&mail{s: s})
			for _, name := range []string{"here", "full", "leaving"} {
				s.spawn(Spec{Name: name, MailboxBytes: 10}, part{})
			}
			s.played = nil
			switch pid.id {
			case "full":
				s.post(s.system.Lookup("full"), load(10))
			case "leaving":
				s.system.Stop(s.system.Lookup("leaving"), nil)
			}
			ask := s.ask("ask")
			ask.size = 1
			s.system.proto.Root.Send(actor.NewPID(pid.address, pid.id), ask)
			s.system.proto.Root.Request(actor.NewPID(pid.address, pid.id), word("not a request"))
			s.steps.Run()
			got := strings.Join(s.played, ", ")
			got = strings.NewReplacer(", not a request to there on node 2", "", ", not a request, idle", "").Replace(got)
			if got != pid.want {
				t.Errorf("played %s, want %s", got, pid.want)
			}
		})
	}
}

func TestWithoutAFabricForeignPIDsAnswer(t *testing.T) {
	s := newStage(t)
	s.system.proto.Root.Send(actor.NewPID("node/2", "there"), s.ask("ask"))
	s.expect("ask answered NOT_LEADER_FOR_PARTITION")
}

func TestWhatIsNotOfOurVocabularyIsDropped(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a"}, part{})
	s.system.proto.Root.Send(actor.NewPID("node/1", "a"), "a string")
	s.system.proto.Root.Poison(actor.NewPID("node/1", "a"))
	s.system.proto.Root.Send(actor.NewPID("node/2", "there"), "a string")
	s.system.proto.Root.Stop(actor.NewPID("node/2", "there"))
	s.post(ref, word("hello"))
	s.run("started, hello, idle")
	if !strings.Contains(s.log.String(), "not of our vocabulary") {
		t.Errorf("nothing was logged: %s", s.log)
	}
}
