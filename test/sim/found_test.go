package sim_test

import (
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/test/sim"
)

// TestControllerOutOfTouchWaits is what seed 16 found: a controller whose log had lost its majority, and not stepped down yet,
// proposed what was refused again and again, without a pause.
func TestControllerOutOfTouchWaits(t *testing.T) {
	for seed := range uint64(5) {
		c := sim.New(t, sim.Seed(seed), sim.Nodes(3))
		c.CreateTopic("orders", 3, 3)
		c.Run(3 * time.Second)
		leader := c.Leader("__cluster_metadata", 0)
		for id := 1; id <= 3; id++ {
			if id != leader {
				c.PowerLoss(id)
			}
		}
		for range 40 {
			c.Move("orders", 0, 1, 2)
			c.Run(50 * time.Millisecond)
		}
		c.Check()
		c.Close()
	}
}
