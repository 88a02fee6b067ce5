package sim_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/test/sim"
)

var (
	oneSeed   = flag.Uint64("sim.seed", 0, "run this seed alone; 0 runs those from sim.from on")
	fromSeed  = flag.Uint64("sim.from", 1, "the first seed")
	howMany   = flag.Uint64("sim.seeds", 0, "how many seeds; 0 is 30, or 6 with -short")
	simulated = flag.Duration("sim.for", 30*time.Second, "how long a seed's faults last, in virtual time")
)

// live is the standard life of a cluster: work, and faults, for a while.
func live(c *sim.Cluster, d time.Duration) {
	c.CreateTopic("orders", 2, 3)
	c.Produce("orders", 4)
	c.Suffer(c.Plan(d, 3*time.Second))
	c.Run(d)
}

// TestSeeds runs seeds, each of which has its own kinds of faults.
func TestSeeds(t *testing.T) {
	first, last := *fromSeed, *fromSeed+29
	switch {
	case *oneSeed != 0:
		first, last = *oneSeed, *oneSeed
	case *howMany != 0:
		last = first + *howMany - 1
	case testing.Short():
		last = first + 5
	}
	began, records, ran := time.Now(), 0, time.Duration(0)
	for seed := first; seed <= last; seed++ {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			opts := []sim.Option{sim.Seed(seed)}
			if *oneSeed != 0 {
				opts = append(opts, sim.Verbose())
			}
			c := sim.New(t, opts...)
			live(c, *simulated)
			c.Check()
			records += c.Acknowledged()
			ran += c.Now()
			c.Close()
		})
	}
	took := time.Since(began)
	t.Logf("%v simulated in %v (%.0f to 1), %d records acknowledged", ran, took, ran.Seconds()/took.Seconds(), records)
}

// TestASeedGoesTheSameWayAgain holds that everything follows from the seed.
func TestASeedGoesTheSameWayAgain(t *testing.T) {
	sums := map[uint64]bool{}
	for seed := uint64(1); seed <= 6; seed++ {
		run := func() sim.Trace {
			c := sim.New(t, sim.Seed(seed))
			defer c.Close()
			live(c, 10*time.Second)
			c.Check()
			return c.Trace()
		}
		one, two := run(), run()
		if one.Sum != two.Sum || one.Events != two.Events || !slices.Equal(one.Lines, two.Lines) {
			for i := range one.Lines {
				if i >= len(two.Lines) || one.Lines[i] != two.Lines[i] {
					t.Fatalf("seed %d went two ways, of %d and of %d events, first seen here:\n%v\n%v", seed, one.Events, two.Events, one.Lines[i:min(i+3, len(one.Lines))], two.Lines[min(i, len(two.Lines)):min(i+3, len(two.Lines))])
				}
			}
			t.Fatalf("seed %d went two ways, of %d and of %d events", seed, one.Events, two.Events)
		}
		sums[one.Sum] = true
	}
	if len(sums) != 6 {
		t.Errorf("six seeds went %d different ways", len(sums))
	}
}
