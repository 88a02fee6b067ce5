package group

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// list lists the coordinator's groups, by id.
func (c *core) list(q *msg.ListGroups) {
	for _, g := range c.sorted() {
		l := msg.ListedGroup{ID: g.id, Type: g.kind()}
		if g.consumer != nil {
			l.ProtocolType, l.State = consumerType, g.consumer.state().String()
		} else {
			l.ProtocolType, l.State = g.classic.protocolType, g.classic.state.String()
		}
		q.Groups = append(q.Groups, l)
	}
}

// describe describes a group of the type that is asked for.
func (c *core) describe(q *msg.DescribeGroup) error {
	g, ok := c.find(q.Group)
	switch {
	case q.Group == "":
		return msg.Errorf(kerr.InvalidGroupID, "The group id is empty.")
	case !ok:
		return msg.Errorf(kerr.GroupIDNotFound, "Group %s not found.", q.Group)
	case q.Consumer && g.consumer == nil:
		return msg.Errorf(kerr.GroupIDNotFound, "Group %s is not a consumer group.", q.Group)
	case !q.Consumer && g.classic == nil:
		return msg.Errorf(kerr.GroupIDNotFound, "Group %s is not a classic group.", q.Group)
	case q.Consumer:
		c.describeConsumer(g, q)
		return nil
	}
	describeClassic(g, q)
	return nil
}

// describeClassic shows metadata and assignments only while they are those of a whole generation.
func describeClassic(g *group, q *msg.DescribeGroup) {
	k := g.classic
	q.State, q.ProtocolType, q.Epoch = k.state.String(), k.protocolType, k.generation
	if k.state == stable {
		q.Protocol = k.protocol
	}
	for _, m := range k.members.list {
		d := msg.DescribedMember{ID: m.id, InstanceID: m.instance, ClientID: m.clientID, ClientHost: m.clientHost}
		if k.state == stable {
			d.Metadata, d.Assignment = m.metadata(k.protocol), m.assignment
		}
		q.Members = append(q.Members, d)
	}
}

// deleteGroup deletes a group that has no members.
func (c *core) deleteGroup(q *msg.DeleteGroup) error {
	g, ok := c.find(q.Group)
	switch {
	case q.Group == "":
		return msg.Errorf(kerr.InvalidGroupID, "The group id is empty.")
	case !ok:
		return msg.Errorf(kerr.GroupIDNotFound, "Group %s not found.", q.Group)
	case !g.empty():
		return msg.Errorf(kerr.NonEmptyGroup, "Group %s is not empty.", q.Group)
	}
	c.forget(g)
	return nil
}
