package clock

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

var start = time.Unix(1_700_000_000, 0)

// played collects which timers ran, and when on the clock.
type played struct {
	clock *Virtual
	seen  []string
}

func (p *played) note(name string) func() {
	return func() { p.seen = append(p.seen, fmt.Sprintf("%s@%v", name, p.clock.Now().Sub(start))) }
}

func (p *played) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(p.seen, want) {
		t.Errorf("ran %v, want %v", p.seen, want)
	}
	p.seen = nil
}

func TestTimersRunInOrderOfTimeThenCreation(t *testing.T) {
	v := NewVirtual(start)
	p := &played{clock: v}
	v.AfterFunc(2*time.Second, p.note("c"))
	v.AfterFunc(time.Second, p.note("a"))
	v.AfterFunc(2*time.Second, p.note("d"))
	v.AfterFunc(time.Second, p.note("b"))
	v.AfterFunc(3*time.Second, p.note("e"))
	v.Advance(time.Second - 1)
	p.expect(t)
	v.Advance(time.Second + 1)
	p.expect(t, "a@1s", "b@1s", "c@2s", "d@2s")
	v.Advance(time.Hour)
	p.expect(t, "e@3s")
	if now := v.Now(); !now.Equal(start.Add(time.Hour + 2*time.Second)) {
		t.Errorf("the clock shows %v", now.Sub(start))
	}
}

func TestManyTimersOfOneTimeKeepTheirOrder(t *testing.T) {
	v := NewVirtual(start)
	var ran, want []int
	for i := range 100 {
		v.AfterFunc(time.Second, func() { ran = append(ran, i) })
		want = append(want, i)
	}
	v.Advance(time.Second)
	if !slices.Equal(ran, want) {
		t.Errorf("ran in the order %v", ran)
	}
}

func TestTimersStartTimers(t *testing.T) {
	v := NewVirtual(start)
	p := &played{clock: v}
	v.AfterFunc(time.Second, func() {
		v.AfterFunc(time.Second, p.note("within"))
		v.AfterFunc(0, p.note("at once"))
		v.AfterFunc(time.Minute, p.note("beyond"))
	})
	v.Advance(5 * time.Second)
	p.expect(t, "at once@1s", "within@2s")
	if next, ok := v.Next(); !ok || next != 56*time.Second {
		t.Errorf("the next timer is due in %v, %v", next, ok)
	}
}

func TestNothingRunsInsideAfterFunc(t *testing.T) {
	v := NewVirtual(start)
	p := &played{clock: v}
	v.AfterFunc(-time.Second, p.note("past"))
	p.expect(t)
	v.Advance(0)
	p.expect(t, "past@0s")
}

func TestStop(t *testing.T) {
	v := NewVirtual(start)
	p := &played{clock: v}
	timers := []Timer{
		v.AfterFunc(3*time.Second, p.note("a")),
		v.AfterFunc(1*time.Second, p.note("b")),
		v.AfterFunc(2*time.Second, p.note("c")),
	}
	if !timers[2].Stop() || timers[2].Stop() {
		t.Errorf("a waiting timer is stopped once")
	}
	v.Advance(time.Minute)
	p.expect(t, "b@1s", "a@3s")
	if timers[0].Stop() {
		t.Errorf("a timer that ran can't be stopped any more")
	}
	if _, ok := v.Next(); ok {
		t.Errorf("something still waits")
	}
}

func TestSystemClockRunsTimers(t *testing.T) {
	c := System()
	before, ran := c.Now(), make(chan time.Time)
	c.AfterFunc(time.Millisecond, func() { ran <- c.Now() })
	if at := <-ran; at.Sub(before) < time.Millisecond {
		t.Errorf("it ran after %v", at.Sub(before))
	}
	if !c.AfterFunc(time.Hour, func() {}).Stop() {
		t.Errorf("a waiting timer was not stopped")
	}
}
