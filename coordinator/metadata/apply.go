package metadata

import (
	"errors"
	"fmt"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func (r ClusterFounded) apply(d *Draft) error {
	switch {
	case d.next.clusterID != "":
		return fmt.Errorf("cluster %s is founded a second time, as %q", d.next.clusterID, r.ClusterID)
	case r.ClusterID == "" || r.Level < 1:
		return fmt.Errorf("a cluster is founded with id %q and feature level %d: both are needed", r.ClusterID, r.Level)
	case r.Level > FeatureLevel:
		return fmt.Errorf("the cluster works at feature level %d and this node knows %d: it is too old for the cluster; upgrade it", r.Level, FeatureLevel)
	}
	d.next.clusterID = r.ClusterID
	d.next.level = r.Level
	return nil
}

func (r NodeRegistered) apply(d *Draft) error {
	if r.ID < 0 {
		return fmt.Errorf("node %d is registered: ids are not negative", r.ID)
	}
	n := r.Node
	d.putNode(&n)
	return nil
}

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
	d.addTopic(&Topic{ID: r.ID, Name: r.Name, Internal: r.Internal})
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
	t = d.writeTopic(t)
	t.Partitions = append(t.Partitions, Partition{Replicas: r.Replicas})
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
