package partitions

import (
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors"
)

// commitPause is how long a member may wait for news of a commit that no entries follow.
const commitPause = 5 * time.Millisecond

// heldCommits are the MsgApps without entries that a leader has not sent yet, one for each member at most. Raft makes one for every
// member with each step of the commit index, and each would be answered. Under load the next entries say the same and more, and
// only readers of followers wait for it: so it is held for a moment, and dropped if something newer goes first. Raft takes it for
// a message that is slow or lost.
type heldCommits struct {
	list []*raftpb.Message
	// due: a commitsDue is on its way.
	due bool
}

// commitsDue asks the actor to send what is held.
type commitsDue struct{}

func (commitsDue) Bytes() int { return 0 }

// holds reports whether a message is kept back. What was held for the same member before, and says less, is dropped.
func (h *heldCommits) holds(m *raftpb.Message) bool {
	t := m.GetType()
	if t != raftpb.MsgApp && t != raftpb.MsgSnap {
		return false
	}
	held := t == raftpb.MsgApp && len(m.GetEntries()) == 0
	for i, old := range h.list {
		if old.GetTo() != m.GetTo() {
			continue
		}
		if held {
			h.list[i] = m
			return true
		}
		last := len(h.list) - 1
		h.list[i], h.list[last] = h.list[last], nil
		h.list = h.list[:last]
		break
	}
	if held {
		h.list = append(h.list, m)
	}
	return held
}

// paceCommits sees to it that what is held is sent.
func (r *replica) paceCommits(c *actors.Context) {
	if len(r.commits.list) > 0 && !r.commits.due {
		r.commits.due = true
		c.After(commitPause, commitsDue{})
	}
}

// tellCommits sends what is held.
func (r *replica) tellCommits() {
	r.commits.due = false
	for i, m := range r.commits.list {
		r.commits.list[i] = nil
		r.host.o.Transport.Send(r.core.NodeOf(m.GetTo()), r.spec.ID, []*raftpb.Message{m})
	}
	r.commits.list = r.commits.list[:0]
}
