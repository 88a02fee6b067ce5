package group

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// A consumer group may have members that speak the classic protocol, while its clients are being changed over one by one (KIP-848,
// online migration). For them the group looks like one whose leader is somebody else: the member's epoch is their generation,
// a new target is a rebalance, and what they are assigned comes with SyncGroup.

// classicMember is what a member of a consumer group has besides, when it speaks the classic protocol.
type classicMember struct {
	session   time.Duration
	protocols []msg.GroupProtocol
}

// subscriptionOf is what a member says that it reads, in the protocol that it likes best.
func (m *classicMember) subscription() subscription {
	s, err := parseSubscription(m.protocols[0].Metadata)
	if err != nil {
		return subscription{generation: -1}
	}
	return s
}

// joinConsumer lets a member join that speaks the classic protocol. It is answered at once.
func (c *core) joinConsumer(g *group, q *msg.JoinGroup) error {
	k := g.consumer
	if q.ProtocolType != consumerType || len(q.Protocols) == 0 {
		return kerr.InconsistentGroupProtocol
	}
	s, err := parseSubscription(q.Protocols[0].Metadata)
	if err != nil {
		return kerr.InconsistentGroupProtocol
	}
	m, err := c.attendClassic(g, q)
	if err != nil {
		return err
	}
	fresh := m == nil
	if fresh {
		id := q.MemberID
		if id == "" {
			if id, err = c.newID(q.ClientID); err != nil {
				return err
			}
		}
		m = &consumerMember{id: id, instance: q.InstanceID, assigned: assignment{}, revoking: assignment{}}
		k.members.add(id, m)
		if q.InstanceID != nil {
			k.statics[*q.InstanceID] = id
		}
		c.note(g, memberJoined, id, 0, "it speaks the classic protocol")
	}
	before := *m
	m.clientID, m.clientHost, m.rack = q.ClientID, q.ClientHost, s.rack
	m.rebalance, m.topics, m.pattern = q.RebalanceTimeout, sortedNames(s.topics), nil
	m.classic = &classicMember{q.SessionTimeout, q.Protocols}
	c.resubscribed(g, &before, m, fresh)
	c.retarget(g)
	m.revokeBy = time.Time{}
	c.reconcile(g, m, c.byName(s.owned))
	c.heardConsumer(g, m, m.classic.session)
	q.NewMemberID, q.Generation = m.id, m.epoch
	q.Type, q.Protocol = text(consumerType), text(q.Protocols[0].Name)
	c.answer(q, nil)
	return nil
}

// attendClassic finds the member that a join is from; nil: it is a new one.
func (c *core) attendClassic(g *group, q *msg.JoinGroup) (*consumerMember, error) {
	k := g.consumer
	if q.InstanceID != nil {
		old := k.static(*q.InstanceID)
		switch {
		case old != nil && q.MemberID == "":
			id, err := c.newID(*q.InstanceID)
			if err != nil {
				return nil, err
			}
			old.epoch, old.previous = 0, 0
			c.renameConsumer(g, old, id)
			return old, nil
		case old != nil && old.id != q.MemberID:
			return nil, kerr.FencedInstanceID
		}
	}
	if m := k.members.get(q.MemberID); m != nil {
		return m, nil
	}
	if len(k.members.list) >= c.settings.consumerMaxSize {
		return nil, kerr.GroupMaxSizeReached
	}
	if q.MemberID == "" && q.InstanceID == nil && q.HandsShake {
		id, err := c.newID(q.ClientID)
		if err != nil {
			return nil, err
		}
		q.NewMemberID = id
		return nil, kerr.MemberIDRequired
	}
	return nil, nil
}

// byName are partitions of topics by name, as far as these exist.
func (c *core) byName(topics []ownedTopic) assignment {
	a := assignment{}
	for _, o := range topics {
		if t, ok := c.image.Topic(o.topic); ok {
			for _, p := range o.partitions {
				a.add(t.ID, p)
			}
		}
	}
	return a
}

// names are partitions by their topics' names, as far as these exist.
func (c *core) names(a assignment) []ownedTopic {
	var all []ownedTopic
	for _, t := range c.show(a) {
		if t.Name != "" {
			all = append(all, ownedTopic{t.Name, t.Partitions})
		}
	}
	return all
}

// validateClassic finds the member that a request of the classic protocol is from.
func (k *consumer) validateClassic(id string, instance *string, generation int32) (*consumerMember, error) {
	m, err := k.validate(id, instance)
	switch {
	case err != nil:
		return nil, err
	case m.classic == nil:
		return nil, kerr.UnknownMemberID
	case generation != m.epoch:
		return nil, kerr.IllegalGeneration
	}
	return m, nil
}

// outdated reports that a member has to join again to get on towards the target.
func (k *consumer) outdated(m *consumerMember) bool {
	switch m.state {
	case memberUnrevoked:
		return true
	case memberUnreleased:
		wanted := k.target[m.id].where(func(t msg.TopicID, p int32) bool { return !m.assigned.has(t, p) && k.free(m, t, p) })
		return len(wanted) > 0 || m.epoch < k.targetEpoch
	}
	return m.epoch < k.epoch
}

// callBack tells a member to join again, and until when.
func (c *core) callBack(g *group, m *consumerMember) error {
	if m.revokeBy.IsZero() {
		m.revokeBy = c.now.Add(m.rebalance)
		c.wake(g, m.revokeBy)
	}
	return kerr.RebalanceInProgress
}

// syncConsumer tells a member that speaks the classic protocol what it has.
func (c *core) syncConsumer(g *group, q *msg.SyncGroup) error {
	k := g.consumer
	m, err := k.validateClassic(q.MemberID, q.InstanceID, q.Generation)
	if err != nil {
		return err
	}
	protocol := m.classic.protocols[0].Name
	if q.ProtocolType != nil && *q.ProtocolType != consumerType || q.Protocol != nil && *q.Protocol != protocol {
		return kerr.InconsistentGroupProtocol
	}
	if m.state != memberUnrevoked && m.epoch < k.epoch {
		return c.callBack(g, m)
	}
	c.heardConsumer(g, m, m.classic.session)
	q.Type, q.Chosen = text(consumerType), &protocol
	q.Assignment = encodeAssignment(m.classic.subscription().version, c.names(m.assigned))
	c.answer(q, nil)
	return nil
}

// heartbeatInConsumer renews the session of a member that speaks the classic protocol.
func (c *core) heartbeatInConsumer(g *group, q *msg.HeartbeatGroup) error {
	k := g.consumer
	m, err := k.validateClassic(q.MemberID, q.InstanceID, q.Generation)
	if err != nil {
		return err
	}
	c.heardConsumer(g, m, m.classic.session)
	c.refresh(g)
	c.retarget(g)
	if k.outdated(m) {
		return c.callBack(g, m)
	}
	return nil
}

// leaveConsumerByRequest takes a member out as LeaveGroup names it: by its id, or by its instance id.
func (c *core) leaveConsumerByRequest(g *group, l *msg.LeavingMember) error {
	if g.consumer == nil {
		return c.leaveOne(g, l) // the one before was the last that did not speak the classic protocol
	}
	k := g.consumer
	id := l.ID
	if id == "" && l.InstanceID != nil {
		id = k.statics[*l.InstanceID]
	}
	m, err := k.validate(id, l.InstanceID)
	if err != nil {
		return err
	}
	c.note(g, memberLeft, m.id, 0, l.Reason)
	c.removeConsumer(g, m, m.id+" left"+because(l.Reason))
	return nil
}
