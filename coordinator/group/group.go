package group

import (
	"cmp"
	"slices"
	"time"
)

// group is one group: its members, by one protocol or the other, and the offsets that it has committed.
//
// It always holds that exactly one of classic and consumer is set.
type group struct {
	id       string
	classic  *classic
	consumer *consumer
	offsets  offsets
	journal  journal
	// alarm is when the core will look at the group's deadlines, not later than the first of them; zero: there are none.
	alarm time.Time
}

// The types of groups, as ListGroups names them.
const (
	typeClassic  = "classic"
	typeConsumer = "consumer"
)

func (g *group) kind() string {
	if g.consumer != nil {
		return typeConsumer
	}
	return typeClassic
}

// empty reports that the group has no members, so that it may be deleted.
func (g *group) empty() bool {
	if g.consumer != nil {
		return len(g.consumer.members.list) == 0
	}
	return g.classic.state == empty
}

// unused reports that nothing would be lost if the group were forgotten.
func (g *group) unused() bool {
	return g.classic != nil && g.classic.state == empty && !g.classic.written && len(g.classic.pending) == 0 && len(g.offsets) == 0
}

// deadline is the first moment at which something is due in the group; zero: nothing ever is.
func (g *group) deadline() time.Time {
	if g.consumer != nil {
		return g.consumer.deadline()
	}
	return g.classic.deadline()
}

// generation is the group's generation, or its epoch.
func (g *group) generation() int32 {
	if g.consumer != nil {
		return g.consumer.epoch
	}
	return g.classic.generation
}

// find is a group that exists.
func (c *core) find(id string) (*group, bool) {
	g, ok := c.groups[id]
	return g, ok
}

// classicGroup finds a group to speak the classic protocol with.
func (c *core) classicGroup(id string) *group {
	if g, ok := c.groups[id]; ok && g.classic != nil {
		return g
	}
	return nil
}

// create makes a group without members or offsets. It is not in the log before something is written about it.
func (c *core) create(id string) *group {
	g := &group{id: id, classic: &classic{state: empty, since: c.now}, offsets: offsets{}}
	c.groups[id] = g
	return g
}

// forget takes a group out, and writes that everything about it is gone.
func (c *core) forget(g *group) {
	for _, at := range g.offsets.places(nil) {
		c.write(offsetTombstone(g.id, at))
	}
	c.forgetMembers(g)
	delete(c.groups, g.id)
}

// forgetMembers writes that what the log holds of a group's members is gone.
func (c *core) forgetMembers(g *group) {
	if g.consumer != nil {
		c.forgetConsumer(g)
		return
	}
	if g.classic.written {
		c.write(classicTombstone(g.id))
		g.classic.written = false
	}
}

// sorted lists the groups by id.
func (c *core) sorted() []*group {
	all := make([]*group, 0, len(c.groups))
	for _, g := range c.groups {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b *group) int { return cmp.Compare(a.id, b.id) })
	return all
}

// roster lists members in the order in which they came.
type roster[M any] struct {
	list []*M
	byID map[string]*M
}

func (r *roster[M]) get(id string) *M { return r.byID[id] }

func (r *roster[M]) add(id string, m *M) {
	if r.byID == nil {
		r.byID = map[string]*M{}
	}
	r.byID[id] = m
	r.list = append(r.list, m)
}

func (r *roster[M]) remove(id string) {
	m, ok := r.byID[id]
	if !ok {
		return
	}
	delete(r.byID, id)
	at := slices.Index(r.list, m)
	r.list = slices.Delete(r.list, at, at+1)
}

// rename gives a member another id, in its old place.
func (r *roster[M]) rename(from, to string) {
	m := r.byID[from]
	delete(r.byID, from)
	r.byID[to] = m
}
