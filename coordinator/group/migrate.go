package group

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// A group changes its protocol while it runs: to the consumer protocol with the first member that speaks it, back with the last one
// that leaves.

func (c *core) policyHas(direction string) bool {
	return c.settings.migration == "bidirectional" || c.settings.migration == direction
}

// mayUpgrade reports whether a classic group can go on with the consumer protocol: if the coordinator can read what its members
// read.
func (c *core) mayUpgrade(g *group) bool {
	k := g.classic
	if !c.policyHas("upgrade") || k.protocolType != consumerType || len(k.members.list) >= c.settings.consumerMaxSize {
		return false
	}
	for _, m := range k.members.list {
		if _, err := parseSubscription(m.protocols[0].Metadata); err != nil {
			return false
		}
	}
	return true
}

// upgrade makes a consumer group of a classic one, whose members keep what they have. A rebalance that is under way ends.
func (c *core) upgrade(g *group) {
	k := g.classic
	c.refuseParked(g, kerr.RebalanceInProgress)
	c.forgetMembers(g)
	n := newConsumer()
	n.epoch, n.targetEpoch = k.generation, k.generation
	g.classic, g.consumer = nil, n
	for _, old := range k.members.list {
		m := &consumerMember{
			id: old.id, instance: old.instance, clientID: old.clientID, clientHost: old.clientHost, rebalance: old.rebalance,
			epoch: k.generation, previous: k.generation, classic: &classicMember{old.session, old.protocols},
		}
		s := m.classic.subscription()
		m.topics, m.rack = sortedNames(s.topics), s.rack
		n.members.add(m.id, m)
		if m.instance != nil {
			n.statics[*m.instance] = m.id
		}
		has, _ := parseAssignment(old.assignment)
		assigned := c.byName(has)
		n.own(m, assigned.where(func(t msg.TopicID, p int32) bool { return n.free(m, t, p) }), assignment{})
		n.target[m.id] = m.assigned
		c.heardConsumer(g, m, old.session)
	}
	_, _, n.hash = c.subscribers(n)
	c.rewriteConsumer(g)
	c.note(g, protocolChanged, "", 0, fmt.Sprintf("a member speaks the consumer protocol; %d members that do not keep what they have", len(n.members.list)))
}

// mayDowngrade reports whether a consumer group can go on with the classic protocol: if that is what all its members speak.
func (c *core) mayDowngrade(g *group) bool {
	k := g.consumer
	if !c.policyHas("downgrade") || len(k.members.list) == 0 || len(k.members.list) > c.settings.maxSize {
		return false
	}
	for _, m := range k.members.list {
		if m.classic == nil {
			return false
		}
	}
	return true
}

// downgrade makes a classic group of a consumer group, and has its members join again.
func (c *core) downgrade(g *group, why string) {
	k := g.consumer
	c.forgetConsumer(g)
	n := &classic{state: stable, since: c.now, protocolType: consumerType, generation: k.epoch, written: true}
	for _, old := range k.members.list {
		n.admit(&member{
			id: old.id, instance: old.instance, clientID: old.clientID, clientHost: old.clientHost,
			session: old.classic.session, rebalance: old.rebalance, protocols: old.classic.protocols,
			assignment: encodeAssignment(old.classic.subscription().version, c.names(old.assigned)),
		})
	}
	n.leader, n.protocol = n.members.list[0].id, n.vote()
	n.topics = n.subscribed()
	g.classic, g.consumer = n, nil
	c.write(classicRecord(g))
	for _, m := range n.members.list {
		c.heard(g, m)
	}
	c.note(g, protocolChanged, "", 0, "no member speaks the consumer protocol any more")
	c.prepare(g, why)
}

// makeClassic makes a classic group of a consumer group without members.
func (c *core) makeClassic(g *group) {
	c.forgetConsumer(g)
	g.consumer, g.classic = nil, &classic{state: empty, since: c.now}
	c.note(g, protocolChanged, "", 0, "the group was empty, and goes on with the classic protocol")
}
