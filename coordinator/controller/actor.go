package controller

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// Name is the controller's address on each node.
const Name = msg.ControllerName

const (
	// readBytes is how much of the log one step applies.
	readBytes = 1 << 20
	// lookAgain is how soon the actor looks again at a log that has no leader, that requests wait for, or that has failed. The
	// log's waiters wake it, but a change between a look and the arrival of its Wait at the log would be missed.
	lookAgain = 20 * time.Millisecond
)

// Spec is the actor: it follows the metadata log and applies it, and where this node leads the log, it answers the requests of
// actors/msg/controller.go.
func Spec(o Options) actors.Spec {
	// The last image that the node was told of outlives a panic of the actor: what is committed stays so.
	told := metadata.Empty()
	return actors.Spec{Name: Name, New: func() actors.Actor { return newActor(o, &told) }}
}

// actor moves the messages of a core: from the mailbox in, and its effects out to the log, the node and the sessions.
type actor struct {
	Options
	core *core
	told **metadata.Image
	self msg.Target

	proposed *msg.Append // in flight, else nil
	armed    *waiter     // waits at the log, else nil
	last     msg.Wait    // what armed waits for, or the one before it did
	paced    bool        // time has passed since then, or there was none before
	more     bool        // a look at what is left of the log is on its way to the mailbox
	timed    bool        // a look later is under way
	member   member
	led      bool // this node led when it last looked
}

func newActor(o Options, told **metadata.Image) *actor {
	return &actor{Options: o, told: told, paced: true, member: member{askedOf: msg.NoNode}, core: &core{
		node: o.Node, founding: o.Founding, settings: o.Settings.withDefaults(), static: o.Static, random: o.Random,
		leadership: o.Leadership, image: *told, leader: msg.NoNode,
	}}
}

// look tells the actor to look at the log again.
type look int

const (
	woken look = iota // by the log
	more              // there was more to read
	timed             // time has passed
)

func (look) Bytes() int { return 0 }

// settled brings the answer to an Append from the log's step to the actor's.
type settled struct{ append *msg.Append }

func (settled) Bytes() int { return 0 }

// Appended implements msg.AppendSink.
func (a *actor) Appended(p *msg.Append) {
	// An actor that has stopped has answered its requests: nobody waits for this.
	_ = a.self.Post(settled{p})
}

// waiter waits at the log for more of it.
type waiter struct {
	self  msg.Target
	woken atomic.Bool
}

// Wake implements msg.Waiter.
func (w *waiter) Wake() {
	if w.woken.CompareAndSwap(false, true) {
		_ = w.self.Post(woken)
	}
}

// Expired implements msg.Waiter.
func (w *waiter) Expired() bool { return w.woken.Load() }

// Started implements actors.Actor.
func (a *actor) Started(c *actors.Context) error {
	if a.Founding.ClusterID == "" {
		return errors.New("starting the controller: no cluster id to found a cluster with")
	}
	a.self = c.Self()
	c.After(a.core.settings.HeartbeatInterval, beat{})
	return a.self.Post(woken)
}

// Receive implements actors.Actor.
func (a *actor) Receive(c *actors.Context, m msg.Message) {
	a.core.now = c.Now()
	switch m := m.(type) {
	case beat:
		a.beat(c)
	case registered:
		a.answered(c, m.err)
	case beaten:
		a.beaten(c, m.err)
	case stopTold:
		m.ask.Answer(m.err)
	case look:
		a.more = a.more && m != more
		a.timed = a.timed && m != timed
		a.paced = a.paced || m == timed
	case settled:
		if m.append != a.proposed {
			return // of the actor before a restart
		}
		a.proposed = nil
		a.core.appended(m.append.Base, unfinished(m.append.Err))
	case *msg.StopNode:
		a.core.observe(a.Log.View().State())
		a.stopNode(m)
		a.carryOut(c)
		return
	case *msg.DescribeQuorum:
		a.describeQuorum(m)
	case ask:
		a.core.observe(a.Log.View().State())
		a.core.request(m)
		a.carryOut(c)
		return
	}
	a.follow(c)
}

// Idle implements actors.Actor: everything that came in meanwhile is decided as one round.
func (a *actor) Idle(c *actors.Context) {
	view := a.Log.View()
	a.core.now = c.Now()
	a.core.observe(view.State())
	if a.core.leads {
		a.core.voters.group = view.Members()
	}
	a.core.decide()
	a.register(c)
	a.carryOut(c)
	if a.core.restless() {
		a.lookLater(c)
	}
}

// Stopped implements actors.Actor.
func (a *actor) Stopped(c *actors.Context) {
	if a.armed != nil {
		a.armed.woken.Store(true)
	}
	a.core.stop(msg.Errorf(kerr.RequestTimedOut, "the controller of node %d has stopped; whether the change was made is unknown", a.Node.ID))
	for _, answer := range a.core.take().answers {
		answer.ask.AnswerAt((*a.told).Offset(), answer.err)
	}
}

// follow applies what the log has more, and waits for what it has not yet.
func (a *actor) follow(c *actors.Context) {
	view := a.Log.View()
	state := view.State()
	a.core.observe(state)
	if a.led != a.core.leads {
		a.led = a.core.leads
		c.Log().Info().Bool("leads", a.led).Int32("epoch", state.Epoch).Msg("controller")
	}
	if a.core.next() < state.HighWatermark {
		err := a.read(view)
		if errors.Is(err, kerr.NotLeaderForPartition) {
			// It leads and has heard no majority lately: nothing is read until that is settled.
			a.lookLater(c)
			a.carryOut(c)
			return
		}
		if err != nil {
			c.Fail(err)
			return
		}
	}
	if a.core.next() < state.HighWatermark {
		a.lookNow()
	} else {
		a.core.publish()
		a.wait(c, state)
	}
	a.carryOut(c)
}

// read applies one piece of the log.
func (a *actor) read(view msg.View) error {
	got, err := view.Read(msg.ReadRequest{Offset: a.core.next(), MaxBytes: readBytes, AtLeastOne: true})
	if err != nil {
		return fmt.Errorf("reading the cluster's metadata log at offset %d: %w", a.core.next(), err)
	}
	defer got.Release()
	var batches []record.Batch
	for _, chunk := range got.Chunks {
		for len(chunk) > 0 {
			b, rest, err := record.Next(chunk)
			if err != nil {
				return fmt.Errorf("reading the cluster's metadata log at offset %d: %w", a.core.next(), err)
			}
			batches, chunk = append(batches, b), rest
		}
	}
	if len(batches) == 0 {
		return fmt.Errorf("reading the cluster's metadata log at offset %d: nothing there, below the high watermark %d", a.core.next(), view.State().HighWatermark)
	}
	return a.core.apply(batches)
}

// carryOut does what the core wants done.
func (a *actor) carryOut(c *actors.Context) {
	out := a.core.take()
	if out.applied != nil {
		if a.Applied != nil {
			a.Applied(out.applied, out.changes)
		}
		*a.told = out.applied
	}
	for _, answer := range out.answers {
		answer.ask.AnswerAt((*a.told).Offset(), answer.err)
	}
	a.tell(out)
	if out.propose == nil {
		return
	}
	batch := record.Build(out.propose, c.Now())
	a.proposed = &msg.Append{Batches: []record.Batch{batch}, Acks: -1, LeaderEpoch: out.epoch, Sink: a}
	if err := a.Log.Post(a.proposed); err != nil {
		a.proposed = nil
		a.core.appended(-1, controllerError(err))
		a.carryOut(c)
	}
}

// tell sends what nobody waits for: what is lost is said again.
func (a *actor) tell(out effects) {
	if out.assign != nil {
		_ = a.Log.Post(&msg.Assign{Members: out.assign})
	}
	if out.deleteBefore > 0 {
		_ = a.Log.Post(&msg.DeleteRecords{Offset: out.deleteBefore, Done: func(int64, error) {}})
	}
	for _, t := range out.transfers {
		q := &msg.Transfer{To: t.to, Asked: msg.Asked{Done: func(error) {}}}
		if t.partition.Topic == msg.MetadataTopicID {
			_ = a.Log.Post(q)
		} else if a.Partition != nil {
			_ = a.Partition(t.leader, t.partition).Post(q)
		}
	}
}

// wait leaves a waiter at the log, unless there is one. A log that has failed or stopped wakes it at once, each time: one
// that waits for the same thing again is left only after a while.
func (a *actor) wait(c *actors.Context, s *msg.State) {
	if a.armed != nil && !a.armed.woken.Load() {
		return
	}
	wait := msg.Wait{Offset: a.core.next(), Epoch: s.Epoch}
	if wait == a.last && !a.paced {
		a.lookLater(c)
		return
	}
	a.last, a.paced = wait, false
	a.armed = &waiter{self: a.self}
	wait.Waiter = a.armed
	if err := a.Log.Post(&wait); err != nil {
		a.armed = nil
		a.lookLater(c)
	}
}

func (a *actor) lookNow() {
	if !a.more {
		a.more = true
		_ = a.self.Post(more)
	}
}

func (a *actor) lookLater(c *actors.Context) {
	if !a.timed {
		a.timed = true
		c.After(lookAgain, timed)
	}
}

// unfinished is the controller's error for an append that the log took and did not finish. NOT_CONTROLLER is for what
// was surely not done, as it is asked again of another node.
func unfinished(err error) error {
	if errors.Is(err, msg.ErrStopped) || errors.Is(err, kerr.NotLeaderForPartition) {
		return msg.Errorf(kerr.RequestTimedOut, "appending to the metadata log: %v: whether the change was made is unknown", err)
	}
	return controllerError(err)
}

// controllerError turns the log's way of saying that this node does not lead it into the controller's.
func controllerError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, msg.ErrMailboxFull):
		return msg.Errorf(kerr.ThrottlingQuotaExceeded, "appending to the metadata log: %v: nothing was changed, try again", err)
	case errors.Is(err, msg.ErrStopped), errors.Is(err, kerr.NotLeaderForPartition), errors.Is(err, kerr.FencedLeaderEpoch), errors.Is(err, kerr.UnknownLeaderEpoch):
		return msg.Errorf(kerr.NotController, "appending to the metadata log: %v: ask the cluster's metadata for the controller", err)
	}
	return err
}
