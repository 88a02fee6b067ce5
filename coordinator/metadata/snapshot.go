package metadata

import (
	"errors"
	"maps"
	"slices"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// A snapshot tells the whole image again at the log's tail, so that what is before it can be deleted.
//
//	… SnapshotBegun  ClusterFounded RaftIDsIssued NodeRegistered … ProducerIDsAllocated  SnapshotEnded …
//	  ^ the log's start, once the end is committed
//
// Nothing else lies between its ends. Who has the image compares it with what the snapshot says; who begins to read there
// takes it over.

// Snapshot are the records from which an image like this one is built, but for its offset. The result depends on the image
// alone. The image is that of a founded cluster at level 2.
func (i *Image) Snapshot() []Record {
	records := []Record{ClusterFounded{ClusterID: i.clusterID, Level: i.level, Secret: i.secret, Founders: i.founders}}
	var founded uint64 = 1
	for _, f := range i.founders {
		founded = max(founded, f.RaftID+1)
	}
	if i.nextRaftID > founded {
		records = append(records, RaftIDsIssued{i.nextRaftID})
	}
	if !slices.Equal(i.quorum, i.founders) {
		records = append(records, QuorumChanged{i.quorum})
	}
	for _, n := range i.nodes {
		records = append(records, n.snapshot()...)
	}
	for _, r := range i.removed {
		records = append(records, r)
	}
	for _, t := range i.topics {
		records = append(records, i.topicSnapshot(t)...)
	}
	records = append(records, i.overridesSnapshot(msg.BrokerResource)...)
	records = append(records, i.overridesSnapshot(msg.GroupResource)...)
	if i.nextProducerID > 0 {
		records = append(records, ProducerIDsAllocated{Node: msg.NoNode, Next: i.nextProducerID})
	}
	return records
}

func (n *Node) snapshot() []Record {
	records := []Record{NodeRegistered{n.Registration}}
	if n.Fenced {
		records = append(records, NodeFenced{n.ID})
	}
	if n.Draining {
		records = append(records, NodeDraining{n.ID, true})
	}
	if n.Leaving {
		records = append(records, NodeLeaving{n.ID, true})
	}
	return records
}

func (i *Image) topicSnapshot(t *Topic) []Record {
	records := []Record{TopicCreated{ID: t.ID, Name: t.Name, Internal: t.Internal, AutoFactor: t.AutoFactor}}
	records = append(records, overrides(msg.TopicResource, t.Name, i.Overrides(msg.TopicResource, t.Name))...)
	for n, p := range t.Partitions {
		created := PartitionCreated{Topic: t.ID, Number: int32(n), Replicas: p.Replicas, Target: p.Target, Dropped: p.Dropped, Move: p.Move}
		if !slices.Equal(p.Founders, p.Replicas) {
			created.Founders = p.Founders
		}
		records = append(records, created)
	}
	return records
}

func (i *Image) overridesSnapshot(t msg.ResourceType) []Record {
	var records []Record
	for _, name := range i.Resources(t) {
		records = append(records, overrides(t, name, i.Overrides(t, name))...)
	}
	return records
}

func overrides(t msg.ResourceType, name string, values map[string]string) []Record {
	var records []Record
	for _, key := range slices.Sorted(maps.Keys(values)) {
		records = append(records, SetConfig(t, name, key, values[key]))
	}
	return records
}

// Live is how many records a snapshot of the image would have, about.
func (i *Image) Live() int64 {
	n := len(i.nodes) + len(i.removed) + len(i.topics) + i.partitions
	for _, o := range i.overrides {
		n += len(o)
	}
	return int64(n)
}

// SnapshotOpen reports that the log's end is inside a snapshot.
func (i *Image) SnapshotOpen() bool { return i.snapshot != nil }

// LastSnapshot are the offsets of the first and of the last record of the last whole snapshot, -1 if there is none.
func (i *Image) LastSnapshot() (begin, end int64) { return i.snapshotBegin, i.snapshotEnd }

// Rebuild begins an image anew, from the log's start on. Changes will tell how it differs from this one.
func (i *Image) Rebuild(start int64) *Draft {
	d := Empty().Draft()
	d.before = i
	d.next.offset = start - 1
	d.touched.rebuilt = true
	return d
}

func (SnapshotBegun) apply(d *Draft) error {
	d.snapshot = Empty().Draft()
	d.next.snapshot, d.next.snapshotBegun = d.snapshot.next, d.at
	return nil
}

// writeSnapshot is the draft of the snapshot under way.
func (d *Draft) writeSnapshot() *Draft {
	if d.snapshot == nil {
		d.snapshot = d.next.snapshot.Draft()
		d.next.snapshot = d.snapshot.next
	}
	return d.snapshot
}

func (SnapshotEnded) apply(d *Draft) error {
	told := d.next.snapshot
	switch {
	case told == nil:
		return errors.New("a snapshot ends that was not begun")
	case d.next.clusterID == "":
		d.takeOver(told)
	case !told.says(d.next):
		return errors.New("the snapshot tells another cluster than the log before it")
	}
	d.next.snapshotBegin, d.next.snapshotEnd = d.next.snapshotBegun, d.at
	d.next.snapshot, d.snapshot = nil, nil
	return nil
}

// takeOver makes a snapshot's image the draft's own.
func (d *Draft) takeOver(told *Image) {
	next := *told
	next.offset, next.snapshotBegun = d.next.offset, d.next.snapshotBegun
	*d.next = next
	d.copied = copied{topic: map[msg.TopicID]bool{}, override: map[resource]bool{}}
	d.touched.rebuilt = true
}

// says reports whether two images tell the same cluster, whatever their offsets.
func (i *Image) says(o *Image) bool {
	return i.clusterID == o.clusterID && i.level == o.level && i.secret == o.secret &&
		i.nextProducerID == o.nextProducerID && i.nextRaftID == o.nextRaftID &&
		slices.Equal(i.founders, o.founders) && slices.Equal(i.quorum, o.quorum) && slices.Equal(i.removed, o.removed) &&
		slices.EqualFunc(i.nodes, o.nodes, (*Node).equal) && slices.EqualFunc(i.topics, o.topics, (*Topic).equal) &&
		maps.EqualFunc(i.overrides, o.overrides, maps.Equal[map[string]string])
}

func (n *Node) equal(o *Node) bool {
	return n.Registration.Equal(&o.Registration) && n.Fenced == o.Fenced && n.Draining == o.Draining && n.Leaving == o.Leaving
}

func (t *Topic) equal(o *Topic) bool {
	return t.ID == o.ID && t.Name == o.Name && t.Internal == o.Internal && t.AutoFactor == o.AutoFactor &&
		slices.EqualFunc(t.Partitions, o.Partitions, Partition.equal)
}

func (p Partition) equal(o Partition) bool {
	return slices.Equal(p.Replicas, o.Replicas) && slices.Equal(p.Founders, o.Founders) && slices.Equal(p.Target, o.Target) &&
		slices.Equal(p.Dropped, o.Dropped) && p.Move == o.Move
}

// compare finds what was touched between two images of which the second was begun anew.
func (t *touched) compare(before, after *Image) {
	t.nodes = !slices.EqualFunc(before.nodes, after.nodes, (*Node).equal)
	t.quorum = !slices.Equal(before.quorum, after.quorum)
	for _, topic := range after.topics {
		old, known := before.byID[topic.ID]
		switch {
		case !known:
			t.created[topic.ID] = true
			continue
		case len(old.Partitions) < len(topic.Partitions):
			t.created[topic.ID] = true
		}
		if !slices.EqualFunc(old.Partitions, topic.Partitions, Partition.equal) {
			t.moved[topic.ID] = true
		}
		// Which configs have changed is cheaper for the node to see than for us.
		t.reconfigured[topic.ID] = true
	}
	for _, topic := range before.topics {
		if _, stays := after.byID[topic.ID]; !stays {
			t.deleted[topic.ID] = true
		}
	}
}
