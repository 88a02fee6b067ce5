package actors

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// stage is a system whose steps and time a test moves by hand. What its actors do is written down in played.
type stage struct {
	t      *testing.T
	clock  *clock.Virtual
	steps  *Deterministic
	system *System
	log    *bytes.Buffer
	played []string
}

func newStage(t *testing.T) *stage { return newSeededStage(t, 1) }

func newSeededStage(t *testing.T, seed uint64) *stage {
	s := &stage{t: t, clock: clock.NewVirtual(time.Unix(1_700_000_000, 0)), steps: NewDeterministic(seed), log: &bytes.Buffer{}}
	s.system = NewSystem(Options{Node: 1, Clock: s.clock, Dispatcher: s.steps, Log: zerolog.New(s.log).Level(zerolog.WarnLevel)})
	return s
}

func (s *stage) note(format string, args ...any) {
	s.played = append(s.played, fmt.Sprintf(format, args...))
}

// spawn starts a player with the part's behaviour and runs it up to its first rest.
func (s *stage) spawn(spec Spec, p part) Ref {
	s.t.Helper()
	spec.New = func() Actor { return &player{stage: s, part: p} }
	ref, err := s.system.Spawn(spec)
	if err != nil {
		s.t.Fatal(err)
	}
	s.steps.Run()
	return ref
}

// expect compares what has been played since the last call, separated by commas.
func (s *stage) expect(want string) {
	s.t.Helper()
	if got := strings.Join(s.played, ", "); got != want {
		s.t.Errorf("played\n     %s\nwant %s", got, want)
	}
	s.played = nil
}

func (s *stage) run(want string) {
	s.t.Helper()
	s.steps.Run()
	s.expect(want)
}

func (s *stage) post(ref Ref, m msg.Message) {
	s.t.Helper()
	if err := ref.Post(m); err != nil {
		s.t.Fatalf("posting %v: %v", m, err)
	}
}

func (s *stage) ask(name string) *request {
	return &request{name: name, answered: func(err error) { s.note("%s answered %s", name, codeName(err)) }}
}

func codeName(err error) string {
	if code := msg.Code(err); code != 0 {
		return kerr.ErrorForCode(code).(*kerr.Error).Message
	}
	return "ok"
}

// part is what a player does beyond writing down what happens to it.
type part struct {
	started func(c *Context) error
	receive func(c *Context, m msg.Message)
	idle    func(c *Context)
	stopped func(c *Context)
}

// player is an actor that notes each call. By itself it answers requests at once.
type player struct {
	stage *stage
	part  part
}

func (p *player) Started(c *Context) error {
	p.stage.note("started")
	if p.part.started != nil {
		return p.part.started(c)
	}
	return nil
}

func (p *player) Receive(c *Context, m msg.Message) {
	p.stage.note("%v", m)
	switch m := m.(type) {
	case word:
		m.act(c)
	case *request:
		if p.part.receive == nil {
			m.answer(nil)
		}
	}
	if p.part.receive != nil {
		p.part.receive(c, m)
	}
}

func (p *player) Idle(c *Context) {
	p.stage.note("idle")
	if p.part.idle != nil {
		p.part.idle(c)
	}
}

func (p *player) Stopped(c *Context) {
	p.stage.note("stopped")
	if p.part.stopped != nil {
		p.part.stopped(c)
	}
}

// word is a control message. Two words are stage directions.
type word string

func (word) Bytes() int { return 0 }

func (w word) act(c *Context) {
	switch w {
	case "panic":
		panic("stage fright")
	case "fail":
		c.Fail(errors.New("the disk is gone"))
	}
}

// load is a message of a size.
type load int

func (l load) Bytes() int { return int(l) }

func (l load) String() string { return fmt.Sprintf("%d bytes", int(l)) }

// request is a message that somebody waits for.
type request struct {
	name     string
	size     int
	done     bool
	answered func(err error)
}

func (q *request) Bytes() int { return q.size }

func (q *request) String() string { return q.name }

func (q *request) answer(err error) {
	if q.done {
		return
	}
	q.done = true
	q.answered(err)
}

func (q *request) Refuse(err error) { q.answer(err) }
