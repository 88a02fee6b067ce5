package partitions

import (
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/wal"
)

// A log belongs to one replica: whoever has voted and acknowledged by it. That is durable before it does either, and so is, under
// write.caching, that it acknowledges what is not: if the machine goes down, a log that was written so may lack what it has acknowledged,
// whatever the topic's configuration is by then.

// owning is what the log says of its replica.
type owning struct {
	owner  wal.Owner
	cached bool // something was acknowledged without a sync since the log was opened, or is about to be
}

// own begins with what the log says. All that it holds was made durable when it was opened.
func (c *Core) own() { c.owner, c.cached = c.Owner, c.Config.WriteCaching }

// ownership is what the log has to say.
func (c *Core) ownership() wal.Owner { return wal.Owner{Replica: c.Self, Cached: c.cached} }

// sign has the log say whose it is with the first thing that depends on it.
func (c *Core) sign(m *raftpb.Message, out *Ready) {
	c.cached = c.cached || c.Config.WriteCaching
	owner := c.ownership()
	if owner == c.owner || out.HardState == nil && len(out.Frames) == 0 {
		return
	}
	c.owner, out.Owner = owner, &owner
	if out.HardState == nil {
		out.HardState = &wal.HardState{Term: c.term, Vote: c.vote, Commit: max(c.commit, m.GetCommit())}
	}
}
