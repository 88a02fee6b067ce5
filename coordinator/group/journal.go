package group

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// journalSize is how many events a group remembers.
const journalSize = 64

// What the journal says has happened.
const (
	memberJoined    = "joined"
	memberRejoined  = "rejoined"
	memberReplaced  = "replaced"
	memberLeft      = "left"
	memberExpired   = "expired"
	memberLate      = "late"
	rebalanceBegan  = "rebalance"
	generationBegan = "generation"
	groupStable     = "stable"
	groupEmpty      = "empty"
	targetComputed  = "target"
	protocolChanged = "protocol"
)

// journal is the last things that happened to a group and why, so that a rebalance can be explained. It is not in the log: a
// coordinator that takes over begins a new one.
type journal struct {
	events []msg.GroupEvent // a ring once it is full
	next   int
}

func (j *journal) add(e msg.GroupEvent) {
	if len(j.events) < journalSize {
		j.events = append(j.events, e)
		return
	}
	j.events[j.next] = e
	j.next = (j.next + 1) % journalSize
}

// all lists the events, the oldest first.
func (j *journal) all() []msg.GroupEvent {
	return append(append([]msg.GroupEvent{}, j.events[j.next:]...), j.events[:j.next]...)
}

// note remembers an event of a group.
func (c *core) note(g *group, what, member string, took time.Duration, why string) {
	g.journal.add(msg.GroupEvent{At: c.now, What: what, Member: member, Generation: g.generation(), Took: took, Why: why})
}

// explain answers what a group's journal holds.
func (c *core) explain(q *msg.ExplainGroup) error {
	g, ok := c.find(q.Group)
	if !ok {
		return msg.Errorf(kerr.GroupIDNotFound, "Group %s not found.", q.Group)
	}
	q.Events = g.journal.all()
	return nil
}
