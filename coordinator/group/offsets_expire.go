package group

import "time"

// expireOffsets forgets offsets whose time is over, and then groups of which nothing is left. It runs once per
// offsets.retention.check.interval.ms.
func (c *core) expireOffsets() {
	for _, g := range c.sorted() {
		c.expireOffsetsOf(g)
		if len(g.offsets) == 0 && g.empty() && (g.classic == nil || len(g.classic.pending) == 0) {
			c.forget(g)
		}
	}
}

func (c *core) expireOffsetsOf(g *group) {
	for _, at := range g.offsets.places(func(at place, v offset) bool { return c.expired(g, at.topic, v) }) {
		g.offsets.remove(at)
		c.write(offsetTombstone(g.id, at))
	}
}

func (c *core) expired(g *group, topic string, v offset) bool {
	if v.expires >= 0 {
		return c.now.UnixMilli() >= v.expires
	}
	base, may := g.expiryBase(topic, v)
	return may && !c.now.Before(base.Add(c.settings.retention))
}

// expiryBase is the moment from which an offset's retention counts, by Kafka's rules (KIP-211): while the group has members
// that read the topic it never expires; without members, since it has none; where only the topic is not read any more, and
// for consumers without a group, since the commit.
func (g *group) expiryBase(topic string, v offset) (time.Time, bool) {
	committed := time.UnixMilli(v.committed)
	k := g.classic
	switch {
	case k == nil:
		return committed, !g.consumer.subscribes(topic)
	case k.protocolType == "":
		return committed, true
	case k.state == empty && k.since.After(committed):
		return k.since, true
	case k.state == empty:
		return committed, true
	case k.state == stable && k.topics != nil:
		return committed, !k.topics[topic]
	}
	return time.Time{}, false
}
