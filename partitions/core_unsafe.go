package partitions

import (
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// A group whose majority is lost for good elects nobody, and only an operator can say that it is lost. The replica that is to go on
// then writes, with nobody's consent, an entry behind all that it has: from there on it is the only voter. It takes everything before
// that entry as committed. The entry is a change of members with the explicit transition, which no other change has, and
// names the survivor in its context; every replica that later replays the log comes to the same members by it.
//
// Nobody of the old members may come back: together they could have elected another leader meanwhile. They are banned: what they
// send is not heard, and they are not taken in again. Raft ids are issued once, so whoever comes in their place has another.

// tellRecovered has a leader say, once in its term, who was left behind.
func (c *Core) tellRecovered(out *Ready) {
	if len(c.members.bans) > 0 && c.bansTold != c.term && c.Leads() {
		c.bansTold = c.term
		out.Recovered = &Recovered{Voters: slices.Clone(c.members.conf.Voters), Banned: slices.Clone(c.members.bans)}
	}
}

// RecoverUnsafe returns what to write, and to sync, so that this replica is the only voter when it is opened again.
// A replica that has stood aside takes part again.
func (c *Core) RecoverUnsafe(now time.Time) (Ready, error) {
	switch {
	case c.damage != nil && !c.lost.is:
		return Ready{}, c.damage
	case c.lost.led(now, c.TickInterval):
		return Ready{}, msg.Errorf(kerr.ElectionNotNeeded, "making this replica the only voter of partition %s of %s: the others have a leader, and this one is being replaced; it needs no recovery", c.ID, c.Topic)
	case c.lead != raft.None:
		return Ready{}, msg.Errorf(kerr.ElectionNotNeeded, "making this replica the only voter of partition %s of %s: node %d leads it; it needs no recovery", c.ID, c.Topic, c.NodeOf(c.lead))
	case !c.members.has(c.Self):
		return Ready{}, msg.Errorf(kerr.InvalidRequest, "making this replica the only voter of partition %s of %s: it is not a member of its group; choose one that is", c.ID, c.Topic)
	}
	survivor := []msg.Placed{{Node: c.members.node(c.Self), RaftID: c.Self}}
	forced, err := change(survivor, single(raftpb.ConfChangeAddNode, c.Self))
	if err != nil {
		return Ready{}, err
	}
	forced.Transition = raftpb.ConfChangeTransitionJointExplicit.Enum()
	data, err := proto.Marshal(forced)
	if err != nil {
		return Ready{}, fmt.Errorf("encoding the survivor: %w", err)
	}
	e := &raftpb.Entry{Type: raftpb.EntryConfChangeV2.Enum(), Index: new(c.last + 1), Term: new(c.term + 1), Data: data}
	c.Logger.Warn().Uint64("survivor", c.Self).Any("banned", c.members.places).Uint64("behind", c.last).Uint64("committed", c.commit).
		Msg("an operator makes this replica the only voter of its group; what the other members had and this one has not is lost")
	c.cached = c.Config.WriteCaching
	owner := c.ownership()
	return Ready{
		Owner: &owner,
		First: c.last + 1, Frames: []wal.Frame{frameOf(e, c.next)},
		HardState: &wal.HardState{Term: c.term + 1, Vote: c.Self, Commit: c.last + 1},
	}, nil
}

// force makes the survivor of an unsafe recovery the only member, and bans the others.
func (c *Core) force(survivor uint64) {
	if c.members.joint() {
		c.members.conf = c.rn.ApplyConfChange(&raftpb.ConfChangeV2{})
	}
	steps := []*raftpb.ConfChangeSingle{single(raftpb.ConfChangeAddNode, survivor)}
	for _, p := range c.members.places {
		if p.RaftID == survivor {
			continue
		}
		steps = append(steps, single(raftpb.ConfChangeRemoveNode, p.RaftID))
		if !c.members.banned(p.RaftID) {
			c.members.bans = append(c.members.bans, p.RaftID)
		}
	}
	c.rn.ApplyConfChange(&raftpb.ConfChangeV2{Transition: raftpb.ConfChangeTransitionJointExplicit.Enum(), Changes: steps})
	c.members.conf = c.rn.ApplyConfChange(&raftpb.ConfChangeV2{})
}

// banned reports whether a raft id was left behind by an unsafe recovery.
func (m *membership) banned(id uint64) bool { return slices.Contains(m.bans, id) }
