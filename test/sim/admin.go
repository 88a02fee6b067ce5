package sim

import (
	"errors"
	"slices"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// adminWithin is how long CreateTopic waits.
const adminWithin = time.Minute

// ask sends an admin request to the controller that decides, by way of some node, as a gateway does. done is called with the
// answer, also if nobody could be asked.
func (c *Cluster) ask(m interface {
	msg.Request
	Slot() *msg.Asked
}, done func(error)) {
	m.Slot().Done = func(err error) { done(err) }
	n := c.nodes[c.clients.random.IntN(len(c.nodes))]
	if !n.running() {
		done(msg.ErrStopped)
		return
	}
	if err := n.inside.Controller().Post(m); err != nil {
		m.Refuse(err)
	}
}

// CreateTopic makes a topic and waits until it is there, asking again for as long as it takes.
func (c *Cluster) CreateTopic(name string, partitions, replicas int) {
	segment := "1048576"
	late := c.Now() + adminWithin
	for made := false; !made && c.broken == nil; {
		q := &msg.CreateTopics{Topics: []*msg.NewTopic{{
			Name: name, Partitions: int32(partitions), ReplicationFactor: int16(replicas),
			Configs: map[string]*string{"segment.bytes": &segment},
		}}}
		answered := false
		var failed error
		c.ask(q, func(err error) { answered, failed = true, errors.Join(err, q.Topics[0].Err) })
		for !answered && c.broken == nil && c.Now() < late {
			c.Run(10 * time.Millisecond)
		}
		if made = c.made(name); made {
			return
		}
		if c.Now() >= late {
			c.violated("create topic", "topic %s was not made within %v: %v", name, adminWithin, failed)
		}
		c.Run(100 * time.Millisecond)
	}
}

// made looks for a topic in the nodes' images, and has it watched once it is there.
func (c *Cluster) made(name string) bool {
	for _, n := range c.nodes {
		t, ok := n.inside.Image().Topic(name)
		if !ok {
			continue
		}
		made := &topic{name: name}
		for p := range t.Partitions {
			made.partitions = append(made.partitions, msg.TopicPartition{Topic: t.ID, Partition: int32(p)})
		}
		c.topics = append(c.topics, made)
		c.trace.line(c.Now(), "topic %s is made, its id is %s", name, t.ID)
		return true
	}
	return false
}

// Move asks for a partition's replicas to be on these nodes, once, and does not wait for it.
func (c *Cluster) Move(topic string, partition int, to ...int) {
	q := &msg.AlterAssignments{AllowFactorChange: true, Partitions: []*msg.Reassignment{{Topic: topic, Partition: int32(partition)}}}
	for _, id := range to {
		q.Partitions[0].Replicas = append(q.Partitions[0].Replicas, msg.NodeID(id))
	}
	c.ask(q, func(err error) {
		c.trace.line(c.Now(), "partition %d of %s is to move to %v: %v", partition, topic, to, errors.Join(err, q.Partitions[0].Err))
	})
}

// moveSome moves some partition of a topic that was made somewhere.
func (c *Cluster) moveSome() {
	r := c.clients.random
	if len(c.topics) < 2 {
		return
	}
	t := c.topics[1+r.IntN(len(c.topics)-1)]
	to := r.Perm(len(c.nodes))[:1+r.IntN(min(3, len(c.nodes)))]
	for i := range to {
		to[i]++
	}
	c.Move(t.name, r.IntN(len(t.partitions)), slices.Clone(to)...)
}
