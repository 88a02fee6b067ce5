package actors

// defaultThroughput is how many messages an actor takes in one step before others get their turn.
const defaultThroughput = 256

// Dispatcher schedules the steps of actors. Schedule must not run the step itself, before it returns.
type Dispatcher interface {
	Schedule(step func())
	// Throughput is how many messages an actor may take in one step, at least 1.
	Throughput() int
}

// Goroutines is the dispatcher of production: every step is a goroutine of its own, and Go's scheduler is fair.
func Goroutines() Dispatcher { return goroutines{} }

type goroutines struct{}

func (goroutines) Schedule(step func()) { go step() }

func (goroutines) Throughput() int { return defaultThroughput }
