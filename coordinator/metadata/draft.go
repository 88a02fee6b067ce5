package metadata

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// Draft is the next image while it is written. It shares with the image before whatever no record has changed yet, and
// copies each part once, at its first change, however many records follow.
//
// A draft whose Apply has failed is half written: it must be dropped.
type Draft struct {
	before  *Image
	next    *Image
	copied  copied
	touched touched
	// snapshot is the draft of the snapshot under way, once it goes on in this draft; at is the offset of the record in hand.
	snapshot *Draft
	at       int64
}

// copied says which parts of the next image are the draft's own.
type copied struct {
	nodes, topics, overrides bool
	topic                    map[msg.TopicID]bool
	override                 map[resource]bool
}

// Draft begins the next image.
func (i *Image) Draft() *Draft {
	next := *i
	d := &Draft{before: i, next: &next, touched: newTouched()}
	d.copied = copied{topic: map[msg.TopicID]bool{}, override: map[resource]bool{}}
	return d
}

// Image is the draft as an image. It may be read between two records; from the last one on it does not change any more.
func (d *Draft) Image() *Image { return d.next }

// Changes says how the draft differs from the image that it was begun from.
func (d *Draft) Changes() Changes { return d.touched.changes(d.before, d.next) }

// Apply makes one change. Inside a snapshot, which only tells again what the image has, it is made in the snapshot's own
// image.
func (d *Draft) Apply(r Record) error {
	switch r.(type) {
	case SnapshotBegun, SnapshotEnded:
		return r.apply(d)
	}
	if d.next.snapshot != nil {
		return r.apply(d.writeSnapshot())
	}
	return r.apply(d)
}

// ApplyBatch makes the changes of a batch of the metadata log, and moves the offset behind it. Control batches only move
// the offset.
func (d *Draft) ApplyBatch(b record.Batch) error {
	if b.BaseOffset() <= d.next.offset {
		return fmt.Errorf("applying the metadata batch at offset %d: the image is at offset %d already", b.BaseOffset(), d.next.offset)
	}
	if !b.Control() {
		for r, err := range b.Records() {
			if err != nil {
				return fmt.Errorf("reading the metadata batch at offset %d: %w", b.BaseOffset(), err)
			}
			d.at = r.Offset
			change, err := Decode(r)
			if err == nil {
				err = d.Apply(change)
			}
			if err != nil {
				return fmt.Errorf("applying the metadata record at offset %d: %w", r.Offset, err)
			}
		}
	}
	d.next.offset = b.LastOffset()
	return nil
}

// writeTopics makes the list of topics the draft's own.
func (d *Draft) writeTopics() {
	if d.copied.topics {
		return
	}
	d.copied.topics = true
	d.next.topics = slices.Clone(d.next.topics)
	d.next.byName = maps.Clone(d.next.byName)
	d.next.byID = maps.Clone(d.next.byID)
	d.next.byUnified = maps.Clone(d.next.byUnified)
}

// writeTopic makes one topic the draft's own, so that it can grow.
func (d *Draft) writeTopic(t *Topic) *Topic {
	if d.copied.topic[t.ID] {
		return t
	}
	d.writeTopics()
	own := *t
	own.Partitions = slices.Clone(t.Partitions)
	d.copied.topic[t.ID] = true
	at, _ := d.topicAt(t.Name)
	d.next.topics[at] = &own
	d.next.byName[t.Name] = &own
	d.next.byID[t.ID] = &own
	return &own
}

func (d *Draft) topicAt(name string) (int, bool) {
	return slices.BinarySearchFunc(d.next.topics, name, func(t *Topic, name string) int { return cmp.Compare(t.Name, name) })
}

func (d *Draft) addTopic(t *Topic) {
	d.writeTopics()
	at, _ := d.topicAt(t.Name)
	d.next.topics = slices.Insert(d.next.topics, at, t)
	d.next.byName[t.Name] = t
	d.next.byID[t.ID] = t
	if u := unified(t.Name); u != "" {
		d.next.byUnified[u] = t.Name
	}
	d.copied.topic[t.ID] = true
	d.touched.created[t.ID] = true
}

func (d *Draft) removeTopic(t *Topic) {
	d.writeTopics()
	d.next.partitions -= len(t.Partitions)
	at, _ := d.topicAt(t.Name)
	d.next.topics = slices.Delete(d.next.topics, at, at+1)
	delete(d.next.byName, t.Name)
	delete(d.next.byID, t.ID)
	delete(d.next.byUnified, unified(t.Name))
	d.writeOverrides()
	delete(d.next.overrides, resource{msg.TopicResource, t.Name})
	delete(d.copied.override, resource{msg.TopicResource, t.Name})
	d.touched.deleted[t.ID] = true
}

func (d *Draft) writeNodes() {
	if !d.copied.nodes {
		d.copied.nodes = true
		d.next.nodes = slices.Clone(d.next.nodes)
	}
	d.touched.nodes = true
}

func (d *Draft) removeNode(id msg.NodeID) {
	d.writeNodes()
	d.next.nodes = slices.DeleteFunc(d.next.nodes, func(n *Node) bool { return n.ID == id })
}

func (d *Draft) putNode(n *Node) {
	d.writeNodes()
	if at, ok := d.next.nodeAt(n.ID); ok {
		d.next.nodes[at] = n
	} else {
		d.next.nodes = slices.Insert(d.next.nodes, at, n)
	}
}

func (d *Draft) writeOverrides() {
	if !d.copied.overrides {
		d.copied.overrides = true
		d.next.overrides = maps.Clone(d.next.overrides)
	}
}

// writeOverride makes the overrides of one resource the draft's own.
func (d *Draft) writeOverride(of resource) map[string]string {
	d.writeOverrides()
	own := d.next.overrides[of]
	if !d.copied.override[of] {
		own = maps.Clone(own)
		if own == nil {
			own = map[string]string{}
		}
		d.copied.override[of] = true
		d.next.overrides[of] = own
	}
	return own
}
