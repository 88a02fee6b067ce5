package sim_test

import (
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/test/sim"
)

// TestControllerOutOfTouchWaits is what seed 16 found: a controller whose log had lost its majority, and not stepped down yet,
// proposed what was refused again and again, without a pause.
func TestControllerOutOfTouchWaits(t *testing.T) {
	for seed := range uint64(15) {
		c := sim.New(t, sim.Seed(seed), sim.Nodes(3))
		c.CreateTopic("orders", 3, 3)
		c.Run(3 * time.Second)
		leader := c.Leader("__cluster_metadata", 0)
		// The first is to be fenced five to six seconds later, and then the second has just gone, too.
		c.PowerLoss(leader%3 + 1)
		c.Run(3800*time.Millisecond + time.Duration(seed)*100*time.Millisecond)
		c.PowerLoss((leader+1)%3 + 1)
		c.Run(3 * time.Second)
		c.Check()
		c.Close()
	}
}
