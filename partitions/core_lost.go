package partitions

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Raft does not survive a member that forgets. One whose machine went down while it acknowledged from the page cache may lack what it
// has acknowledged, and together with another such one could elect a leader that lacks it, too. So it takes no part in its group any
// more: it neither votes nor acknowledges. What becomes of it the others decide:
//
//	they have a leader     that has all that was acknowledged. The replica hears it, and is replaced by one with another raft id,
//	                       which begins with nothing and has never acknowledged anything
//	they have none         the partition is down; an operator can choose a replica to go on with, this one or another (core_unsafe.go)
//
// A replica that is alone in its group has acknowledged to nobody else, and goes on with what it has.

// lost is what a replica that stands aside knows of its group.
type lost struct {
	is bool
	// heard is when a leader was heard last, told when it was last reported, report that it is to be.
	heard, told time.Time
	report      bool
}

// tellLost is how often a replica asks to be replaced.
const tellLost = time.Second

// standAside makes the core one of a log that may lack what was acknowledged by it. It reports whether it did.
func (c *Core) standAside() bool {
	later := c.Owner.Replica > c.Self
	if !later && !c.Owner.Forgot {
		return false
	}
	if c.only && !later {
		c.Logger.Warn().Uint64("entries", c.last).Int64("next_offset", c.next).
			Msg("the machine went down while records were acknowledged from its page cache (write.caching): the last of them may be missing; this replica is alone and goes on with what it has")
		return false
	}
	why := "the machine went down while this replica acknowledged from the page cache (write.caching), so that it may lack what it has acknowledged"
	if later {
		why = fmt.Sprintf("the log here is that of a later replica, %d", c.Owner.Replica)
	}
	c.damage = msg.Errorf(kerr.KafkaStorageError, "partition %s of %s: %s: it gives up its vote, and comes back as a new replica when the others have a leader; "+
		"if too few others are left for that, `troupe partition recover` goes on with the one that you choose", c.ID, c.Topic, why)
	c.lost.is = true
	c.showCommitted()
	return true
}

// Lost reports whether the replica stands aside and is to be replaced.
func (c *Core) Lost() bool { return c.lost.is }

// overhear notes that the group of a replica that stands aside has a leader.
func (c *Core) overhear(m *raftpb.Message, now time.Time) {
	if !c.lost.is || m.GetTo() != c.Self || m.GetTerm() < c.term {
		return
	}
	switch m.GetType() {
	case raftpb.MsgHeartbeat, raftpb.MsgApp, raftpb.MsgSnap:
		c.lost.heard = now
		if now.Sub(c.lost.told) >= tellLost {
			c.lost.told, c.lost.report = now, true
		}
	}
}

// led reports whether a leader was heard while the replica stood aside, not long ago.
func (l *lost) led(now time.Time, tick time.Duration) bool {
	return !l.heard.IsZero() && now.Sub(l.heard) <= 2*electionTicks*tick
}
