package actors

import "math/rand/v2"

// Deterministic is the dispatcher of simulations: one message per step, one step at a time, on the caller's goroutine, and
// a seed that says whose turn it is. With a clock.Virtual, a system's whole run follows from its seed.
//
// Everything that touches such a system (posting, stopping, advancing the clock) must happen on the one goroutine that
// also runs the steps.
type Deterministic struct {
	random   *rand.Rand
	runnable []func()
}

// NewDeterministic makes a dispatcher that nobody waits for yet.
func NewDeterministic(seed uint64) *Deterministic {
	return &Deterministic{random: rand.New(rand.NewPCG(seed, 0))}
}

// Schedule makes a step runnable.
func (d *Deterministic) Schedule(step func()) { d.runnable = append(d.runnable, step) }

// Throughput is one, so that every order of messages between actors can come up.
func (d *Deterministic) Throughput() int { return 1 }

// Step runs one runnable step, and reports false when there is none.
func (d *Deterministic) Step() bool {
	if len(d.runnable) == 0 {
		return false
	}
	last := len(d.runnable) - 1
	picked := d.random.IntN(len(d.runnable))
	step := d.runnable[picked]
	d.runnable[picked], d.runnable[last] = d.runnable[last], nil
	d.runnable = d.runnable[:last]
	step()
	return true
}

// Run runs steps until none is runnable, and returns how many that took. Actors that never stop talking keep it busy for
// ever.
func (d *Deterministic) Run() int {
	steps := 0
	for d.Step() {
		steps++
	}
	return steps
}
