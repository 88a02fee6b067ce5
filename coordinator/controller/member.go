package controller

import (
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// member is the part of a node's actor that keeps the node in the cluster: it registers the node with the controller that
// leads, and renews its lease.
type member struct {
	// askedOf is whom the node has asked to register it, at askedAt; NoNode: nobody, or it was answered.
	askedOf msg.NodeID
	askedAt time.Time
	// unknown says that the leader has not heard of this node, whatever the image here says.
	unknown bool
	// refusal is what the node was last refused with.
	refusal string
}

// beat tells the actor that it is time to renew the lease.
type beat struct{}

func (beat) Bytes() int { return 0 }

// registered brings the answer to a RegisterNode to the actor's step, beaten that to a Heartbeat.
type (
	registered struct{ err error }
	beaten     struct{ err error }
)

func (registered) Bytes() int { return 0 }
func (beaten) Bytes() int     { return 0 }

// other is the address of the controller that leads, if that is another node's.
func (a *actor) other() (msg.Target, bool) {
	leader := a.core.leader
	if a.Peers == nil || leader == msg.NoNode || leader == a.Node.ID {
		return nil, false
	}
	return a.Peers(leader), true
}

// register asks the controller that leads to register this node, until the image holds it. What is not answered is asked
// again after two beats, what is answered with an error sooner, and the next leader at once.
func (a *actor) register(c *actors.Context) {
	leader, ok := a.other()
	if !ok || a.core.stopping || a.core.registered() && !a.member.unknown {
		return
	}
	if a.member.askedOf == a.core.leader && c.Now().Sub(a.member.askedAt) < 2*a.core.settings.HeartbeatInterval {
		return
	}
	a.member.askedOf, a.member.askedAt = a.core.leader, c.Now()
	self := a.self
	q := &msg.RegisterNode{Node: a.Node, Asked: msg.Asked{Done: func(err error) { _ = self.Post(registered{err}) }}}
	if err := leader.Post(q); err != nil {
		a.answered(c, err)
	}
}

// retryAfter is when a registration that was answered with an error is tried again: whoever leads may be about to say so.
const retryAfter = 200 * time.Millisecond

// beat renews the lease, and comes again.
func (a *actor) beat(c *actors.Context) {
	c.After(a.core.settings.HeartbeatInterval, beat{})
	leader, ok := a.other()
	if !ok || a.core.stopping || !a.core.registered() {
		return
	}
	self := a.self
	q := a.heartbeat(func(err error) { _ = self.Post(beaten{err}) })
	if a.Load != nil {
		load := a.Load()
		q.DiskBytes, q.Led = load.DiskBytes, load.Led
	}
	// A beat that is lost is followed by another.
	_ = leader.Post(q)
}

func (a *actor) heartbeat(done func(error)) *msg.Heartbeat {
	return &msg.Heartbeat{
		Asked: msg.Asked{Done: done}, Node: a.Node.ID, Incarnation: a.Node.Incarnation, Applied: a.core.image.Offset(),
	}
}

// refused takes note of why the cluster does not have this node.
func (a *actor) refused(c *actors.Context, err error) {
	for _, final := range []error{kerr.UnsupportedVersion, kerr.BrokerIDNotRegistered, kerr.DuplicateBrokerRegistration, kerr.StaleBrokerEpoch, kerr.InvalidRequest} {
		if !errors.Is(err, final) || err.Error() == a.member.refusal {
			continue
		}
		a.member.refusal = err.Error()
		c.Log().Error().Err(err).Msg("the cluster refuses this node")
		if a.Refused != nil {
			a.Refused(err)
		}
	}
}

// answered takes the answer to a RegisterNode.
func (a *actor) answered(c *actors.Context, err error) {
	if err == nil {
		a.member.unknown = false
		return
	}
	a.refused(c, err)
	a.member.askedAt = c.Now().Add(retryAfter - 2*a.core.settings.HeartbeatInterval)
	c.After(retryAfter, woken)
}

// beaten takes the answer to a Heartbeat.
func (a *actor) beaten(c *actors.Context, err error) {
	switch {
	case errors.Is(err, kerr.BrokerIDNotRegistered):
		a.member.unknown = true
	case err == nil && a.Renewed != nil:
		a.Renewed(c.Now())
	default:
		a.refused(c, err)
	}
}

// stopNode tells the controller that leads that this node stops.
func (a *actor) stopNode(q *msg.StopNode) {
	a.core.stopping = true
	if a.core.leads {
		beat := a.heartbeat(q.Answer)
		beat.Stopping = true
		a.core.request(beat)
		return
	}
	leader, ok := a.other()
	if !ok {
		q.Answer(msg.Errorf(kerr.NotController, "telling the cluster that node %d stops: nobody leads the metadata log", a.Node.ID))
		return
	}
	self := a.self
	beat := a.heartbeat(func(err error) {
		if self.Post(stopTold{q, err}) != nil {
			q.Answer(err)
		}
	})
	beat.Stopping = true
	if err := leader.Post(beat); err != nil {
		q.Answer(controllerError(err))
	}
}

// stopTold brings the answer to the last Heartbeat to the actor's step.
type stopTold struct {
	ask *msg.StopNode
	err error
}

func (stopTold) Bytes() int { return 0 }
