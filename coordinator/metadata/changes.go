package metadata

import (
	"cmp"
	"slices"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Changes lists what a batch, or several, changed, for the node that spawns and stops partitions. Topics are sorted by
// name. A topic that came and went between the two images is not listed.
type Changes struct {
	Created []*Topic // new, or with more partitions
	Deleted []*Topic // as they were in the image before
	// Reconfigured have other configs of their own, or there are other configs of a broker or of all brokers: whether that
	// concerns them is told by resolving their configs. Topics that are new are not listed.
	Reconfigured []*Topic
	// Moved have a partition that is to move, has moved, or no longer is to. Topics that are new are not listed.
	Moved []*Topic
	// Nodes says that a node came, went or changed, Quorum that the metadata log's group is to have other members.
	Nodes  bool
	Quorum bool
}

// touched collects, while a draft is written, what Changes is made of.
type touched struct {
	created      map[msg.TopicID]bool
	deleted      map[msg.TopicID]bool
	reconfigured map[msg.TopicID]bool
	moved        map[msg.TopicID]bool
	brokers      bool // a broker's configs, or those of all
	nodes        bool
	quorum       bool
	// rebuilt says that the image was begun anew from a snapshot: what differs has to be looked for.
	rebuilt bool
}

func newTouched() touched {
	return touched{
		created:      map[msg.TopicID]bool{},
		deleted:      map[msg.TopicID]bool{},
		reconfigured: map[msg.TopicID]bool{},
		moved:        map[msg.TopicID]bool{},
	}
}

// changes are what was touched, seen as a step from the image before to the one after.
func (t *touched) changes(before, after *Image) Changes {
	if t.rebuilt {
		t.compare(before, after)
	}
	c := Changes{Nodes: t.nodes, Quorum: t.quorum}
	c.Created = pick(after, t.created)
	c.Deleted = pick(before, t.deleted)
	reconfigured := pick(after, t.reconfigured)
	if t.brokers {
		reconfigured = after.topics
	}
	for _, topic := range reconfigured {
		if _, old := before.byID[topic.ID]; old {
			c.Reconfigured = append(c.Reconfigured, topic)
		}
	}
	for _, topic := range pick(after, t.moved) {
		if _, old := before.byID[topic.ID]; old {
			c.Moved = append(c.Moved, topic)
		}
	}
	return c
}

// pick lists those of ids that an image has, by name.
func pick(i *Image, ids map[msg.TopicID]bool) []*Topic {
	var topics []*Topic
	for id := range ids {
		if t, ok := i.byID[id]; ok {
			topics = append(topics, t)
		}
	}
	slices.SortFunc(topics, func(a, b *Topic) int { return cmp.Compare(a.Name, b.Name) })
	return topics
}
