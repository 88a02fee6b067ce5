package actors

import (
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// The default backoff: doubling from the first wait up to the longest.
const (
	firstBackoff   = 100 * time.Millisecond
	longestBackoff = 30 * time.Second
	// healthyAfter is how long an actor must have run for its next failure to be the first of a row.
	healthyAfter = time.Minute
)

func defaultRestart(n int) (time.Duration, bool) {
	if n > 9 {
		return longestBackoff, true
	}
	return min(firstBackoff<<(n-1), longestBackoff), true
}

// failed is called on the actor's step when one of its methods, or New, has panicked with reason. The incarnation ends
// here; whether there is another one the supervisor decides.
func (c *cell) failed(reason any, stack []byte) {
	hand := c.box.hand
	c.box.hand = nil
	err := failure(reason)
	event := c.logger().Error().Err(err).Uint64("incarnation", c.incarnation)
	if hand != nil {
		event.Type("message", hand)
	}
	if !errors.As(err, new(deliberate)) {
		event.Bytes("stack", stack)
	}
	event.Msg("the actor has failed")
	if hand != nil {
		c.system.refuse(hand, crashed(c.spec.Name, err))
	}
	c.countFailure()
	c.retire()
	c.box.invoker.EscalateFailure(err, nil)
}

// failure makes an error of what an actor panicked with.
func failure(reason any) error {
	if err, ok := reason.(error); ok {
		return err
	}
	return fmt.Errorf("panic: %v", reason)
}

// countFailure keeps the number of failures in a row.
func (c *cell) countFailure() {
	if c.healthy && c.system.clock.Now().Sub(c.since) >= healthyAfter {
		c.failures = 0
	}
	c.healthy = false
	c.failures++
}

// supervisor is protoactor's strategy for all actors of a system: it asks the actor's Spec, and waits by the system's
// clock. Protoactor's own backoff strategy draws from the global random source and waits by the machine's clock.
type supervisor struct{ system *System }

var _ actor.SupervisorStrategy = supervisor{}

// HandleFailure is called on the failed actor's step, when its mailbox has been told to suspend.
func (s supervisor) HandleFailure(_ *actor.ActorSystem, guardian actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, reason, _ any) {
	c := s.system.find(child.Id)
	wait, again := c.spec.Restart(c.failures)
	if !again {
		c.logger().Error().Int("failures", c.failures).AnErr("last", failure(reason)).Msg("the actor fails again and again: it is stopped")
		guardian.StopChildren(child)
		return
	}
	// The restart is posted to the mailbox itself: sent to the PID it would become a dead letter if the actor has been
	// stopped meanwhile; the mailbox just drops it.
	restart := func() { c.box.PostSystemMessage(&actor.Restart{}) }
	if wait <= 0 {
		restart()
		return
	}
	s.system.clock.AfterFunc(wait, restart)
}
