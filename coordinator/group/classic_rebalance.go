package group

import (
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// A rebalance, from the group's side:
//
//	empty ──first join──▶ preparing ──all have joined, or joinBy──▶ completing ──leader's sync──▶ stable
//	  ▲                     ▲  │ nobody is left                        │ join, leave, expiry        │ the same
//	  └─────────────────────┼──┘                                       │                            │
//	                        └──────────────────────────────────────────┴────────────────────────────┘

// rebalance begins a rebalance, or looks whether the one under way has all it waits for.
func (c *core) rebalance(g *group, why string) {
	if g.classic.state == preparing {
		c.maybeComplete(g)
		return
	}
	c.prepare(g, why)
}

// prepare begins a rebalance: every member has to join again. The first one of a group waits a little for more members to come.
func (c *core) prepare(g *group, why string) {
	k := g.classic
	if k.state == completing {
		for _, m := range k.members.list {
			if m.sync != nil {
				c.answer(m.sync, kerr.RebalanceInProgress)
				m.sync = nil
				c.heard(g, m)
			}
		}
	}
	k.syncBy = time.Time{}
	k.initial = k.state == empty
	wait := k.rebalanceTime()
	if k.initial {
		wait = c.settings.initialDelay
		k.left = max(k.rebalanceTime()-wait, 0)
		k.more = false
	}
	c.turn(g, preparing)
	k.began = c.now
	c.note(g, rebalanceBegan, "", 0, why)
	k.joinBy = c.now.Add(wait)
	if wait <= 0 {
		c.joinTimeIsOver(g)
		return
	}
	c.wake(g, k.joinBy)
	c.maybeComplete(g)
}

// maybeComplete ends the wait for members when all have joined. A first rebalance always waits.
func (c *core) maybeComplete(g *group) {
	k := g.classic
	if k.state == preparing && !k.initial && k.joining == len(k.members.list) && len(k.pending) == 0 {
		c.begin(g)
	}
}

// joinTimeIsOver goes on without those who have not joined again, or puts a first rebalance off if there are still members coming.
func (c *core) joinTimeIsOver(g *group) {
	k := g.classic
	if k.initial && k.more && k.left > 0 {
		wait := min(c.settings.initialDelay, k.left)
		k.left = max(k.left-wait, 0)
		k.more = false
		k.joinBy = c.now.Add(wait)
		c.wake(g, k.joinBy)
		return
	}
	c.begin(g)
}

// begin begins the next generation with those who have joined. Static members that have not are kept: they may be on their way
// back.
func (c *core) begin(g *group) {
	k := g.classic
	for _, m := range slices.Clone(k.members.list) {
		if m.join == nil && m.instance == nil {
			c.note(g, memberLate, m.id, c.now.Sub(k.began), "it did not join again in time")
			c.drop(g, m)
		}
	}
	if len(k.members.list) > 0 && !k.electLeader() {
		// Only static members are left, and none of them has joined.
		k.joinBy = c.now.Add(k.rebalanceTime())
		c.wake(g, k.joinBy)
		return
	}
	k.joinBy, k.initial = time.Time{}, false
	k.generation++
	if len(k.members.list) == 0 {
		c.becomeEmpty(g)
		return
	}
	k.protocol = k.vote()
	k.topics = k.subscribed()
	c.turn(g, completing)
	c.note(g, generationBegan, "", c.now.Sub(k.began), fmt.Sprintf("%d members joined, %s leads, protocol %s", len(k.members.list), k.leader, k.protocol))
	k.began = c.now
	k.syncBy = c.now.Add(k.rebalanceTime())
	c.wake(g, k.syncBy)
	for _, m := range k.members.list {
		m.unsynced, m.fresh = true, false
		if q := m.join; q != nil {
			c.unparkSilently(g, m)
			c.answerJoin(g, m, q)
		}
		c.heard(g, m)
	}
}

// electLeader keeps the leader if it has joined, else takes the first that has. It reports whether there is one.
func (k *classic) electLeader() bool {
	if m := k.members.get(k.leader); m != nil && m.join != nil {
		return true
	}
	for _, m := range k.members.list {
		if m.join != nil {
			k.leader = m.id
			return true
		}
	}
	return false
}

// becomeEmpty writes that a group has no members any more.
func (c *core) becomeEmpty(g *group) {
	k := g.classic
	k.protocol, k.leader, k.topics = "", "", nil
	k.syncBy = time.Time{}
	c.turn(g, empty)
	c.note(g, groupEmpty, "", 0, "")
	c.write(classicRecord(g))
	k.written = true
}

// subscribed are the topics of all the members' subscriptions; nil where they can't be read.
func (k *classic) subscribed() map[string]bool {
	if k.protocolType != consumerType {
		return nil
	}
	topics := map[string]bool{}
	for _, m := range k.members.list {
		s, err := parseSubscription(m.metadata(k.protocol))
		if err != nil {
			return nil
		}
		for _, t := range s.topics {
			topics[t] = true
		}
	}
	return topics
}

// expireClassic does what is due in a group.
func (c *core) expireClassic(g *group) {
	k := g.classic
	due := func(t time.Time) bool { return !t.IsZero() && !c.now.Before(t) }
	for _, id := range duePending(k, c.now) {
		delete(k.pending, id)
		c.maybeComplete(g)
	}
	for _, m := range slices.Clone(k.members.list) {
		if due(m.deadline) && (m.fresh || !m.waits()) && k.members.get(m.id) == m {
			c.note(g, memberExpired, m.id, c.now.Sub(m.heard), "it was not heard of for its session timeout")
			c.remove(g, m, m.id+" was silent for longer than its session timeout")
		}
	}
	if k.state == preparing && due(k.joinBy) {
		c.joinTimeIsOver(g)
	}
	if due(k.syncBy) {
		c.syncTimeIsOver(g)
	}
}

// duePending are the ids that nobody has joined with in time, sorted.
func duePending(k *classic, now time.Time) []string {
	var ids []string
	for id, until := range k.pending {
		if !now.Before(until) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// syncTimeIsOver removes the members that have not asked for their assignment.
func (c *core) syncTimeIsOver(g *group) {
	k := g.classic
	k.syncBy = time.Time{}
	late := 0
	for _, m := range slices.Clone(k.members.list) {
		if m.unsynced && m.sync == nil {
			late++
			c.note(g, memberLate, m.id, c.now.Sub(k.began), "it did not ask for its assignment in time")
			c.drop(g, m)
		}
	}
	if late > 0 {
		c.prepare(g, "members did not ask for their assignment in time")
	}
}
