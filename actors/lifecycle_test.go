package actors

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestAnActorsLife(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a"}, part{started: func(c *Context) error {
		if c.Self().Name() != "a" || !c.Now().Equal(s.clock.Now()) {
			t.Errorf("its context says %q, %v", c.Self().Name(), c.Now())
		}
		return nil
	}})
	if ref != s.system.Lookup("a") {
		t.Errorf("Lookup finds another address")
	}
	s.post(ref, word("hello"))
	s.run("started, hello, idle")

	s.post(ref, word("dropped"))
	s.post(ref, s.ask("waiting"))
	s.system.Stop(ref, func() { s.note("done") })
	s.system.Stop(ref, func() { s.note("done for the second too") })
	if err := ref.Post(s.ask("late")); !errors.Is(err, msg.ErrStopped) {
		t.Errorf("posting to an actor that stops: %v", err)
	}
	s.run("waiting answered NOT_LEADER_FOR_PARTITION, stopped, done, done for the second too")
	s.system.Stop(ref, func() { s.note("done at once") })
	s.expect("done at once")
	if n := s.system.Stats().Actors; n != 0 {
		t.Errorf("%d actors are counted", n)
	}
}

func TestAddressesOfNobody(t *testing.T) {
	s := newStage(t)
	for name, ref := range map[string]Ref{"zero": {}, "unknown": s.system.Lookup("ghost")} {
		if err := ref.Post(word("boo")); !errors.Is(err, msg.ErrStopped) {
			t.Errorf("%s: %v", name, err)
		}
		s.system.Stop(ref, func() { s.note("done") })
	}
	s.expect("done, done")
	if name := s.system.Lookup("ghost").Name(); name != "ghost" {
		t.Errorf("nobody is called %q", name)
	}
}

func TestNamesAreTakenUntilTheOwnerHasStopped(t *testing.T) {
	s := newStage(t)
	first := s.spawn(Spec{Name: "a"}, part{})
	spec := Spec{Name: "a", New: func() Actor { return &player{stage: s} }}
	if _, err := s.system.Spawn(spec); err == nil || !strings.Contains(err.Error(), "actor a: the name is taken") {
		t.Errorf("a second a: %v", err)
	}
	s.system.Stop(first, func() {
		second, err := s.system.Spawn(spec)
		if err != nil {
			t.Errorf("spawning when the owner has stopped: %v", err)
		}
		s.post(second, word("hello"))
	})
	if _, err := s.system.Spawn(spec); err == nil {
		t.Errorf("the name was free before its owner had stopped")
	}
	s.run("started, stopped, started, hello, idle")
	s.system.Stop(first, func() { s.note("done at once") })
	s.expect("done at once")
	if err := first.Post(word("for the first")); !errors.Is(err, msg.ErrStopped) {
		t.Errorf("an address found its owner's successor: %v", err)
	}
}

func TestSpawnNeedsANameAndAnActor(t *testing.T) {
	s := newStage(t)
	for _, spec := range []Spec{{}, {Name: "a"}, {New: func() Actor { return &player{stage: s} }}} {
		if _, err := s.system.Spawn(spec); err == nil {
			t.Errorf("%+v was spawned", spec)
		}
	}
}

func TestTimers(t *testing.T) {
	s := newStage(t)
	var kept, stopped interface{ Stop() bool }
	ref := s.spawn(Spec{Name: "a"}, part{receive: func(c *Context, m msg.Message) {
		switch m {
		case word("set"):
			kept = c.After(time.Second, word("tick"))
			stopped = c.After(time.Second, word("never"))
		case word("stop"):
			s.note("%v", stopped.Stop())
		}
	}})
	s.post(ref, word("set"))
	s.steps.Run()
	s.clock.Advance(time.Second - 1)
	s.run("started, set, idle")
	s.post(ref, word("stop"))
	s.clock.Advance(1) // both wait in the mailbox now, behind the word that stops one of them
	s.run("stop, true, idle, tick, idle")
	if kept.Stop() || stopped.Stop() {
		t.Errorf("a timer was stopped after its end")
	}
}

func TestTimersGetIntoAFullMailbox(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a", MailboxBytes: 10}, part{started: func(c *Context) error {
		c.After(time.Second, load(5))
		return nil
	}})
	s.post(ref, load(10))
	s.clock.Advance(time.Second)
	s.run("started, 10 bytes, idle, 5 bytes, idle")
}

func TestTimersOfAStoppedActorDeliverNothing(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a"}, part{started: func(c *Context) error {
		c.After(time.Second, word("too late"))
		return nil
	}})
	s.system.Stop(ref, nil)
	s.steps.Run()
	s.spawn(Spec{Name: "a"}, part{})
	s.clock.Advance(time.Minute)
	s.run("started, stopped, started")
}

func TestShutdownStopsTheLatestFirst(t *testing.T) {
	for seed := range uint64(5) {
		s := newSeededStage(t, seed)
		for _, name := range []string{"first", "second", "third", "fourth"} {
			s.spawn(Spec{Name: name}, part{stopped: func(c *Context) { s.note("%s", c.Self().Name()) }})
		}
		s.played = nil
		if err := s.system.Shutdown(time.Second); err != nil {
			t.Fatal(err)
		}
		s.expect("stopped, fourth, stopped, third, stopped, second, stopped, first")
		if _, err := s.system.Spawn(Spec{Name: "late", New: func() Actor { return &player{stage: s} }}); err == nil {
			t.Errorf("spawned after the shutdown")
		}
	}
}
