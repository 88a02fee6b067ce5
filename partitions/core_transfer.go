package partitions

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// transfer is leadership on its way to another member. Until it has arrived, or has not, nothing is proposed: what comes
// waits, so that whoever is refused is told the new leader.
type transfer struct {
	to    uint64 // raft id, 0: none under way
	ticks int    // since it began
	asked []*msg.Transfer
}

// transferTicks is how long a transfer may take. Raft gives it up after an election timeout.
const transferTicks = electionTicks + 2

// Transfer takes a request to hand over leadership.
func (c *Core) Transfer(t *msg.Transfer, now time.Time) {
	to, err := c.successor(t.To, now)
	if err != nil {
		c.answers = append(c.answers, answer{transfer: t, err: err})
		return
	}
	if c.transfer.to == 0 {
		c.handOver(to, now)
	}
	c.transfer.asked = append(c.transfer.asked, t)
}

// successor is the raft id of the member on a node that is to lead, or why there can't be one.
func (c *Core) successor(node msg.NodeID, now time.Time) (uint64, error) {
	if err := c.mayLead(-1, "transferring leadership"); err != nil {
		return 0, err
	}
	best := uint64(0)
	var most uint64
	for _, id := range c.members.conf.Voters {
		if at := c.members.node(id); id == c.Self && at == node {
			return 0, msg.Errorf(kerr.ElectionNotNeeded, "transferring leadership of partition %s of %s to node %d: it leads already", c.ID, c.Topic, node)
		} else if id == c.Self || !c.fresh(id, now) || node != msg.NoNode && at != node {
			continue
		}
		if p := c.peers.find(id); p != nil && (best == 0 || p.match > most) {
			best, most = id, p.match
		}
	}
	if best == 0 || c.transfer.to != 0 && c.transfer.to != best {
		return 0, msg.Errorf(kerr.PreferredLeaderNotAvailable, "transferring leadership of partition %s of %s to node %d: it has no replica there that is caught up, or leadership is on its way elsewhere; try again later",
			c.ID, c.Topic, node)
	}
	return best, nil
}

func (c *Core) handOver(to uint64, now time.Time) {
	c.wake(now)
	c.transfer = transfer{to: to}
	c.revoke(now)
	c.rn.TransferLeader(to)
}

// tickTransfer gives up a transfer that takes too long.
func (c *Core) tickTransfer(now time.Time) {
	if c.transfer.to == 0 {
		return
	}
	if c.transfer.ticks++; c.transfer.ticks > transferTicks {
		c.endTransfer(now)
	}
}

// endTransfer answers those who asked for the transfer. A replica that leads on begins its lease anew.
func (c *Core) endTransfer(now time.Time) {
	for _, t := range c.transfer.asked {
		var err error
		if c.lead != c.transfer.to {
			err = msg.Errorf(kerr.PreferredLeaderNotAvailable, "transferring leadership of partition %s of %s to node %d: it did not take it in time; try again later", c.ID, c.Topic, t.To)
		}
		c.answers = append(c.answers, answer{transfer: t, err: err})
	}
	c.transfer = transfer{}
	c.leaseFrom = now
}

// refuseTransfers answers those who asked for a transfer that will not be.
func (c *Core) refuseTransfers(err error) {
	for _, t := range c.transfer.asked {
		c.answers = append(c.answers, answer{transfer: t, err: err})
	}
	c.transfer = transfer{}
}
