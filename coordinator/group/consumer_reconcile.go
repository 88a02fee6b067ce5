package group

import (
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// A member on its way to a new target, with what happens at its heartbeats:
//
//	stable ──what it is not to have──▶ unrevoked ──it has given that up──┐
//	   │                                                               ▼
//	   └───────────nothing to give up────────────────▶ it is in the target's epoch, and gets what is free:
//	                                                       all of it ──▶ stable
//	                                                       a part    ──▶ unreleased ──the rest is free──▶ stable

// reconcile brings a member as near to the target as is possible now. owned is what it says that it has, nil when it does not say.
func (c *core) reconcile(g *group, m *consumerMember, owned assignment) {
	k := g.consumer
	epoch := m.epoch
	switch m.state {
	case memberStable:
		if m.epoch == k.targetEpoch {
			return
		}
	case memberUnrevoked:
		if owned == nil || owned.overlaps(m.revoking) {
			return
		}
		epoch++
	}
	c.advance(g, m, epoch, owned)
}

// advance takes a member one step on. epoch is the one that it stays in if it has to give something up first.
func (c *core) advance(g *group, m *consumerMember, epoch int32, owned assignment) {
	k := g.consumer
	target := k.target[m.id]
	keeps := m.assigned.where(target.has)
	gives := m.assigned.where(func(t msg.TopicID, p int32) bool { return !target.has(t, p) })
	if len(gives) > 0 && (owned == nil || owned.overlaps(gives)) {
		c.place(g, m, epoch, memberUnrevoked, keeps, gives)
		return
	}
	wanted := target.where(func(t msg.TopicID, p int32) bool { return !keeps.has(t, p) })
	gets := wanted.where(func(t msg.TopicID, p int32) bool { return k.free(m, t, p) })
	state := memberStable
	if gets.count() < wanted.count() {
		state = memberUnreleased
	}
	c.place(g, m, k.targetEpoch, state, keeps.with(gets), assignment{})
}

// place puts a member where it stands now, and writes it if that is another place than before.
func (c *core) place(g *group, m *consumerMember, epoch int32, state memberState, assigned, revoking assignment) {
	if epoch == m.epoch && state == m.state && assigned.equal(m.assigned) && revoking.equal(m.revoking) {
		return
	}
	if epoch != m.epoch {
		m.previous = m.epoch
	}
	m.epoch, m.state = epoch, state
	g.consumer.own(m, assigned, revoking)
	m.revokeBy = time.Time{}
	if state == memberUnrevoked {
		m.revokeBy = c.now.Add(m.rebalance)
	}
	c.write(currentRecord(g.id, m))
}
