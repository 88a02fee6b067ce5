package sim

import (
	"math"
	"time"

	"github.com/seed-e634fa49/troupe/actors/clock"
)

// epoch is when every simulation begins.
var epoch = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// nodeClock is the time as one process has it: another time of day than the others', and a clock that runs a little faster or slower.
// Its timers are those of the process.
type nodeClock struct {
	life *life
	// ahead is how far the clock was ahead of the true one when the simulation began, drift how much faster it runs, in parts of one.
	ahead time.Duration
	drift float64
}

var _ clock.Clock = nodeClock{}

func (c nodeClock) Now() time.Time {
	passed := c.life.node.cluster.Now()
	return epoch.Add(passed + c.ahead + time.Duration(float64(passed)*c.drift))
}

func (c nodeClock) AfterFunc(d time.Duration, f func()) clock.Timer {
	mine := time.Duration(math.Ceil(float64(d) / (1 + c.drift)))
	return c.life.node.cluster.clock.AfterFunc(mine, func() { c.life.do(f) })
}
