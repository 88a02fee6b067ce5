package partitions

import (
	"slices"
	"time"

	"go.etcd.io/raft/v3"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// The members of a group whose leader is gone stand for election one after the other, in the order of the voters, so that
// the first one has won before the next one stands.
const (
	standFirst = 5 * time.Millisecond  // what the broken link needs to be known to the others
	standNext  = 30 * time.Millisecond // between two members
	standAgain = 100 * time.Millisecond
	standTries = 10
)

// PeerDown takes the news that the link to a node is broken. It returns after how long this replica is to Stand, 0 if it is
// not to: the group's leader was there.
func (c *Core) PeerDown(node msg.NodeID, now time.Time) time.Duration {
	if c.damage != nil {
		return 0
	}
	if c.role == msg.Leader {
		c.lose(node, now)
		return 0
	}
	if c.lead == raft.None || c.NodeOf(c.lead) != node {
		return 0
	}
	c.wake(now)
	// Else the lease that a leader has with its followers makes them ignore each other's candidacies.
	if err := c.rn.ForgetLeader(); err != nil {
		c.Logger.Debug().Err(err).Msg("a leader that is gone could not be forgotten")
	}
	return c.turnToStand()
}

// PeerUp takes the news that there is a link to a node again. It returns after how long this replica is to Stand, 0 if it is
// not to: it knows no leader, and the node may hold the member that was missing.
func (c *Core) PeerUp(node msg.NodeID, now time.Time) time.Duration {
	if c.role == msg.Leader && slices.Contains(c.members.nodes, node) {
		c.wake(now)
	}
	if c.damage != nil || c.role == msg.Leader || c.lead != raft.None {
		return 0
	}
	return c.turnToStand()
}

// turnToStand is this voter's turn, 0 if it has no vote.
func (c *Core) turnToStand() time.Duration {
	place := c.members.place(c.Self)
	if place < 0 {
		return 0
	}
	return standFirst + time.Duration(place)*standNext
}

// Stand makes the replica stand for election if no leader is known. It reports whether it did.
func (c *Core) Stand() bool {
	if c.damage != nil || c.lead != raft.None || c.members.place(c.Self) < 0 {
		return false
	}
	if c.voting() {
		return true
	}
	if err := c.rn.Campaign(); err != nil {
		c.Logger.Debug().Err(err).Msg("the replica can't stand for election")
	}
	return true
}

// voting reports that this replica stands for election, and waits for its own vote to be durable. To stand once more, in another
// term, would take a disk that is slow only longer.
func (c *Core) voting() bool { return c.lead == raft.None && c.syncs.durable < c.syncs.vote }

// lose notes at the leader that the link to a node is broken: what the members there said last holds no longer.
func (c *Core) lose(node msg.NodeID, now time.Time) {
	for i := range c.peers {
		if p := &c.peers[i]; p.node == node {
			c.wake(now)
			p.down, p.acked = true, time.Time{}
			c.rn.ReportUnreachable(p.id)
		}
	}
	c.renew(now)
}
