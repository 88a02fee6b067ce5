package actors

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// every waits a second before each restart.
func every(int) (time.Duration, bool) { return time.Second, true }

func TestAFailedActorIsRestarted(t *testing.T) {
	for _, how := range []word{"panic", "fail"} {
		t.Run(string(how), func(t *testing.T) {
			s := newStage(t)
			ref := s.spawn(Spec{Name: "a", Restart: every}, part{})
			s.post(ref, how)
			s.run("started, " + string(how) + ", stopped")
			s.clock.Advance(time.Second - 1)
			s.run("")
			s.clock.Advance(1)
			s.post(ref, word("hello"))
			s.run("started, hello, idle")
			if n := s.system.Stats().Restarts; n != 1 {
				t.Errorf("%d restarts are counted", n)
			}
		})
	}
}

func TestTheRequestInHandIsAnswered(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a", Restart: every}, part{receive: func(c *Context, m msg.Message) { panic("at work") }})
	var answer error
	s.post(ref, &request{name: "ask", answered: func(err error) { answer = err; s.note("answered %s", codeName(err)) }})
	s.run("started, ask, answered UNKNOWN_SERVER_ERROR, stopped")
	if !strings.Contains(answer.Error(), "actor a failed") || !strings.Contains(answer.Error(), "at work") {
		t.Errorf("the answer was %v", answer)
	}
}

// stubborn is a request that counts its refusals, as one that doesn't know that it was answered.
type stubborn struct{ refused int }

func (*stubborn) Bytes() int { return 0 }

func (q *stubborn) Refuse(error) { q.refused++ }

func TestTheRequestInHandIsAnsweredOnce(t *testing.T) {
	s := newStage(t)
	tries := 0
	ref := s.spawn(Spec{Name: "a", Restart: every}, part{
		started: func(*Context) error {
			if tries++; tries == 2 {
				return errors.New("not yet")
			}
			return nil
		},
		receive: func(c *Context, m msg.Message) { panic("at work") },
	})
	q := &stubborn{}
	s.post(ref, q)
	for range 3 {
		s.steps.Run()
		s.clock.Advance(time.Second)
	}
	s.run("started, &{0}, stopped, started, stopped, started")
	if q.refused != 1 {
		t.Errorf("refused %d times", q.refused)
	}
}

func TestWhatWaitsWhenAnActorFails(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a", Restart: every, MailboxBytes: 10}, part{})
	s.post(ref, word("panic"))
	s.post(ref, s.ask("queued"))
	s.post(ref, word("kept"))
	s.post(ref, load(6))
	s.run("started, panic, stopped, queued answered NOT_LEADER_FOR_PARTITION")

	s.post(ref, s.ask("while it waits"))
	s.run("while it waits answered NOT_LEADER_FOR_PARTITION")
	if err := ref.Post(load(5)); !errors.Is(err, msg.ErrMailboxFull) {
		t.Errorf("the budget holds for what is kept too: %v", err)
	}
	s.post(ref, word("kept as well"))
	s.clock.Advance(time.Second)
	s.run("started, kept, idle, 6 bytes, idle, kept as well, idle")
}

func TestTimersDieWithTheirIncarnation(t *testing.T) {
	s := newStage(t)
	lives := 0
	ref := s.spawn(Spec{Name: "a", Restart: every}, part{started: func(c *Context) error {
		if lives++; lives == 1 {
			c.After(500*time.Millisecond, word("while it is down"))
			c.After(time.Minute, word("when another lives"))
			c.After(time.Minute, s.ask("asked by timer"))
		}
		return nil
	}})
	s.post(ref, word("panic"))
	s.run("started, panic, stopped")
	s.clock.Advance(500 * time.Millisecond)
	s.run("")
	s.clock.Advance(500 * time.Millisecond)
	s.run("started")
	s.clock.Advance(time.Minute)
	s.run("")
}

func TestFailingToStart(t *testing.T) {
	s := newStage(t)
	tries := 0
	ref := s.spawn(Spec{Name: "a", Restart: every}, part{started: func(c *Context) error {
		switch tries++; tries {
		case 1:
			return errors.New("no such log")
		case 2:
			panic("no such luck")
		}
		return nil
	}})
	s.post(ref, word("hello"))
	s.run("started, stopped")
	s.clock.Advance(time.Second)
	s.run("started, stopped")
	s.clock.Advance(time.Second)
	s.run("started, hello, idle")
	if !strings.Contains(s.log.String(), "starting: no such log") {
		t.Errorf("the log does not say why: %s", s.log)
	}
}

func TestFailingToBeMade(t *testing.T) {
	s := newStage(t)
	tries := 0
	_, err := s.system.Spawn(Spec{Name: "a", Restart: every, New: func() Actor {
		if tries++; tries == 1 {
			panic("no actor")
		}
		return &player{stage: s}
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.run("")
	s.clock.Advance(time.Second)
	s.run("started")
}

func TestFailingWhenIdle(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a", Restart: every}, part{idle: func(*Context) { panic("nothing to do") }})
	s.post(ref, s.ask("ask"))
	s.run("started, ask, ask answered ok, idle, stopped")
	s.clock.Advance(time.Second)
	s.run("started")
}

func TestFailingToStop(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a", Restart: every}, part{stopped: func(*Context) { panic("no end") }})
	s.post(ref, word("panic"))
	s.run("started, panic, stopped")
	s.clock.Advance(time.Second)
	s.run("started")
	s.system.Stop(ref, func() { s.note("done") })
	s.run("stopped, done")
}

func TestStoppingWhileItWaitsForItsRestart(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a", Restart: every}, part{})
	s.post(ref, word("panic"))
	s.run("started, panic, stopped")
	s.system.Stop(ref, func() { s.note("done") })
	s.run("done")
	s.clock.Advance(time.Minute)
	s.run("")
}

func TestStoppedWhenItsRestartIsAlreadyPosted(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a", Restart: every}, part{})
	s.post(ref, word("panic"))
	s.run("started, panic, stopped")
	s.system.Stop(ref, func() { s.note("done") })
	s.clock.Advance(time.Second) // the restart is queued behind the stop
	s.run("done")
}

func TestGivingUp(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a", Restart: func(n int) (time.Duration, bool) { return 0, n < 3 }}, part{})
	for range 3 {
		s.post(ref, word("panic"))
	}
	s.post(ref, s.ask("waits"))
	s.run("started, panic, stopped, waits answered NOT_LEADER_FOR_PARTITION, started, panic, stopped, started, panic, stopped")
	if err := ref.Post(word("hello")); !errors.Is(err, msg.ErrStopped) {
		t.Errorf("posting to an actor that was given up: %v", err)
	}
	if !strings.Contains(s.log.String(), `"actor":"a","failures":3,"last":"panic: stage fright","message":"the actor fails again and again: it is stopped"`) {
		t.Errorf("the log does not say so: %s", s.log)
	}
}

func TestAMinuteOfHealthEndsARow(t *testing.T) {
	s := newStage(t)
	var rows []int
	ref := s.spawn(Spec{Name: "a", Restart: func(n int) (time.Duration, bool) { rows = append(rows, n); return 0, true }}, part{})
	for _, healthy := range []time.Duration{time.Minute - 1, time.Minute - 1, time.Minute, 0} {
		s.clock.Advance(healthy)
		s.post(ref, word("panic"))
		s.steps.Run()
	}
	if want := []int{1, 2, 1, 2}; !slices.Equal(rows, want) {
		t.Errorf("failures in a row: %v, want %v", rows, want)
	}
}

func TestFailedStartsAreARowToo(t *testing.T) {
	s := newStage(t)
	var rows []int
	tries := 0
	ref := s.spawn(Spec{Name: "a", Restart: func(n int) (time.Duration, bool) { rows = append(rows, n); return 0, n < 3 }},
		part{started: func(*Context) error {
			if tries++; tries > 1 {
				return errors.New("no more")
			}
			return nil
		}})
	s.clock.Advance(time.Hour)
	s.post(ref, word("panic"))
	s.steps.Run()
	if !slices.Equal(rows, []int{1, 2, 3}) {
		t.Errorf("failures in a row: %v", rows)
	}
}

func TestDefaultBackoff(t *testing.T) {
	want := map[int]time.Duration{1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 9: 25600 * time.Millisecond,
		10: 30 * time.Second, 1000: 30 * time.Second}
	for n, wait := range want {
		if got, again := defaultRestart(n); got != wait || !again {
			t.Errorf("failure %d in a row: %v, %v", n, got, again)
		}
	}
}

func TestAFailureIsLoggedOnce(t *testing.T) {
	for how, stack := range map[word]bool{"panic": true, "fail": false} {
		s := newStage(t)
		s.post(s.spawn(Spec{Name: "a"}, part{}), how)
		s.steps.Run()
		lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
		if len(lines) != 1 || strings.Contains(lines[0], "word.act") != stack {
			t.Errorf("%s is logged as %q", how, lines)
		}
	}
}

func TestASinkThatPanicsHarmsNobody(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a"}, part{})
	s.post(ref, &request{name: "bad", answered: func(error) { panic("bad sink") }})
	s.post(ref, s.ask("good"))
	s.system.Stop(ref, func() { panic("bad callback") })
	s.system.Stop(ref, func() { s.note("done") })
	s.run("started, good answered NOT_LEADER_FOR_PARTITION, stopped, done")
	if n := s.system.Stats().Restarts; n != 0 {
		t.Errorf("%d restarts", n)
	}
}
