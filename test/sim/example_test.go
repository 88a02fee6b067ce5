package sim_test

import (
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/test/sim"
)

// TestExample is to be copied: a topic moves to other nodes while the one that leads dies, another loses power, and the network
// splits. An hour of it is simulated in about a minute.
func TestExample(t *testing.T) {
	c := sim.New(t, sim.Seed(7), sim.Nodes(5))
	c.CreateTopic("orders", 1, 3)
	c.Produce("orders", 2)
	c.Run(5 * time.Second)

	c.Move("orders", 0, 3, 4, 5)
	c.Run(100 * time.Millisecond)
	c.Kill(c.Leader("orders", 0))
	c.PowerLoss(5)
	c.Run(5 * time.Second)
	c.Cut(1, 2)
	c.Run(5 * time.Second)

	before := c.Acknowledged()
	c.Check() // heals everything; fails if any promise was broken, and says how to see it again
	if c.Leader("orders", 0) == 0 || before == 0 {
		t.Errorf("after %v, %d records are acknowledged, and node %d leads", c.Now(), c.Acknowledged(), c.Leader("orders", 0))
	}
}

// TestFaultsAreFelt holds that the simulated faults do what they say.
func TestFaultsAreFelt(t *testing.T) {
	for _, fault := range []struct {
		name string
		// stop stops the writing, as a majority is away.
		stop func(c *sim.Cluster)
	}{
		{"killed", func(c *sim.Cluster) { c.Kill(1); c.Kill(2) }},
		{"without power", func(c *sim.Cluster) { c.PowerLoss(1); c.PowerLoss(3) }},
		{"cut", func(c *sim.Cluster) { c.Cut(1, 2); c.Cut(2, 3); c.Cut(1, 3) }},
		{"paused", func(c *sim.Cluster) { c.Pause(2, time.Hour); c.Pause(3, time.Hour) }},
		{"slow", func(c *sim.Cluster) {
			for id := range 3 {
				c.SlowDisk(id+1, 20*time.Second)
			}
		}},
	} {
		t.Run(fault.name, func(t *testing.T) {
			c := sim.New(t, sim.Seed(3), sim.Nodes(3))
			c.CreateTopic("orders", 1, 3)
			c.Produce("orders", 3)
			c.Run(5 * time.Second)
			some := c.Acknowledged()
			fault.stop(c)
			c.Run(time.Second)
			stopped := c.Acknowledged()
			c.Run(10 * time.Second)
			if now := c.Acknowledged(); some == 0 || now != stopped {
				t.Errorf("%d records were acknowledged at first, and %d without a majority", some, now-stopped)
			}
			c.Check()
			if c.Acknowledged() == stopped {
				t.Error("nothing was written once it was over")
			}
		})
	}
}

// TestPowerLossForgets holds that what was not synced can be lost: a log that answers before it has synced would lose it.
func TestPowerLossForgets(t *testing.T) {
	lost, kept := 0, 0
	for seed := range uint64(20) {
		c := sim.New(t, sim.Seed(seed), sim.Nodes(1))
		c.CreateTopic("orders", 1, 1)
		c.Produce("orders", 5)
		c.Run(5 * time.Second)
		c.SlowDisk(1, 20*time.Second)
		c.Run(2 * time.Second)
		written := c.LogEnd(1, "orders", 0)
		c.PowerLoss(1)
		c.SlowDisk(1, 0)
		c.Restart(1)
		c.Run(3 * time.Millisecond) // the log is open, and no client has come yet
		if found := c.LogEnd(1, "orders", 0); found < written {
			lost++
		} else {
			kept++
		}
		c.Check()
		c.Close()
	}
	if lost < 5 || kept < 1 {
		t.Errorf("power losses have lost something %d times, and nothing %d times", lost, kept)
	}
}
