package sim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Fault is one thing that goes wrong at a time, for a while. A plan of them says all that happens to a cluster from outside.
type Fault struct {
	At   time.Duration
	Kind string
	// A and B are nodes; B is 0 where one is enough.
	A, B int
	For  time.Duration
}

func (f Fault) String() string {
	return fmt.Sprintf("%v %s %d %d for %v", f.At, f.Kind, f.A, f.B, f.For)
}

// faults are the kinds that there are: how one begins, and how it ends (nil: by itself).
var faults = []struct {
	kind       string
	begin, end func(*Cluster, Fault)
}{
	{"kill", func(c *Cluster, f Fault) { c.Kill(f.A) }, restartDead},
	{"power", func(c *Cluster, f Fault) { c.PowerLoss(f.A) }, restartDead},
	{"blackout", func(c *Cluster, _ Fault) {
		for _, n := range c.nodes {
			c.PowerLoss(int(n.id))
		}
	}, func(c *Cluster, _ Fault) {
		for _, n := range c.nodes {
			restartDead(c, Fault{A: int(n.id)})
		}
	}},
	{"pause", func(c *Cluster, f Fault) { c.Pause(f.A, f.For) }, nil},
	{"cut", func(c *Cluster, f Fault) { c.Cut(f.A, f.B) }, mend},
	{"mute", func(c *Cluster, f Fault) { c.CutOneWay(f.A, f.B) }, mend},
	{"isolate", func(c *Cluster, f Fault) { c.Isolate(f.A) }, func(c *Cluster, f Fault) {
		for _, n := range c.nodes {
			mend(c, Fault{A: f.A, B: int(n.id)})
		}
	}},
	{"stall", func(c *Cluster, f Fault) { c.Stall(f.A, f.B, f.For) }, nil},
	{"break", func(c *Cluster, f Fault) { c.Break(f.A, f.B) }, nil},
	{"move", func(c *Cluster, _ Fault) { c.moveSome() }, nil},
	{"slow", func(c *Cluster, f Fault) { c.SlowDisk(f.A, f.For/20) }, func(c *Cluster, f Fault) { c.SlowDisk(f.A, 0) }},
	{"storm", func(c *Cluster, f Fault) { c.Weather(20, 20*time.Millisecond) }, func(c *Cluster, f Fault) { c.Weather(0, 300*time.Microsecond) }},
}

func restartDead(c *Cluster, f Fault) {
	if c.node(f.A).life.dead {
		c.Restart(f.A)
	}
}

func mend(c *Cluster, f Fault) {
	c.trace.line(c.Now(), "nodes %d and %d reach each other", f.A, f.B)
	for _, w := range []way{{c.node(f.A).id, c.node(f.B).id}, {c.node(f.B).id, c.node(f.A).id}} {
		delete(c.network.cut, w)
	}
}

// Plan draws the faults of a time from the cluster's seed: one in every so often on average, of kinds that this seed has.
func (c *Cluster) Plan(during, every time.Duration) []Fault {
	r := c.stream(streamFaults)
	kinds := c.kinds(r)
	var plan []Fault
	for at := c.Now(); ; {
		at += time.Duration(r.ExpFloat64() * float64(every))
		if at >= c.Now()+during {
			return plan
		}
		a := r.IntN(len(c.nodes))
		b := (a + 1 + r.IntN(max(1, len(c.nodes)-1))) % len(c.nodes)
		length := 50*time.Millisecond + time.Duration(r.ExpFloat64()*float64(2*time.Second))
		plan = append(plan, Fault{at.Round(time.Microsecond), kinds[r.IntN(len(kinds))], a + 1, b + 1, length.Round(time.Microsecond)})
	}
}

// kinds is the seed's own choice of faults (swarm testing): half of them, or one at least.
func (c *Cluster) kinds(r *rand.Rand) []string {
	var kinds []string
	for _, f := range faults {
		if r.IntN(2) == 0 {
			kinds = append(kinds, f.kind)
		}
	}
	if len(kinds) == 0 {
		kinds = append(kinds, faults[r.IntN(len(faults))].kind)
	}
	return kinds
}

// Suffer has a plan come true while Run goes on.
func (c *Cluster) Suffer(plan []Fault) {
	for _, f := range plan {
		for _, known := range faults {
			if known.kind != f.Kind {
				continue
			}
			c.clock.AfterFunc(f.At-c.Now(), func() {
				if c.healed {
					return
				}
				known.begin(c, f)
				if known.end != nil {
					c.clock.AfterFunc(f.For, func() { known.end(c, f) })
				}
			})
		}
	}
}
