package actors

import (
	"errors"
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestMailboxSaysNo(t *testing.T) {
	cases := []struct {
		name  string
		posts []load
		full  []bool
	}{
		{"up to the budget", []load{60, 40}, []bool{false, false}},
		{"not beyond it", []load{60, 41, 40}, []bool{false, true, false}},
		{"control messages always get in", []load{100, 0, 0, 1}, []bool{false, false, false, true}},
		{"what would never fit gets into an empty mailbox", []load{1000, 1}, []bool{false, true}},
		{"and control messages get in beside it", []load{1000, 0}, []bool{false, false}},
		{"but not into one where something waits", []load{1, 1000}, []bool{false, true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			ref := s.spawn(Spec{Name: "a", MailboxBytes: 100}, part{})
			refused := uint64(0)
			for i, l := range c.posts {
				err := ref.Post(l)
				if errors.Is(err, msg.ErrMailboxFull) != c.full[i] {
					t.Errorf("post %d, of %d bytes: %v", i, l, err)
				}
				if err != nil {
					refused++
				}
			}
			if got := s.system.Stats().Full; got != refused {
				t.Errorf("stats say that %d were refused, not %d", got, refused)
			}
			s.steps.Run()
			if left := s.system.Stats().QueuedBytes; left != 0 {
				t.Errorf("%d bytes are counted as waiting in an empty mailbox", left)
			}
			if err := ref.Post(load(100)); err != nil {
				t.Errorf("a drained mailbox refused what fits: %v", err)
			}
		})
	}
}

func TestMailboxCountsWhatWaits(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a", MailboxBytes: 100}, part{})
	s.post(ref, load(30))
	s.post(ref, load(20))
	s.steps.Step()
	if got := s.system.Stats().QueuedBytes; got != 20 {
		t.Errorf("after one of 30 and 20 bytes was delivered, %d wait", got)
	}
}

func TestMessagesComeInOrderOneAtATime(t *testing.T) {
	s := newStage(t)
	ref := s.spawn(Spec{Name: "a"}, part{receive: func(c *Context, m msg.Message) {
		if m == word("one") {
			s.post(c.Self(), word("three"))
			s.note("still one")
		}
	}})
	s.post(ref, word("one"))
	s.post(ref, word("two"))
	s.run("started, one, still one, idle, two, idle, three, idle")
}

// pump is a dispatcher with a test's own throughput, whose steps the test runs.
type pump struct {
	throughput int
	next       []func()
}

func (p *pump) Schedule(step func()) { p.next = append(p.next, step) }

func (p *pump) Throughput() int { return p.throughput }

func (p *pump) step() bool {
	if len(p.next) == 0 {
		return false
	}
	first := p.next[0]
	p.next = p.next[1:]
	first()
	return true
}

func TestIdleIsCalledOncePerStep(t *testing.T) {
	s := newStage(t)
	steps := &pump{throughput: 3}
	s.system = NewSystem(Options{Dispatcher: steps, Clock: s.clock})
	ref := s.spawn(Spec{Name: "a"}, part{})
	for steps.step() {
	}
	s.expect("started")
	for _, w := range []word{"1", "2", "3", "4", "5"} {
		s.post(ref, w)
	}
	steps.step()
	s.expect("1, 2, 3, idle")
	steps.step()
	s.expect("4, 5, idle")
	if steps.step() {
		t.Errorf("a step ran although nothing waits")
	}
}

func TestAStoppedActorInTheMiddleOfAStep(t *testing.T) {
	s := newStage(t)
	steps := &pump{throughput: 10}
	s.system = NewSystem(Options{Dispatcher: steps, Clock: s.clock})
	ref := s.spawn(Spec{Name: "a"}, part{receive: func(c *Context, m msg.Message) {
		if m == word("last") {
			s.system.Stop(c.Self(), func() { s.note("done") })
		}
	}})
	s.post(ref, word("last"))
	s.post(ref, s.ask("late"))
	s.post(ref, word("dropped"))
	for steps.step() {
	}
	s.expect("started, last, late answered NOT_LEADER_FOR_PARTITION, stopped, done")
}
