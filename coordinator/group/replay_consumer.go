package group

// replayConsumer applies a committed record of a consumer group. k is behind the group's id in the record's key.
func (c *core) replayConsumer(version int16, id string, k *reader, value []byte) error {
	switch version {
	case consumerKey, targetKey:
		return c.replayEpoch(version, id, value)
	case memberKey, targetMemberKey, currentKey:
		member := k.string()
		if k.err != nil {
			return k.err
		}
		return c.replayMember(version, id, member, value)
	}
	return nil // what a pattern stood for, and what later versions know more
}

// replayEpoch applies an epoch, of the group or of its target. A group without one is gone.
func (c *core) replayEpoch(version int16, id string, value []byte) error {
	if value == nil {
		g, known := c.groups[id]
		if known && g.consumer != nil && version == consumerKey {
			g.consumer, g.classic = nil, &classic{}
			c.forgetUnused(g)
		}
		return nil
	}
	epoch, hash, err := readConsumer(value) // a target's epoch lies in the same place, and has no hash
	if err != nil {
		return err
	}
	g := c.replayedConsumer(id)
	if version == targetKey {
		g.consumer.targetEpoch = epoch
		return nil
	}
	g.consumer.epoch, g.consumer.hash = epoch, hash
	return nil
}

// replayedConsumer is the group that a record is about, as one of the consumer protocol.
func (c *core) replayedConsumer(id string) *group {
	g, known := c.groups[id]
	if !known {
		g = c.create(id)
	}
	if g.consumer == nil {
		g.classic, g.consumer = nil, newConsumer()
	}
	return g
}

func (c *core) replayMember(version int16, id, member string, value []byte) error {
	if value == nil {
		if g, known := c.groups[id]; known && g.consumer != nil {
			g.consumer.replayGone(version, member)
		}
		return nil
	}
	switch version {
	case targetMemberKey:
		target, err := readTarget(value)
		if err != nil {
			return err
		}
		c.replayedConsumer(id).consumer.target[member] = target
	case currentKey:
		s, err := readCurrent(value)
		if err != nil {
			return err
		}
		k := c.replayedConsumer(id).consumer
		m := k.replayed(member)
		m.epoch, m.previous, m.state, m.since = s.epoch, s.previous, s.state, s.since
		k.own(m, s.assigned, s.revoking)
	case memberKey:
		read := consumerMember{}
		if err := readConsumerMember(value, &read); err != nil {
			return err
		}
		c.replayedConsumer(id).consumer.replaySubscription(member, &read)
	}
	return nil
}

// replayed is the member that a record is about.
func (k *consumer) replayed(id string) *consumerMember {
	m := k.members.get(id)
	if m == nil {
		m = &consumerMember{id: id, assigned: assignment{}, revoking: assignment{}}
		k.members.add(id, m)
	}
	return m
}

func (k *consumer) replaySubscription(id string, read *consumerMember) {
	m := k.replayed(id)
	m.instance, m.rack, m.clientID, m.clientHost = read.instance, read.rack, read.clientID, read.clientHost
	m.topics, m.rebalance, m.assignor, m.classic = sortedNames(read.topics), read.rebalance, read.assignor, read.classic
	if m.instance != nil {
		k.statics[*m.instance] = id
	}
	m.pattern = nil
	if read.pattern != nil {
		m.pattern = k.pattern(*read.pattern)
	}
}

// replayGone applies that something about a member is gone.
func (k *consumer) replayGone(version int16, id string) {
	m := k.members.get(id)
	switch {
	case version == targetMemberKey:
		delete(k.target, id)
	case m == nil:
	case version == currentKey:
		m.epoch, m.previous, m.state, m.since = 0, 0, memberStable, nil
		k.own(m, assignment{}, assignment{})
	default:
		k.disown(m)
		k.members.remove(id)
		if m.instance != nil && k.statics[*m.instance] == id {
			delete(k.statics, *m.instance)
		}
	}
}

// resumeConsumer begins to coordinate a group that was read from the log: its members have to be heard of from now on.
func (c *core) resumeConsumer(g *group) {
	session := c.timesOf(g).session
	for _, m := range g.consumer.members.list {
		if m.state == memberUnrevoked {
			m.revokeBy = c.now.Add(m.rebalance)
		}
		if m.classic != nil {
			session = m.classic.session
		}
		c.heardConsumer(g, m, session)
	}
}

// forgetConsumer writes that a group of the consumer protocol is gone.
func (c *core) forgetConsumer(g *group) {
	for _, m := range g.consumer.members.list {
		c.writeGone(g, m)
	}
	c.write(tombstone(keyOf(targetKey, g.id)))
	c.write(tombstone(keyOf(consumerKey, g.id)))
}

// rewriteConsumer writes again what the log has to say of a group of the consumer protocol.
func (c *core) rewriteConsumer(g *group) {
	k := g.consumer
	for _, m := range k.members.list {
		c.write(memberRecord(g.id, m))
	}
	c.write(consumerRecord(g))
	for _, m := range k.members.list {
		if target, ok := k.target[m.id]; ok {
			c.write(targetMemberRecord(g.id, m.id, target))
		}
	}
	c.write(targetRecord(g))
	for _, m := range k.members.list {
		c.write(currentRecord(g.id, m))
	}
}
