package group

import (
	"cmp"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// offsets are what a group has committed, by topic and partition. No inner map is empty.
type offsets map[string]map[int32]offset

// offset is a committed offset.
type offset struct {
	offset   int64
	epoch    int32 // of the last record consumed, -1: unknown
	metadata string
	// committed is when, expires when it is forgotten whatever its group does, -1: by the group's state; milliseconds.
	committed int64
	expires   int64
}

// place is a partition by its topic's name.
type place struct {
	topic     string
	partition int32
}

func (o offsets) get(at place) (offset, bool) {
	v, ok := o[at.topic][at.partition]
	return v, ok
}

func (o offsets) set(at place, v offset) {
	if o[at.topic] == nil {
		o[at.topic] = map[int32]offset{}
	}
	o[at.topic][at.partition] = v
}

func (o offsets) remove(at place) {
	delete(o[at.topic], at.partition)
	if len(o[at.topic]) == 0 {
		delete(o, at.topic)
	}
}

func (o offsets) count() int {
	n := 0
	for _, partitions := range o {
		n += len(partitions)
	}
	return n
}

// places lists where there are offsets that are wanted (nil: all), sorted.
func (o offsets) places(wanted func(place, offset) bool) []place {
	var all []place
	for topic, partitions := range o {
		for p, v := range partitions {
			if at := (place{topic, p}); wanted == nil || wanted(at, v) {
				all = append(all, at)
			}
		}
	}
	slices.SortFunc(all, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.partition, b.partition))
	})
	return all
}

// commit takes offsets in. Who may: a member of the current generation, and anybody who is no member while the group has none.
func (c *core) commit(q *msg.CommitOffsets) error {
	if q.Group == "" && q.Epoch >= 0 {
		return kerr.InvalidGroupID
	}
	g, err := c.committer(q)
	if err != nil {
		return err
	}
	for i := range q.Offsets {
		o := &q.Offsets[i]
		if o.Err != nil {
			continue
		}
		if len(o.Metadata) > c.settings.maxMetadata {
			o.Err = kerr.OffsetMetadataTooLarge
			continue
		}
		v := offset{offset: o.Offset, epoch: o.LeaderEpoch, metadata: o.Metadata, committed: c.now.UnixMilli(), expires: -1}
		if q.Retention >= 0 {
			v.expires = c.now.Add(q.Retention).UnixMilli()
		}
		at := place{o.Topic, o.Partition}
		g.offsets.set(at, v)
		c.write(offsetRecord(g.id, at, v))
	}
	return nil
}

// committer finds the group that a commit is for, and checks that it may commit.
func (c *core) committer(q *msg.CommitOffsets) (*group, error) {
	g, ok := c.find(q.Group)
	switch {
	case !ok && q.Epoch < 0:
		// A consumer that assigns its partitions itself, or an administrator: all that there is of the group are its offsets.
		return c.create(q.Group), nil
	case !ok && q.KnowsEpochs:
		return nil, kerr.GroupIDNotFound
	case !ok:
		return nil, kerr.IllegalGeneration
	case g.consumer != nil:
		return g, c.checkConsumerCommit(g, q)
	}
	return g, c.checkClassicCommit(g, q)
}

func (c *core) checkClassicCommit(g *group, q *msg.CommitOffsets) error {
	k := g.classic
	if q.Epoch < 0 && k.state == empty {
		return nil
	}
	if q.Epoch < 0 && q.MemberID == "" && q.InstanceID == nil {
		return kerr.UnknownMemberID
	}
	m, err := k.validate(q.MemberID, q.InstanceID)
	switch {
	case err != nil:
		return err
	case q.Epoch != k.generation:
		return kerr.IllegalGeneration
	case k.state == completing:
		return kerr.RebalanceInProgress
	}
	c.heard(g, m)
	return nil
}

// fetch answers what a group has committed; -1 where that is nothing, also for a group that does not exist.
func (c *core) fetch(q *msg.FetchOffsets) error {
	g, ok := c.find(q.Group)
	if ok && g.consumer != nil {
		if err := g.consumer.checkFetch(q); err != nil {
			return err
		}
	}
	if !ok {
		g = &group{}
	}
	if q.All {
		for _, at := range g.offsets.places(nil) {
			q.Offsets = append(q.Offsets, msg.CommittedOffset{Topic: at.topic, Partition: at.partition})
		}
	}
	for i := range q.Offsets {
		o := &q.Offsets[i]
		v, committed := g.offsets.get(place{o.Topic, o.Partition})
		if !committed {
			v = offset{offset: -1, epoch: -1}
		}
		o.Offset, o.LeaderEpoch, o.Metadata = v.offset, v.epoch, v.metadata
	}
	return nil
}

// deleteOffsets forgets offsets, but for topics that the group is subscribed to.
func (c *core) deleteOffsets(q *msg.DeleteOffsets) error {
	if q.Group == "" {
		return kerr.InvalidGroupID
	}
	g, ok := c.find(q.Group)
	if !ok {
		return kerr.GroupIDNotFound
	}
	if k := g.classic; k != nil && k.state != empty && k.protocolType != consumerType {
		return kerr.NonEmptyGroup
	}
	for i := range q.Offsets {
		o := &q.Offsets[i]
		at := place{o.Topic, o.Partition}
		if o.Err != nil {
			continue
		}
		if g.subscribes(o.Topic) {
			o.Err = kerr.GroupSubscribedToTopic
			continue
		}
		if _, committed := g.offsets.get(at); committed {
			g.offsets.remove(at)
			c.write(offsetTombstone(g.id, at))
		}
	}
	return nil
}

// subscribes reports whether a group reads a topic. One whose subscriptions can't be read may read anything.
func (g *group) subscribes(topic string) bool {
	switch {
	case g.consumer != nil:
		return g.consumer.subscribes(topic)
	case g.classic.state == empty:
		return false
	case g.classic.topics == nil:
		return true
	}
	return g.classic.topics[topic]
}
