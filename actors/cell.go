package actors

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// cell holds an actor through all its incarnations. To protoactor it is the actor; it turns protoactor's lifecycle
// messages into calls of Actor's methods. All its fields but the first group belong to the actor's step.
type cell struct {
	system *System
	spec   Spec
	box    *mailbox
	// born is the place in the order of spawning.
	born uint64
	// stopped are to be called when the actor has stopped, nil once they were; under system.mu.
	stopped []func()

	actor   Actor
	context *Context
	log     *zerolog.Logger
	// incarnation counts the actor's lives, from 1.
	incarnation uint64
	// running: between Started and Stopped of this incarnation.
	running bool
	// healthy: Started has returned without an error; since when.
	healthy bool
	since   time.Time
	// failures in a row.
	failures int
}

var _ actor.Actor = (*cell)(nil)

// Receive is protoactor's way in, always on the actor's step.
func (c *cell) Receive(pc actor.Context) {
	switch m := pc.Message().(type) {
	case *actor.Started:
		c.start()
	case *actor.Stopping:
		c.stop()
	case *actor.Stopped:
		c.finish()
	case msg.Message:
		c.actor.Receive(c.context, m)
	}
}

// start begins an incarnation.
func (c *cell) start() {
	c.incarnation++
	if c.incarnation > 1 {
		c.system.restarts.Add(1)
	}
	c.context = &Context{cell: c, incarnation: c.incarnation}
	c.actor = c.spec.New()
	c.running = true
	if err := c.actor.Started(c.context); err != nil {
		panic(deliberate{fmt.Errorf("starting: %w", err)})
	}
	c.healthy, c.since = true, c.system.clock.Now()
}

// stop answers what waits and ends the last incarnation. The name is still taken, so no successor runs beside it.
func (c *cell) stop() {
	c.box.close()
	c.box.drain()
	c.retire()
}

// finish is called when protoactor has let go of the actor: its name is free again.
func (c *cell) finish() {
	c.box.finish()
	for _, done := range c.system.forget(c) {
		c.system.guarded(done, "telling that actor "+c.spec.Name+" has stopped")
	}
}

// retire calls Stopped, once per incarnation.
func (c *cell) retire() {
	if !c.running {
		return
	}
	c.running = false
	c.system.guarded(func() { c.actor.Stopped(c.context) }, "stopping actor "+c.spec.Name)
	c.actor = nil
}

func (c *cell) logger() *zerolog.Logger {
	if c.log == nil {
		log := c.system.log.With().Str("actor", c.spec.Name).Logger()
		c.log = &log
	}
	return c.log
}

func (c *cell) restarting() error { return unavailable(c.spec.Name, errRestarting) }
