package group

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// sync takes a SyncGroup in: the leader's brings the assignment, the others' wait for it.
func (c *core) sync(q *msg.SyncGroup) {
	if err := c.trySync(q); err != nil {
		c.answer(q, err)
	}
}

// trySync returns an error to answer with; without one, the request is answered or parked.
func (c *core) trySync(q *msg.SyncGroup) error {
	if q.Group == "" {
		return kerr.InvalidGroupID
	}
	if g, ok := c.find(q.Group); ok && g.consumer != nil {
		return c.syncConsumer(g, q)
	}
	g := c.classicGroup(q.Group)
	if g == nil {
		return kerr.UnknownMemberID
	}
	k := g.classic
	m, err := k.validate(q.MemberID, q.InstanceID)
	switch {
	case err != nil:
		return err
	case q.Generation != k.generation:
		return kerr.IllegalGeneration
	case q.ProtocolType != nil && *q.ProtocolType != k.protocolType, q.Protocol != nil && *q.Protocol != k.protocol:
		return kerr.InconsistentGroupProtocol
	}
	switch k.state {
	case empty:
		return kerr.UnknownMemberID
	case preparing:
		return kerr.RebalanceInProgress
	case stable:
		m.unsynced = false
		c.allSynced(g)
		c.heard(g, m)
		c.answerSync(g, m, q)
		return nil
	}
	if m.sync != nil {
		c.answer(m.sync, kerr.RebalanceInProgress)
	}
	m.sync, m.unsynced = q, false
	if m.id == k.leader {
		c.assign(g, q)
	}
	return nil
}

// assign makes the leader's assignment the group's, and answers those who wait for it.
func (c *core) assign(g *group, q *msg.SyncGroup) {
	k := g.classic
	given := make(map[string][]byte, len(q.Assignments))
	for _, a := range q.Assignments {
		given[a.ID] = a.Assignment
	}
	for _, m := range k.members.list {
		m.assignment = given[m.id]
	}
	c.turn(g, stable)
	c.write(classicRecord(g))
	k.written = true
	c.note(g, groupStable, "", c.now.Sub(k.began), fmt.Sprintf("%s assigned to %d members", k.leader, len(k.members.list)))
	for _, m := range k.members.list {
		if waiting := m.sync; waiting != nil {
			m.sync = nil
			c.heard(g, m)
			c.answerSync(g, m, waiting)
		}
	}
	c.allSynced(g)
}

// allSynced stops waiting for members to ask for their assignment, when all have.
func (c *core) allSynced(g *group) {
	for _, m := range g.classic.members.list {
		if m.unsynced {
			return
		}
	}
	g.classic.syncBy = time.Time{}
}

func (c *core) answerSync(g *group, m *member, q *msg.SyncGroup) {
	q.Type, q.Chosen, q.Assignment = text(g.classic.protocolType), text(g.classic.protocol), m.assignment
	c.answer(q, nil)
}

// heartbeat renews a member's session, and tells it of a rebalance.
func (c *core) heartbeat(q *msg.HeartbeatGroup) error {
	if q.Group == "" {
		return kerr.InvalidGroupID
	}
	if g, ok := c.find(q.Group); ok && g.consumer != nil {
		return c.heartbeatInConsumer(g, q)
	}
	g := c.classicGroup(q.Group)
	if g == nil {
		return kerr.UnknownMemberID
	}
	k := g.classic
	m, err := k.validate(q.MemberID, q.InstanceID)
	switch {
	case err != nil:
		return err
	case q.Generation != k.generation:
		return kerr.IllegalGeneration
	case k.state == empty:
		return kerr.UnknownMemberID
	}
	c.heard(g, m)
	if k.state == preparing {
		return kerr.RebalanceInProgress
	}
	return nil
}
