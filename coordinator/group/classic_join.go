package group

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// maxPending bounds the ids that a group has handed out to clients that have not joined with them yet.
const maxPending = 20_000

// join takes a JoinGroup in. It is answered at once with an error or when it disturbs nobody, else with the next generation.
func (c *core) join(q *msg.JoinGroup) {
	if err := c.tryJoin(q); err != nil {
		c.answer(q, err)
		if g := c.classicGroup(q.Group); g != nil && g.unused() {
			delete(c.groups, g.id)
		}
	}
}

// tryJoin returns an error to answer with; without one, the request is answered or parked.
func (c *core) tryJoin(q *msg.JoinGroup) error {
	switch {
	case q.Group == "":
		return kerr.InvalidGroupID
	case q.SessionTimeout < c.settings.minSession || q.SessionTimeout > c.settings.maxSession:
		return kerr.InvalidSessionTimeout
	}
	g, exists := c.find(q.Group)
	if exists && g.consumer != nil {
		if !g.empty() {
			return c.joinConsumer(g, q)
		}
		c.makeClassic(g)
	}
	if !exists {
		if q.MemberID != "" {
			return kerr.UnknownMemberID
		}
		g = c.create(q.Group)
	}
	k := g.classic
	switch {
	case !k.accepts(q.MemberID, c.settings.maxSize):
		return kerr.GroupMaxSizeReached
	case !k.supports(q.ProtocolType, q.Protocols):
		return kerr.InconsistentGroupProtocol
	case q.MemberID == "":
		return c.joinNew(g, q)
	}
	return c.joinKnown(g, q)
}

// accepts reports whether the group has room for a member. While it is preparing, that is who has joined so far.
func (k *classic) accepts(id string, most int) bool {
	m := k.members.get(id)
	switch k.state {
	case empty:
		return true
	case preparing:
		return m != nil && m.join != nil || k.joining < most
	default:
		return m != nil || len(k.members.list) < most
	}
}

// joinNew lets a client in that has no id yet. A static member takes the place of the one with its instance id; a client that
// shakes hands is told its id first (KIP-394), so that one which never comes back holds nothing up.
func (c *core) joinNew(g *group, q *msg.JoinGroup) error {
	k := g.classic
	prefix := q.ClientID
	if q.InstanceID != nil {
		prefix = *q.InstanceID
	}
	id, err := c.newID(prefix)
	if err != nil {
		return err
	}
	if q.InstanceID != nil {
		if old, taken := k.statics[*q.InstanceID]; taken {
			return c.replaceStatic(g, old, id, q)
		}
		return c.enter(g, id, q)
	}
	if !q.HandsShake {
		return c.enter(g, id, q)
	}
	if len(k.pending) >= maxPending {
		return kerr.GroupMaxSizeReached
	}
	if k.pending == nil {
		k.pending = map[string]time.Time{}
	}
	until := c.now.Add(q.SessionTimeout)
	k.pending[id] = until
	c.wake(g, until)
	q.NewMemberID = id
	return kerr.MemberIDRequired
}

// joinKnown lets a member join again, or for the first time with the id that it was told.
func (c *core) joinKnown(g *group, q *msg.JoinGroup) error {
	k := g.classic
	if _, waits := k.pending[q.MemberID]; waits && q.InstanceID == nil {
		return c.enter(g, q.MemberID, q)
	}
	m, err := k.validate(q.MemberID, q.InstanceID)
	if err != nil {
		return err
	}
	switch {
	case k.state == empty:
		return kerr.UnknownMemberID
	case k.state == preparing:
		c.rejoin(g, m, q, "")
	case k.state == completing && m.says(q.Protocols):
		// The answer to its last join was lost: it gets it again.
		c.answerJoin(g, m, q)
	case k.state == completing:
		c.rejoin(g, m, q, "its metadata has changed during the rebalance")
	case m.id == k.leader:
		// Something that only the leader watches has changed: more partitions, say.
		c.rejoin(g, m, q, "the leader has joined again")
	case !m.says(q.Protocols):
		c.rejoin(g, m, q, "its metadata has changed")
	default:
		c.answerJoin(g, m, q)
	}
	return nil
}

// enter adds a member, which begins a rebalance.
func (c *core) enter(g *group, id string, q *msg.JoinGroup) error {
	k := g.classic
	m := &member{id: id, instance: q.InstanceID, fresh: true}
	if len(k.members.list) == 0 {
		k.protocolType, k.leader = q.ProtocolType, id
	}
	k.members.add(id, m)
	if q.InstanceID != nil {
		if k.statics == nil {
			k.statics = map[string]string{}
		}
		k.statics[*q.InstanceID] = id
	}
	delete(k.pending, id)
	c.update(g, m, q)
	k.more = true
	m.heard, m.deadline = c.now, c.now.Add(freshTime)
	c.wake(g, m.deadline)
	c.note(g, memberJoined, id, 0, q.Reason)
	c.rebalance(g, id+" joined")
	return nil
}

// rejoin parks a member's join, which begins a rebalance or goes on with one.
func (c *core) rejoin(g *group, m *member, q *msg.JoinGroup, why string) {
	c.update(g, m, q)
	c.note(g, memberRejoined, m.id, 0, why+because(q.Reason))
	c.rebalance(g, m.id+" joined again: "+why)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// update gives a member what its join says, and parks the join.
func (c *core) update(g *group, m *member, q *msg.JoinGroup) {
	k := g.classic
	k.count(m.protocols, -1)
	k.count(q.Protocols, 1)
	m.protocols, m.clientID, m.clientHost = q.Protocols, q.ClientID, q.ClientHost
	m.session, m.rebalance = q.SessionTimeout, q.RebalanceTimeout
	if m.join != nil {
		// Whoever sent the first one has given it up.
		c.answer(m.join, kerr.RebalanceInProgress)
	} else {
		k.joining++
	}
	m.join = q
}

// replaceStatic lets a static member that was restarted take its place again, under another id; the old one is fenced
// (KIP-345). While the group is stable and the protocol stays the same, nobody else notices (KIP-814).
func (c *core) replaceStatic(g *group, oldID, id string, q *msg.JoinGroup) error {
	k := g.classic
	m := k.members.get(oldID)
	led := k.leader == oldID
	c.unpark(g, m, kerr.FencedInstanceID)
	k.members.rename(oldID, id)
	m.id, m.fresh = id, false
	k.statics[*q.InstanceID] = id
	if led {
		k.leader = id
	}
	c.update(g, m, q)
	c.heard(g, m)
	c.note(g, memberReplaced, id, 0, "instance "+*q.InstanceID+" came back; it was "+oldID)
	if k.state == stable && k.vote() == k.protocol {
		c.unparkSilently(g, m)
		c.write(classicRecord(g))
		k.written = true
		c.answerJoin(g, m, q)
		if led {
			c.spareLeader(q, oldID)
		}
		return nil
	}
	c.rebalance(g, id+" replaced "+oldID)
	return nil
}

// spareLeader tells a leader that came back not to assign: with what is new in version 9, and else by naming another leader.
func (c *core) spareLeader(q *msg.JoinGroup, oldID string) {
	if q.SkipsAssignment {
		q.Skip = true
		return
	}
	q.Leader, q.Members = oldID, nil
}

// answerJoin answers a join with the generation as it stands.
func (c *core) answerJoin(g *group, m *member, q *msg.JoinGroup) {
	k := g.classic
	q.NewMemberID, q.Generation, q.Leader = m.id, k.generation, k.leader
	q.Type, q.Protocol = &k.protocolType, text(k.protocol)
	if m.id == k.leader {
		q.Members = make([]msg.JoinedMember, len(k.members.list))
		for i, other := range k.members.list {
			q.Members[i] = msg.JoinedMember{ID: other.id, InstanceID: other.instance, Metadata: other.metadata(k.protocol)}
		}
	}
	c.answer(q, nil)
}

// text is a copy of a string that no later change of a group reaches.
func text(s string) *string { return &s }

// unpark answers what a member waits for.
func (c *core) unpark(g *group, m *member, err error) {
	if m.join != nil {
		c.answer(m.join, err)
		c.unparkSilently(g, m)
	}
	if m.sync != nil {
		c.answer(m.sync, err)
		m.sync = nil
	}
}

func (c *core) unparkSilently(g *group, m *member) {
	if m.join != nil {
		m.join = nil
		g.classic.joining--
	}
}

// refuseParked answers all that is parked in a group.
func (c *core) refuseParked(g *group, err error) {
	for _, m := range g.classic.members.list {
		c.unpark(g, m, err)
	}
}
