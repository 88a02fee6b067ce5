package actors

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// A small town: six actors that talk to each other, set timers, answer requests late, panic and fail, and come back, while
// an errant stops and spawns one of them. Everything that happens is noted in order.

// gossip is what they tell each other; it dies out.
type gossip struct {
	from  string
	left  int
	serve *request
}

func (*gossip) Bytes() int { return 10 }

func (g *gossip) Refuse(err error) {
	if g.serve != nil {
		g.serve.Refuse(err)
	}
}

func (g *gossip) String() string { return fmt.Sprintf("%s's gossip %d", g.from, g.left) }

// citizen passes gossip on to a neighbour now and another in a while, and panics at every seventh.
type citizen struct {
	s     *stage
	me    int
	heard int
	owed  []*request
}

const town = 6

func nameOf(i int) string { return fmt.Sprintf("c%d", i%town) }

func (p *citizen) note(what string, args ...any) {
	p.s.note("%v %s %s", p.s.clock.Now().Unix(), nameOf(p.me), fmt.Sprintf(what, args...))
}

func (p *citizen) Started(c *Context) error {
	p.note("started")
	c.After(700*time.Millisecond, word("tick"))
	return nil
}

func (p *citizen) Receive(c *Context, m msg.Message) {
	p.note("got %v", m)
	p.heard++
	if p.heard%7 == 0 {
		panic(fmt.Sprintf("%s has heard enough", nameOf(p.me)))
	}
	g, ok := m.(*gossip)
	if !ok || g.left == 0 {
		return
	}
	if g.serve != nil {
		p.owed = append(p.owed, g.serve)
	}
	p.tell(p.me+g.left, &gossip{nameOf(p.me), g.left - 1, p.s.ask(fmt.Sprintf("%s-%d", nameOf(p.me), g.left))})
	c.After(time.Duration(g.left)*100*time.Millisecond, &gossip{from: nameOf(p.me), left: g.left - 1})
}

func (p *citizen) tell(whom int, g *gossip) {
	if err := p.s.system.Lookup(nameOf(whom)).Post(g); err != nil {
		p.note("could not tell %s: %v", nameOf(whom), err)
		g.Refuse(err)
	}
}

func (p *citizen) Idle(c *Context) {
	for _, q := range p.owed {
		q.answer(nil)
	}
	p.owed = nil
	if p.heard == 5 {
		c.Fail(errors.New("bored"))
	}
}

func (p *citizen) Stopped(*Context) {
	p.note("stopped")
	for _, q := range p.owed {
		q.Refuse(msg.ErrStopped)
	}
}

func (s *stage) settle(i int) {
	_, err := s.system.Spawn(Spec{Name: nameOf(i), MailboxBytes: 30, New: func() Actor { return &citizen{s: s, me: i} }})
	if err != nil {
		s.note("no room for %s: %v", nameOf(i), err)
	}
}

// live runs the town for some seconds under a seed and returns what happened.
func live(t *testing.T, seed uint64) []string {
	s := newSeededStage(t, seed)
	for i := range town {
		s.settle(i)
	}
	for i := range town {
		s.post(s.system.Lookup(nameOf(i)), &gossip{from: "the mayor", left: 4})
	}
	for round := range 40 {
		if round%10 == 5 {
			moves := round / 10
			s.system.Stop(s.system.Lookup(nameOf(moves)), func() { s.settle(moves) })
		}
		s.steps.Run()
		s.clock.Advance(100 * time.Millisecond)
	}
	if err := s.system.Shutdown(0); err != nil {
		t.Error(err)
	}
	if n := s.system.Stats().Restarts; n == 0 {
		t.Errorf("seed %d: nobody was restarted; the town is too quiet to show anything", seed)
	}
	return s.played
}

func TestARunReplaysFromItsSeed(t *testing.T) {
	traces := map[string]uint64{}
	for seed := range uint64(10) {
		first, second := live(t, seed), live(t, seed)
		if i := firstDifference(first, second); i >= 0 {
			t.Fatalf("seed %d: two runs differ at event %d:\n%v\n%v", seed, i, first[i:min(i+3, len(first))], second[i:min(i+3, len(second))])
		}
		if testing.Verbose() && seed == 0 {
			t.Logf("seed 0, %d events:\n%s", len(first), strings.Join(first, "\n"))
		}
		trace := strings.Join(first, "\n")
		if other, seen := traces[trace]; seen {
			t.Errorf("seeds %d and %d give the same run", other, seed)
		}
		traces[trace] = seed
	}
}

func firstDifference(a, b []string) int {
	if slices.Equal(a, b) {
		return -1
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func TestADeterministicSystemIsSingleThreaded(t *testing.T) {
	before := runtime.NumGoroutine()
	most := before
	s := newStage(t)
	s.spawn(Spec{Name: "watch", Restart: every}, part{receive: func(*Context, msg.Message) { most = max(most, runtime.NumGoroutine()) }})
	live(t, 3)
	watch := s.system.Lookup("watch")
	for _, w := range []word{"hello", "panic", "hello"} {
		s.post(watch, w)
		s.steps.Run()
		s.clock.Advance(time.Second)
	}
	s.steps.Run()
	// Fewer are possible: a test before this one may have left some to end by themselves.
	if most > before || runtime.NumGoroutine() > before {
		t.Errorf("%d goroutines before, up to %d meanwhile, %d after", before, most, runtime.NumGoroutine())
	}
}

func TestStepRunsOneAndTellsWhenNobodyWaits(t *testing.T) {
	d := NewDeterministic(1)
	ran := 0
	for range 3 {
		d.Schedule(func() { ran++ })
	}
	if !d.Step() || ran != 1 {
		t.Errorf("after one step, %d ran", ran)
	}
	if n := d.Run(); n != 2 || ran != 3 {
		t.Errorf("Run took %d steps, %d ran", n, ran)
	}
	if d.Step() {
		t.Errorf("a step ran although nothing was scheduled")
	}
}
