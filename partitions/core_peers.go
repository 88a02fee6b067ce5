package partitions

import (
	"slices"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// peer is what a leader knows of another member. It is forgotten when the leader's term ends.
type peer struct {
	id   uint64
	node msg.NodeID
	// match is the last entry that the member is known to have, end the offset behind entry endAt, the last one that was looked up.
	match, endAt uint64
	end          int64
	// heard is when the member last answered, caughtUp when it last had all that was committed.
	heard    time.Time
	caughtUp time.Time
	// mark was the commit index at markAt. When match has passed it, the member was caught up at markAt, as in Kafka: under
	// load a member is never seen with all that is committed now.
	mark   uint64
	markAt time.Time
	// acked is when the latest message that the member has answered was sent, in this term. It is what the lease stands on.
	acked time.Time
	// down: the link to the member's node is broken.
	down bool
}

// peers are the other members, by raft id. Followers keep none.
type peers []peer

func (p peers) find(id uint64) *peer {
	for i := range p {
		if p[i].id == id {
			return &p[i]
		}
	}
	return nil
}

// follow keeps what is known of those that are still members, and begins with the others.
func (p *peers) follow(m *membership, self uint64) {
	if *p == nil {
		return
	}
	old := *p
	*p = make(peers, 0, len(m.places))
	for _, at := range m.places {
		if at.RaftID == self {
			continue
		}
		if known := old.find(at.RaftID); known != nil {
			*p = append(*p, *known)
		} else {
			*p = append(*p, peer{id: at.RaftID, node: at.Node})
		}
	}
}

// lead begins to follow the other members, at the start of a leader's term.
func (p *peers) lead(m *membership, self uint64) {
	*p = peers{}
	p.follow(m, self)
}

// answered notes that a member answered at now, having everything up to match.
func (p *peer) answered(match, commit uint64, now time.Time) {
	p.heard, p.down = now, false
	p.match = max(p.match, match)
	switch {
	case p.match >= commit:
		p.caughtUp = now
	case p.match >= p.mark:
		p.caughtUp = p.markAt
	default:
		return
	}
	p.mark, p.markAt = commit, now
}

// hear takes from a member's answer what it says about the member.
func (c *Core) hear(m *raftpb.Message, since time.Duration, stamped bool, now time.Time) {
	if c.role != msg.Leader || m.GetTerm() != c.term {
		return
	}
	p := c.peers.find(m.GetFrom())
	if p == nil {
		return
	}
	switch m.GetType() {
	case raftpb.MsgAppResp:
		// It answers what was sent in this term, whenever that was.
		c.acknowledge(p, c.lease.base, now)
		if m.GetReject() {
			p.heard, p.down = now, false
			return
		}
		p.answered(m.GetIndex(), c.commit, now)
		if e, here := c.store.ring.at(p.match); here {
			p.end, p.endAt = e.next, p.match
		}
		c.trim()
	case raftpb.MsgHeartbeatResp:
		p.answered(0, c.commit, now)
		if stamped {
			c.acknowledge(p, c.lease.base.Add(since), now)
		}
	}
}

// inSync reports whether a member counts as caught up: itself at the leader, others for as long as the lag allows, and if
// their node is away only while they miss nothing.
func (c *Core) inSync(id uint64, now time.Time) bool {
	if c.role != msg.Leader {
		return false
	}
	if id == c.Self {
		return true
	}
	p := c.peers.find(id)
	if p == nil || p.caughtUp.IsZero() || p.down && p.match < c.last {
		return false
	}
	return c.asleep || now.Sub(p.caughtUp) <= inSyncLag
}

func (c *Core) countInSync(now time.Time) int {
	if c.only {
		return 1
	}
	n := 0
	for _, id := range c.members.conf.Voters {
		if c.inSync(id, now) {
			n++
		}
	}
	return n
}

// syncNodes are the nodes of the voters in sync. The list is shared, and made anew only when it changes.
func (c *Core) syncNodes(now time.Time) []msg.NodeID {
	n, same := 0, true
	for _, at := range c.members.places {
		if at.Learner || !c.inSync(at.RaftID, now) {
			continue
		}
		same = same && n < len(c.synced) && c.synced[n] == at.Node
		n++
	}
	if same && n == len(c.synced) {
		return c.synced
	}
	c.synced = nil
	for _, at := range c.members.places {
		if !at.Learner && c.inSync(at.RaftID, now) {
			c.synced = append(c.synced, at.Node)
		}
	}
	return c.synced
}

// MemberList lists the group's members, with their progress where this replica leads.
func (c *Core) MemberList(now time.Time) []msg.Member {
	out := make([]msg.Member, 0, len(c.members.places))
	for _, at := range c.members.places {
		m := msg.Member{Placed: at, LogEnd: -1}
		if p := c.peers.find(at.RaftID); p != nil {
			m.LogEnd, m.LastFetch, m.LastCaughtUp = c.endOf(p), p.heard, p.caughtUp
		} else if at.RaftID == c.Self {
			m.LogEnd = c.next
			if c.role == msg.Leader {
				m.LastFetch, m.LastCaughtUp = now, now
			}
		}
		out = append(out, m)
	}
	if c.rn != nil && c.role == msg.Leader {
		c.rn.WithProgress(func(id uint64, _ raft.ProgressType, pr tracker.Progress) {
			if i := slices.IndexFunc(out, func(m msg.Member) bool { return m.RaftID == id }); i >= 0 && id != c.Self {
				out[i].Doing = doing(pr)
			}
		})
	}
	return out
}

// doing says in a word what the leader does about a member.
func doing(pr tracker.Progress) string {
	switch pr.State {
	case tracker.StateProbe:
		return "probing"
	case tracker.StateSnapshot:
		return "snapshot"
	}
	if pr.MsgAppFlowPaused {
		return "paused"
	}
	return ""
}

// endOf is the offset behind what a member has. A member far behind is looked up in the log, once.
func (c *Core) endOf(p *peer) int64 {
	if p.match == 0 {
		return -1
	}
	if p.match == p.endAt {
		return p.end
	}
	if end, err := c.offsetBehind(p.match); err == nil {
		p.end, p.endAt = end, p.match
	}
	return p.end
}
