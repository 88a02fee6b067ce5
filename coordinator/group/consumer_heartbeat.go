package group

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// heartbeatConsumer takes a member's heartbeat in: it joins or is known, tells what has changed about it and what it has given up, and
// is told what it has now. Nothing is changed by one that is refused.
func (c *core) heartbeatConsumer(q *msg.HeartbeatConsumer) error {
	if err := c.checkHeartbeat(q); err != nil {
		return err
	}
	if q.Epoch < 0 {
		return c.leaveConsumer(q)
	}
	if q.Regex != nil && *q.Regex != "" {
		if _, err := compile(*q.Regex); err != nil {
			return err
		}
	}
	g, err := c.consumerGroup(q.Group, q.Epoch == 0)
	if err != nil {
		return err
	}
	members := len(g.consumer.members.list)
	m, err := c.attend(g, q)
	if err != nil {
		c.dropUnjoined(g)
		return err
	}
	before := m.assigned
	c.subscribe(g, m, q, len(g.consumer.members.list) > members)
	c.retarget(g)
	c.reconcile(g, m, ownedBy(q))
	times := c.timesOf(g)
	c.heardConsumer(g, m, times.session)
	q.NewMemberID, q.NewEpoch, q.Interval = m.id, m.epoch, times.heartbeat
	if full(q) || !before.equal(m.assigned) {
		shown := c.show(m.assigned)
		q.Assignment = &shown
	}
	return nil
}

// full reports that a heartbeat says everything, as a member does that has to be told everything too.
func full(q *msg.HeartbeatConsumer) bool {
	return q.Epoch == 0 || q.RebalanceTimeout >= 0 && (q.Topics != nil || q.Regex != nil) && q.Owned != nil
}

// ownedBy is what the member says that it has, nil when it does not say.
func ownedBy(q *msg.HeartbeatConsumer) assignment {
	if q.Owned == nil {
		return nil
	}
	return assignmentOf(q.Owned)
}

// checkHeartbeat holds Kafka's rules for what a heartbeat has to say.
func (c *core) checkHeartbeat(q *msg.HeartbeatConsumer) error {
	invalid := func(why string) error { return msg.Errorf(kerr.InvalidRequest, "%s", why) }
	switch {
	case q.Group == "":
		return invalid("GroupId can't be empty.")
	case q.InstanceID != nil && *q.InstanceID == "":
		return invalid("InstanceId can't be empty.")
	case q.Rack != nil && *q.Rack == "":
		return invalid("RackId can't be empty.")
	case q.MemberID == "" && q.Epoch != 0:
		return invalid("MemberId can't be empty.")
	case q.Epoch == 0 && q.RebalanceTimeout < 0:
		return invalid("RebalanceTimeoutMs must be provided in first request.")
	case q.Epoch == 0 && (q.Owned == nil || len(q.Owned) > 0):
		return invalid("TopicPartitions must be empty when (re-)joining.")
	case q.Epoch == 0 && q.Topics == nil && q.Regex == nil:
		return invalid("Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.")
	case q.Epoch == leaveStaticEpoch && q.InstanceID == nil:
		return invalid("InstanceId can't be null.")
	case q.Epoch < leaveStaticEpoch:
		return invalid(fmt.Sprintf("MemberEpoch is %d, but must be greater than or equal to -2.", q.Epoch))
	case q.Assignor != nil && (assignors[*q.Assignor] == nil || !slices.Contains(c.settings.assignors, *q.Assignor)):
		return msg.Errorf(kerr.UnsupportedAssignor, "ServerAssignor %s is not supported. Supported assignors: %s.", *q.Assignor, strings.Join(c.settings.assignors, ", "))
	}
	return nil
}

// consumerGroup finds the group that a heartbeat is for. A first one makes it, or makes it of a classic group.
func (c *core) consumerGroup(id string, joins bool) (*group, error) {
	g, ok := c.find(id)
	switch {
	case !ok && !joins:
		return nil, msg.Errorf(kerr.GroupIDNotFound, "Consumer group %s not found.", id)
	case !ok:
		g = c.create(id)
		g.classic, g.consumer = nil, newConsumer()
	case g.consumer == nil && joins && g.classic.state == empty:
		c.forgetMembers(g)
		g.classic, g.consumer = nil, newConsumer()
		c.note(g, protocolChanged, "", 0, "the group was empty, and goes on with the consumer protocol")
	case g.consumer == nil && joins && c.mayUpgrade(g):
		c.upgrade(g)
	case g.consumer == nil:
		return nil, msg.Errorf(kerr.GroupIDNotFound, "Group %s is not a consumer group.", id)
	}
	return g, nil
}

// dropUnjoined forgets a group that was only made for a member that was refused.
func (c *core) dropUnjoined(g *group) {
	if k := g.consumer; k.epoch == 0 && len(k.members.list) == 0 && len(g.offsets) == 0 {
		delete(c.groups, g.id)
	}
}

// attend finds the member that a heartbeat is from, or lets a new one in.
func (c *core) attend(g *group, q *msg.HeartbeatConsumer) (*consumerMember, error) {
	k := g.consumer
	if q.Epoch == 0 {
		if q.InstanceID != nil {
			if old := k.static(*q.InstanceID); old != nil && (old.id != q.MemberID || old.epoch == leaveStaticEpoch) {
				return c.replaceConsumer(g, old, q)
			}
		}
		if q.MemberID == "" || k.members.get(q.MemberID) == nil {
			return c.enterConsumer(g, q)
		}
	}
	m, err := k.validate(q.MemberID, q.InstanceID)
	if err != nil {
		return nil, err
	}
	return m, checkEpoch(m, q)
}

// checkEpoch refuses a member that is not where the coordinator thinks it is. One that comes with the epoch before has not got the
// last answer, if it has nothing that was not given to it.
func checkEpoch(m *consumerMember, q *msg.HeartbeatConsumer) error {
	switch {
	case q.Epoch == m.epoch:
		return nil
	case q.Epoch > m.epoch:
		return msg.Errorf(kerr.FencedMemberEpoch, "The consumer group member has a greater member epoch (%d) than the one known by the group coordinator (%d). The member must abandon all its partitions and rejoin.", q.Epoch, m.epoch)
	case q.Epoch == m.previous && q.Owned != nil && assignmentOf(q.Owned).within(m.assigned):
		return nil
	}
	return msg.Errorf(kerr.FencedMemberEpoch, "The consumer group member has a smaller member epoch (%d) than the one known by the group coordinator (%d). The member must abandon all its partitions and rejoin.", q.Epoch, m.epoch)
}

// enterConsumer lets a new member in.
func (c *core) enterConsumer(g *group, q *msg.HeartbeatConsumer) (*consumerMember, error) {
	k := g.consumer
	if len(k.members.list) >= c.settings.consumerMaxSize {
		return nil, msg.Errorf(kerr.GroupMaxSizeReached, "The consumer group has reached its maximum capacity of %d members.", c.settings.consumerMaxSize)
	}
	id := q.MemberID
	if id == "" {
		var err error
		if id, err = c.newID(""); err != nil {
			return nil, err
		}
	}
	m := &consumerMember{id: id, instance: q.InstanceID, assigned: assignment{}, revoking: assignment{}}
	k.members.add(id, m)
	if q.InstanceID != nil {
		k.statics[*q.InstanceID] = id
	}
	c.note(g, memberJoined, id, 0, "")
	return m, nil
}

// replaceConsumer lets a static member that has left for a while come back, under another id and with what it had.
func (c *core) replaceConsumer(g *group, m *consumerMember, q *msg.HeartbeatConsumer) (*consumerMember, error) {
	_, taken := g.consumer.members.byID[q.MemberID]
	if m.epoch != leaveStaticEpoch && m.classic == nil || taken && q.MemberID != m.id {
		return nil, msg.Errorf(kerr.UnreleasedInstanceID, "Static member %s with instance id %s cannot join the group because the instance id is owned by member %s.", q.MemberID, *q.InstanceID, m.id)
	}
	id := q.MemberID
	if id == "" {
		var err error
		if id, err = c.newID(""); err != nil {
			return nil, err
		}
	}
	m.epoch, m.previous, m.classic = 0, 0, nil
	c.renameConsumer(g, m, id)
	c.note(g, memberReplaced, id, 0, "instance "+*q.InstanceID+" came back")
	return m, nil
}

// renameConsumer gives a static member another id.
func (c *core) renameConsumer(g *group, m *consumerMember, id string) {
	k := g.consumer
	old := m.id
	assigned, revoking := m.assigned, m.revoking
	c.writeGone(g, m)
	k.disown(m)
	k.members.rename(old, id)
	m.id, m.assigned, m.revoking = id, assignment{}, assignment{}
	k.own(m, assigned, revoking)
	k.statics[*m.instance] = id
	if target, ok := k.target[old]; ok {
		delete(k.target, old)
		k.target[id] = target
		c.write(targetMemberRecord(g.id, id, target))
	}
	c.write(memberRecord(g.id, m))
	c.write(currentRecord(g.id, m))
}

// subscribe gives a member what its heartbeat says about it. The group's epoch rises when that changes what it reads, or when the
// topics that the group reads have changed.
func (c *core) subscribe(g *group, m *consumerMember, q *msg.HeartbeatConsumer, fresh bool) {
	k := g.consumer
	before := *m
	m.clientID, m.clientHost, m.classic = q.ClientID, q.ClientHost, nil
	if q.InstanceID != nil {
		m.instance = q.InstanceID
	}
	if q.Rack != nil {
		m.rack = q.Rack
	}
	if q.RebalanceTimeout >= 0 {
		m.rebalance = q.RebalanceTimeout
	}
	if q.Topics != nil {
		m.topics = sortedNames(q.Topics)
	}
	if q.Regex != nil {
		m.pattern = k.pattern(*q.Regex)
	}
	if q.Assignor != nil {
		m.assignor = *q.Assignor
	}
	c.resubscribed(g, &before, m, fresh)
}

// resubscribed writes what has changed about a member, and raises the group's epoch where that asks for another assignment.
func (c *core) resubscribed(g *group, before, m *consumerMember, fresh bool) {
	if !sameMember(before, m) {
		c.write(memberRecord(g.id, m))
	}
	switch {
	case fresh:
		c.bump(g, m.id+" joined")
	case !slices.Equal(before.topics, m.topics) || !samePointed(before.pattern, m.pattern):
		c.bump(g, m.id+" reads other topics than before")
	default:
		c.refresh(g)
	}
}

func sortedNames(names []string) []string {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// pattern is a pattern of the group's, nil for the empty one.
func (k *consumer) pattern(text string) *string {
	if text == "" {
		return nil
	}
	if _, known := k.patterns[text]; !known {
		re, _ := compile(text) // it was compiled when it came in
		k.patterns[text] = re
	}
	return &text
}

// sameMember reports that what the log says about a member has not changed.
func sameMember(a, b *consumerMember) bool {
	return a.clientID == b.clientID && a.clientHost == b.clientHost && samePointed(a.instance, b.instance) && samePointed(a.rack, b.rack) &&
		a.rebalance == b.rebalance && slices.Equal(a.topics, b.topics) && samePointed(a.pattern, b.pattern) && a.assignor == b.assignor && a.classic == b.classic
}

func samePointed(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// refresh raises the group's epoch if the topics that it reads have changed since the last time.
func (c *core) refresh(g *group) {
	k := g.consumer
	if k.seen == c.image {
		return
	}
	k.seen = c.image
	if _, _, hash := c.subscribers(k); hash != k.hash {
		c.bump(g, "the topics that the group reads have changed")
	}
}

// bump raises the group's epoch: it needs another assignment.
func (c *core) bump(g *group, why string) {
	k := g.consumer
	_, _, k.hash = c.subscribers(k)
	k.seen = c.image
	k.epoch++
	c.write(consumerRecord(g))
	c.note(g, rebalanceBegan, "", 0, why)
}

// retarget computes what everybody is to have, when the epoch asks for it.
func (c *core) retarget(g *group) {
	k := g.consumer
	if k.epoch == k.targetEpoch {
		return
	}
	members, topics, _ := c.subscribers(k)
	name := c.assignorOf(k)
	target := assignors[name](members, topics)
	more := 0
	for _, m := range members {
		if now := target[m.id]; !now.equal(k.target[m.id]) {
			more += now.where(func(t msg.TopicID, p int32) bool { return !k.target[m.id].has(t, p) }).count()
			c.write(targetMemberRecord(g.id, m.id, now))
		}
	}
	k.target, k.targetEpoch = target, k.epoch
	c.write(targetRecord(g))
	c.note(g, targetComputed, "", 0, fmt.Sprintf("%s assigned to %d members, %d partitions go to another one", name, len(members), more))
}

// heardConsumer notes that a member is alive.
func (c *core) heardConsumer(g *group, m *consumerMember, session time.Duration) {
	m.heard, m.deadline = c.now, c.now.Add(session)
	c.wake(g, m.deadline)
	c.wake(g, m.revokeBy)
}

// leaveConsumer takes a member out, or, for a static one that will be back, keeps its place.
func (c *core) leaveConsumer(q *msg.HeartbeatConsumer) error {
	g, err := c.consumerGroup(q.Group, false)
	if err != nil {
		return err
	}
	m, err := g.consumer.validate(q.MemberID, q.InstanceID)
	if err != nil {
		return err
	}
	q.NewMemberID, q.NewEpoch = m.id, q.Epoch
	if q.Epoch == leaveStaticEpoch {
		m.previous, m.epoch, m.revokeBy = m.epoch, leaveStaticEpoch, time.Time{}
		c.write(currentRecord(g.id, m))
		c.note(g, memberLeft, m.id, 0, "it is static, and its place is kept for its session timeout")
		return nil
	}
	c.note(g, memberLeft, m.id, 0, "")
	c.removeConsumer(g, m, m.id+" left")
	return nil
}

// removeConsumer takes a member out, and what it had is free.
func (c *core) removeConsumer(g *group, m *consumerMember, why string) {
	k := g.consumer
	c.writeGone(g, m)
	k.disown(m)
	k.members.remove(m.id)
	delete(k.target, m.id)
	if m.instance != nil && k.statics[*m.instance] == m.id {
		delete(k.statics, *m.instance)
	}
	if c.mayDowngrade(g) {
		c.downgrade(g, why)
		return
	}
	c.bump(g, why)
	if len(k.members.list) == 0 {
		c.note(g, groupEmpty, "", 0, "")
	}
}

// writeGone writes that a member is gone.
func (c *core) writeGone(g *group, m *consumerMember) {
	c.write(tombstone(memberKeyOf(currentKey, g.id, m.id)))
	c.write(tombstone(memberKeyOf(targetMemberKey, g.id, m.id)))
	c.write(tombstone(memberKeyOf(memberKey, g.id, m.id)))
}

// expireConsumer removes the members that were not heard of, or did not give up what they were asked to, in time.
func (c *core) expireConsumer(g *group) {
	due := func(t time.Time) bool { return !t.IsZero() && !c.now.Before(t) }
	for _, m := range slices.Clone(g.consumer.members.list) {
		switch {
		case g.consumer == nil:
			return // the rest of the group speaks the classic protocol, and begins anew
		case due(m.deadline):
			c.note(g, memberExpired, m.id, c.now.Sub(m.heard), "it was not heard of for its session timeout")
			c.removeConsumer(g, m, m.id+" was silent for longer than its session timeout")
		case due(m.revokeBy):
			c.note(g, memberLate, m.id, m.rebalance, "it did not give up its partitions in time")
			c.removeConsumer(g, m, m.id+" did not give up its partitions in time")
		}
	}
}
