package partitions

import (
	"math"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// An idle group rests: its members have no clock, send nothing, and cost nothing. Its leader tells them so with a last
// heartbeat, when all whose nodes are there have all that it has. Meanwhile the pings between nodes stand in:
//
//	a link to the leader's node breaks      its members forget the leader, and stand for election (Core.PeerDown)
//	a link to a member's node breaks        the leader wakes, and rests again without the member
//	anything else happens to a member       it wakes, and if it does not hear its leader soon, it wakes the leader
//
// so that a member that could vote for another has woken its leader before, or the leader's pings are no longer answered.
type resting struct {
	asleep bool
	idle   int // ticks that the leader had nothing to do
	// unheard are the ticks since a follower heard its leader.
	unheard int
}

const (
	restTicks   = 10 // idle for that long a group rests
	silentTicks = 3  // a leader that is there has been heard by then, and so has a member
)

// Ticking reports whether the replica needs Ticks. A leader without other members does not.
func (c *Core) Ticking() bool {
	return c.damage == nil && !c.asleep && !(c.only && c.role == msg.Leader)
}

// tickRest counts idle ticks.
func (c *Core) tickRest(now time.Time) {
	if c.role == msg.Leader {
		if c.idle++; !c.restful(now) {
			c.idle = 0
		} else if c.idle >= restTicks {
			c.rest(now)
		}
		return
	}
	if c.unheard++; c.unheard >= silentTicks && c.lead != raft.None {
		c.outbox = append(c.outbox, c.pulse(raftpb.MsgHeartbeatResp, c.lead, awake, 0))
	}
}

// restful reports whether a leader has nothing to do, and all members that are there have everything.
func (c *Core) restful(now time.Time) bool {
	if c.Echo == nil || !c.Leads() || c.Busy() || c.transfer.to != 0 || c.members.joint() ||
		c.move.wanted != nil && !c.move.done || c.applied != c.last {
		return false
	}
	for i := range c.peers {
		if p := &c.peers[i]; !p.down && (p.match != c.last || now.Sub(p.heard) > silentTicks*c.TickInterval) {
			return false
		}
	}
	_, enough := c.members.quorumTime(func(id uint64) time.Time {
		if p := c.peers.find(id); p != nil && p.down {
			return time.Time{}
		}
		return now
	})
	return enough
}

// rest tells the members to rest, and rests. One whose node is away is no longer in sync: there will be no clock to tell how
// long it has been away.
func (c *Core) rest(now time.Time) {
	for i := range c.peers {
		if p := &c.peers[i]; p.down {
			p.caughtUp = time.Time{}
		} else {
			c.outbox = append(c.outbox, c.pulse(raftpb.MsgHeartbeat, p.id, rest, now.Sub(c.lease.base)))
		}
	}
	c.asleep, c.idle = true, 0
	members, base, self, echo := c.members, c.lease.base, c.Self, c.Echo
	lasts := leaseTicks * c.TickInterval
	until := func() time.Time {
		heard, ok := members.quorumTime(func(id uint64) time.Time {
			if id == self {
				return base.Add(math.MaxInt64 / 2)
			}
			return echo(members.node(id))
		})
		if !ok {
			return base
		}
		return heard.Add(lasts)
	}
	c.lease.resting.Store(&until)
}

// pulse is a heartbeat, or the answer to one, that raft does not know of.
func (c *Core) pulse(what raftpb.MessageType, to uint64, p pulse, since time.Duration) *raftpb.Message {
	return &raftpb.Message{
		Type: what.Enum(), To: new(to), From: new(c.Self), Term: new(c.term), Commit: new(c.commit), Context: p.context(since),
	}
}

// restWith lets a follower rest if it has all that its leader has.
func (c *Core) restWith(m *raftpb.Message, now time.Time) {
	if c.role == msg.Follower && m.GetTerm() == c.term && m.GetFrom() == c.lead && m.GetCommit() == c.last && !c.Busy() {
		c.asleep = true
		return
	}
	c.wake(now)
}

// wake ends the rest.
func (c *Core) wake(now time.Time) {
	c.idle = 0
	if !c.asleep {
		return
	}
	c.asleep, c.unheard = false, silentTicks
	if c.role != msg.Leader {
		return
	}
	c.lease.resting.Store(nil)
	for i := range c.peers {
		p := &c.peers[i]
		if p.down {
			continue
		}
		// It had everything when the rest began, and nothing has come since.
		p.heard = c.Echo(p.node)
		if !p.caughtUp.IsZero() {
			p.caughtUp = now
		}
		c.acknowledge(p, p.heard, now)
	}
	c.renew(now)
}
