package group

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// leave takes members out, each for itself; one with an empty id is named by its instance id, as an administrator does.
func (c *core) leave(q *msg.LeaveGroup) error {
	if q.Group == "" {
		return kerr.InvalidGroupID
	}
	g, ok := c.find(q.Group)
	if !ok {
		return kerr.UnknownMemberID
	}
	for i := range q.Members {
		if g.consumer != nil {
			q.Members[i].Err = c.leaveConsumerByRequest(g, &q.Members[i])
			continue
		}
		q.Members[i].Err = c.leaveOne(g, &q.Members[i])
	}
	return nil
}

func (c *core) leaveOne(g *group, l *msg.LeavingMember) error {
	k := g.classic
	id := l.ID
	if id == "" {
		known, ok := "", false
		if l.InstanceID != nil {
			known, ok = k.statics[*l.InstanceID]
		}
		if !ok {
			return kerr.UnknownMemberID
		}
		id = known
	}
	if _, waits := k.pending[id]; waits {
		delete(k.pending, id)
		c.maybeComplete(g)
		return nil
	}
	m, err := k.validate(id, l.InstanceID)
	if err != nil {
		return err
	}
	c.note(g, memberLeft, m.id, 0, l.Reason)
	c.remove(g, m, m.id+" left"+because(l.Reason))
	return nil
}

// remove takes a member out, and the group goes on without it.
func (c *core) remove(g *group, m *member, why string) {
	c.drop(g, m)
	switch g.classic.state {
	case stable, completing:
		c.prepare(g, why)
	case preparing:
		c.maybeComplete(g)
	}
}

// drop takes a member out of the books, and answers what it waits for. A leader is not missed before the next generation begins.
func (c *core) drop(g *group, m *member) {
	k := g.classic
	c.unpark(g, m, kerr.UnknownMemberID)
	k.count(m.protocols, -1)
	k.members.remove(m.id)
	if m.instance != nil {
		delete(k.statics, *m.instance)
	}
}
