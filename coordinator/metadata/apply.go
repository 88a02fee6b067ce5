package metadata

import (
	"errors"
	"fmt"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func (r TopicCreated) apply(d *Draft) error {
	if r.ID == (msg.TopicID{}) || r.ID == msg.MetadataTopicID || r.Name == "" || r.Name == msg.MetadataTopic {
		return fmt.Errorf("topic %q is created with id %s: both must be free for topics", r.Name, r.ID)
	}
	if t, ok := d.next.byName[r.Name]; ok {
		return fmt.Errorf("topic %q is created with id %s and is there already, with id %s", r.Name, r.ID, t.ID)
	}
	if t, ok := d.next.byID[r.ID]; ok {
		return fmt.Errorf("topic %q is created with id %s, which is that of topic %q", r.Name, r.ID, t.Name)
	}
	if other, ok := d.next.Colliding(r.Name); ok {
		return fmt.Errorf("topic %q is created, which metrics can't tell from topic %q", r.Name, other)
	}
	d.addTopic(&Topic{ID: r.ID, Name: r.Name, Internal: r.Internal, AutoFactor: r.AutoFactor})
	return nil
}

func (r TopicFactorFixed) apply(d *Draft) error {
	t, ok := d.next.byID[r.ID]
	if !ok {
		return fmt.Errorf("topic id %s has a fixed number of replicas and does not exist", r.ID)
	}
	d.writeTopic(t).AutoFactor = false
	return nil
}

func (r PartitionCreated) apply(d *Draft) error {
	t, ok := d.next.byID[r.Topic]
	if !ok {
		return fmt.Errorf("partition %d is created of topic id %s, which does not exist", r.Number, r.Topic)
	}
	if int(r.Number) != len(t.Partitions) {
		return fmt.Errorf("partition %d of topic %q is created: the next one is %d", r.Number, t.Name, len(t.Partitions))
	}
	if err := d.checkReplicas(r.Replicas); err != nil {
		return fmt.Errorf("partition %d of topic %q: %w", r.Number, t.Name, err)
	}
	if err := d.checkTarget(r.Target); err != nil {
		return fmt.Errorf("partition %d of topic %q is moving: %w", r.Number, t.Name, err)
	}
	founders := r.Founders
	if founders == nil {
		founders = r.Replicas
	}
	t = d.writeTopic(t)
	t.Partitions = append(t.Partitions, Partition{Replicas: r.Replicas, Founders: founders, Target: r.Target, Dropped: r.Dropped, Move: r.Move})
	d.next.partitions++
	d.touched.created[t.ID] = true
	return nil
}

// checkReplicas holds what Partition and Replica promise.
func (d *Draft) checkReplicas(replicas []Replica) error {
	if len(replicas) == 0 {
		return errors.New("it has no replica")
	}
	for at, r := range replicas {
		if _, ok := d.next.Node(r.Node); !ok {
			return fmt.Errorf("it has a replica on node %d, which is not registered", r.Node)
		}
		if r.RaftID == 0 || r.RaftID >= d.next.nextRaftID {
			return fmt.Errorf("it has raft id %d, which was not issued: the next one is %d", r.RaftID, d.next.nextRaftID)
		}
		for _, other := range replicas[:at] {
			if other.Node == r.Node || other.RaftID == r.RaftID {
				return fmt.Errorf("two of its replicas have node %d, raft id %d", r.Node, r.RaftID)
			}
		}
	}
	return nil
}

// checkTarget is checkReplicas for a partition that may not be moving.
func (d *Draft) checkTarget(target []Replica) error {
	if target == nil {
		return nil
	}
	return d.checkReplicas(target)
}

func (r PartitionMoving) apply(d *Draft) error {
	p, err := d.moving(r.Topic, r.Number)
	if err == nil {
		err = d.checkTarget(r.Target)
	}
	if err != nil {
		return fmt.Errorf("moving partition %d of topic %s: %w", r.Number, r.Topic, err)
	}
	p.retarget(r.Target)
	return nil
}

func (r PartitionMoved) apply(d *Draft) error {
	p, err := d.moving(r.Topic, r.Number)
	if err == nil {
		err = d.checkReplicas(r.Replicas)
	}
	if err != nil {
		return fmt.Errorf("partition %d of topic %s has moved: %w", r.Number, r.Topic, err)
	}
	p.Replicas, p.Target, p.Dropped = r.Replicas, nil, nil
	return nil
}

// moving finds a partition to change, and notes that it does.
func (d *Draft) moving(topic msg.TopicID, number int32) (*Partition, error) {
	t, ok := d.next.byID[topic]
	if !ok || number < 0 || int(number) >= len(t.Partitions) {
		return nil, errors.New("it does not exist")
	}
	d.touched.moved[t.ID] = true
	return &d.writeTopic(t).Partitions[number], nil
}

func (r TopicDeleted) apply(d *Draft) error {
	t, ok := d.next.byID[r.ID]
	if !ok {
		return fmt.Errorf("topic id %s is deleted and does not exist", r.ID)
	}
	d.removeTopic(t)
	return nil
}

func (r ConfigSet) apply(d *Draft) error {
	of, err := d.configured(r.Resource, r.Name, r.Key)
	if err != nil {
		return err
	}
	d.writeOverride(of)[r.Key] = r.Value
	return nil
}

func (r ConfigRemoved) apply(d *Draft) error {
	of, err := d.configured(r.Resource, r.Name, r.Key)
	if err != nil {
		return err
	}
	if _, ok := d.next.overrides[of][r.Key]; !ok {
		return nil
	}
	own := d.writeOverride(of)
	delete(own, r.Key)
	if len(own) == 0 {
		delete(d.next.overrides, of)
		delete(d.copied.override, of)
	}
	return nil
}

// configured finds the resource that a config record is about, and notes that it changes.
func (d *Draft) configured(typ, name, key string) (resource, error) {
	t, ok := resourceTypes[typ]
	if !ok {
		return resource{}, fmt.Errorf("config %q of a resource of unknown type %q: this node is too old for the cluster; upgrade it", key, typ)
	}
	switch t {
	case msg.TopicResource:
		topic, ok := d.next.byName[name]
		if !ok {
			return resource{}, fmt.Errorf("config %q of topic %q, which does not exist", key, name)
		}
		d.touched.reconfigured[topic.ID] = true
	case msg.BrokerResource:
		d.touched.brokers = true
	}
	return resource{t, name}, nil
}

func (r ProducerIDsAllocated) apply(d *Draft) error {
	if r.Next <= d.next.nextProducerID {
		return fmt.Errorf("producer ids below %d are allocated to node %d: those below %d are taken", r.Next, r.Node, d.next.nextProducerID)
	}
	d.next.nextProducerID = r.Next
	return nil
}

func (r RaftIDsIssued) apply(d *Draft) error {
	if r.Next <= d.next.nextRaftID {
		return fmt.Errorf("raft ids below %d are issued: those below %d are spent", r.Next, d.next.nextRaftID)
	}
	d.next.nextRaftID = r.Next
	return nil
}
