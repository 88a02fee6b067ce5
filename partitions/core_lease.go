package partitions

import (
	"encoding/binary"
	"slices"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// leaseTicks is how long a lease lasts. A follower's first tick may come right behind the message from which it counts, and
// one more is for clocks that don't go alike.
const leaseTicks = electionTicks - 2

// The context of a heartbeat, which the member sends back with its answer:
//
//	0  1  what is asked or answered: a pulse
//	1  8  when the heartbeat was sent, nanoseconds since the term began at the leader, big-endian
const pulseSize = 9

type pulse uint8

const (
	beat  pulse = iota // the usual heartbeat
	rest               // the group is to rest; sent back, the member rests
	awake              // sent back instead: the member does not
)

func (p pulse) context(since time.Duration) []byte {
	return binary.BigEndian.AppendUint64([]byte{byte(p)}, uint64(since))
}

// pulseOf reads the context of a heartbeat or of its answer. One without is a beat of an unknown time.
func pulseOf(m *raftpb.Message) (p pulse, since time.Duration, stamped bool) {
	ctx := m.GetContext()
	if len(ctx) != pulseSize {
		return beat, 0, false
	}
	return pulse(ctx[0]), time.Duration(binary.BigEndian.Uint64(ctx[1:])), true
}

// stamp puts the time into a round of heartbeats.
func (c *Core) stamp(messages []*raftpb.Message, now time.Time) {
	if c.lease == nil {
		return
	}
	var ctx []byte
	for _, m := range messages {
		if m.GetType() != raftpb.MsgHeartbeat {
			continue
		}
		if ctx == nil {
			ctx = beat.context(now.Sub(c.lease.base))
		}
		m.Context = ctx
	}
}

// grant begins a leader's term. There is no lease yet: nobody has heard of the leader.
func (c *Core) grant(now time.Time) {
	c.lease = &lease{base: now}
	c.leaseFrom = now
}

// revoke ends the lease until members have answered what is sent from now on. It is called before leadership is handed over:
// whoever gets it stands for election at once, and the others vote for it at once.
func (c *Core) revoke(now time.Time) {
	c.leaseFrom = now
	for i := range c.peers {
		c.peers[i].acked = time.Time{}
	}
	c.renew(now)
}

// acknowledge notes that a member has answered what was sent at a time.
func (c *Core) acknowledge(p *peer, sent, now time.Time) {
	if sent.Before(c.leaseFrom) || sent.After(now) || !sent.After(p.acked) {
		return
	}
	p.acked = sent
	c.renew(now)
}

// renew makes the lease last as long as the answers of a majority make it.
func (c *Core) renew(now time.Time) {
	if c.lease == nil || c.role != msg.Leader {
		return
	}
	if c.transfer.to != 0 {
		c.lease.until.Store(0)
		return
	}
	heard, ok := c.members.quorumTime(func(id uint64) time.Time {
		if id == c.Self {
			return now
		}
		if p := c.peers.find(id); p != nil {
			return p.acked
		}
		return time.Time{}
	})
	if !ok {
		c.lease.until.Store(0)
		return
	}
	c.lease.renew(heard.Add(leaseTicks * c.TickInterval))
}

// overdue reports that another replica may lead by now.
func (c *Core) overdue(now time.Time) bool {
	return !c.only && c.lease != nil && !now.Before(c.lease.Until())
}

// quorumTime is the latest time since which a majority of each set of voters has been heard, as at says for each of them; not
// ok if a majority never was.
func (m *membership) quorumTime(at func(id uint64) time.Time) (heard time.Time, ok bool) {
	ok = true
	m.quorums(func(voters []uint64) {
		times := make([]time.Time, 0, 8)
		for _, id := range voters {
			times = append(times, at(id))
		}
		slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
		t := times[len(times)/2]
		if t.IsZero() {
			ok = false
		} else if heard.IsZero() || t.Before(heard) {
			heard = t
		}
	})
	return heard, ok
}
