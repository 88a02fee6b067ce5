package link

import (
	"strings"
	"testing"
	"time"
)

// TestPulse is what a session makes of what it hears, beat by beat.
func TestPulse(t *testing.T) {
	const dead = time.Second
	start := time.Unix(1000, 0)
	// A lane that is odd listens. A beat is 100 ms.
	for _, c := range []struct {
		name  string
		steps func(beat int) [lanes]uint64
		// answers tells whether the ping of a beat is answered at the next one.
		answers func(beat int) bool
		beats   int // until it is dead, 0: it lives
		why     string
	}{
		{name: "all is well", steps: func(b int) [lanes]uint64 { return [lanes]uint64{uint64(2*b + 1), uint64(2*b + 1)} },
			answers: func(int) bool { return true }},
		{name: "bulk is silent", steps: func(b int) [lanes]uint64 { return [lanes]uint64{uint64(2*b + 1), uint64(min(2*b, 9) + 1 | 1)} },
			answers: func(int) bool { return true }, beats: 15, why: "on the bulk lane for 1s"},
		{name: "urgent is silent", steps: func(b int) [lanes]uint64 { return [lanes]uint64{1, uint64(2*b + 1)} },
			answers: func(int) bool { return true }, beats: 11, why: "on the urgent lane for 1s"},
		{name: "bulk is busy, and so not listening", steps: func(b int) [lanes]uint64 { return [lanes]uint64{uint64(2*b + 1), 8} },
			answers: func(int) bool { return true }},
		{name: "it speaks but does not hear", steps: func(b int) [lanes]uint64 { return [lanes]uint64{uint64(2*b + 1), uint64(2*b + 1)} },
			answers: func(b int) bool { return b < 5 }, beats: 24, why: "no ping was answered for 2s"},
		{name: "it never answers", steps: func(b int) [lanes]uint64 { return [lanes]uint64{uint64(2*b + 1), uint64(2*b + 1)} },
			answers: func(int) bool { return false }, beats: 20, why: "no ping was answered for 2s"},
	} {
		var p pulse
		p.begin(start)
		died := 0
		var why error
		for b := 1; b <= 100 && why == nil; b++ {
			now := start.Add(time.Duration(b) * 100 * time.Millisecond)
			if c.answers(b-1) && b > 1 {
				p.answered(uint64(b-1), now)
			}
			if why = p.check(now, c.steps(b), dead); why != nil {
				died = b
				break
			}
			p.next(now)
		}
		if died != c.beats || why != nil && !strings.Contains(why.Error(), c.why) {
			t.Errorf("%s: dead at beat %d, %v; want beat %d, %s", c.name, died, why, c.beats, c.why)
		}
	}
}

func TestEchoIsThatOfTheNewestAnswer(t *testing.T) {
	var p pulse
	at := func(ms int) time.Time { return time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond) }
	p.begin(at(0))
	if echo, _ := p.latest(); !echo.IsZero() {
		t.Errorf("an echo before there was an answer: %v", echo)
	}
	for i := range 100 {
		p.next(at(i))
	}
	for _, c := range []struct {
		answer   uint64
		echo     time.Time
		describe string
	}{
		{101, time.Time{}, "an answer to what was not asked"},
		{0, time.Time{}, "an answer to nothing"},
		{20, time.Time{}, "an answer to what is long forgotten"},
		{60, at(59), "an answer"},
		{50, at(59), "an answer that comes late"},
		{60, at(59), "an answer that comes twice"},
		{100, at(99), "an answer to the last"},
	} {
		p.answered(c.answer, at(200))
		if echo, _ := p.latest(); !echo.Equal(c.echo) {
			t.Errorf("%s: echo %v, want %v", c.describe, echo, c.echo)
		}
	}
	if _, trip := p.latest(); trip != 101*time.Millisecond {
		t.Errorf("round trip %v", trip)
	}
}
