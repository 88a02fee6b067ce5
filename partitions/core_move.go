package partitions

import (
	"slices"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// move is what the group's members are to be. Every replica is told; the one that leads acts.
type move struct {
	// wanted is nil until somebody asks. It has a voter, and no raft id twice.
	wanted []msg.Placed
	// number is the Assign's.
	number uint64
	// change is the index of the change applied last; spread is when a majority was known to have it.
	change uint64
	spread time.Time
	// changing is the index of the change proposed last. Until that is applied there is no other.
	changing uint64
	// done: the group has the members that were asked for. report: and that is still to be told.
	done, report bool
	// stuck counts ticks in which a joint configuration was not left.
	stuck int
}

// freshly is how recently a member must have been caught up to be given a vote or the leadership.
const freshly = 2 * time.Second

// Assign takes what the group's members are to be. Asked again it reports again, if they are.
func (c *Core) Assign(a *msg.Assign, now time.Time) {
	why := unfit(a.Members)
	if slices.ContainsFunc(a.Members, func(p msg.Placed) bool { return c.members.banned(p.RaftID) }) {
		why = "an unsafe recovery has left one of them behind; it can only come back under another raft id"
	}
	if why != "" {
		c.Logger.Error().Str("why", why).Msg("members that can't be were assigned; the group stays as it is")
		return
	}
	c.move.wanted, c.move.number, c.move.done = a.Members, a.Move, false
	c.pursue(now)
}

// unfit says why members can't be those of a group; "" if they can.
func unfit(members []msg.Placed) string {
	voters := 0
	seen := map[uint64]bool{}
	for _, p := range members {
		if p.RaftID == 0 || seen[p.RaftID] {
			return "a raft id is zero or named twice"
		}
		seen[p.RaftID] = true
		if !p.Learner {
			voters++
		}
	}
	if voters == 0 {
		return "nobody would vote"
	}
	return ""
}

// pursue takes the next step towards the members that are wanted, if this replica leads and the last step is done.
func (c *Core) pursue(now time.Time) {
	if c.move.wanted == nil || !c.Leads() || c.move.done || c.applied < c.move.changing || c.transfer.to != 0 {
		return
	}
	if c.members.joint() {
		c.leaveJoint()
		return
	}
	c.move.stuck = 0
	next := plan(&c.members, c.move.wanted, c.Self, func(id uint64) bool { return c.fresh(id, now) })
	switch {
	case next.done:
		if c.spread(now) {
			c.move.done, c.move.report = true, true
		}
	case next.leader != 0:
		c.handOver(next.leader, now)
	case next.steps != nil:
		c.proposeStep(next)
	}
}

// spread reports whether the members know that the change applied last is committed: they have the entry, and have answered what was
// sent after that was known. Members that don't know it still count with the old configuration. Were the move reported before, and
// this leader lost, they could not go on without those that have left. A member that is away is not waited for, but a majority is: it
// may lack entries that others have, and then could not lead them.
func (c *Core) spread(now time.Time) bool {
	told, ok := c.members.quorumTime(func(id uint64) time.Time { return c.told(id, now) })
	switch {
	case c.only:
		return true
	case !ok:
		return false
	case c.move.spread.IsZero():
		c.move.spread = now
		return false
	}
	for i := range c.peers {
		if p := &c.peers[i]; !p.down && c.members.votes(p.id) && now.Sub(p.heard) <= freshly && !c.told(p.id, now).After(c.move.spread) {
			return false
		}
	}
	return told.After(c.move.spread)
}

// told is when what a member has answered was sent to it, zero if it does not have the change applied last.
func (c *Core) told(id uint64, now time.Time) time.Time {
	if id == c.Self {
		return now
	}
	if p := c.peers.find(id); p != nil && p.match >= c.move.change {
		return p.acked
	}
	return time.Time{}
}

// fresh reports whether a member has, within the last moments, had all that was committed.
func (c *Core) fresh(id uint64, now time.Time) bool {
	if id == c.Self {
		return true
	}
	p := c.peers.find(id)
	return p != nil && !p.down && !p.caughtUp.IsZero() && (c.asleep || now.Sub(p.caughtUp) <= freshly)
}

// leaveJoint leaves a joint configuration that raft has not left by itself, as when leadership was to move just then.
func (c *Core) leaveJoint() {
	if c.move.stuck++; c.move.stuck < heartbeatTicks+1 {
		return
	}
	c.move.stuck = 0
	c.tryMembers(&raftpb.ConfChangeV2{})
}

func (c *Core) proposeStep(next step) {
	change, err := change(next.to, next.steps...)
	if err != nil {
		c.Logger.Error().Err(err).Msg("a change of members could not be proposed")
		return
	}
	c.Logger.Info().Any("members", next.to).Msg("changing the group's members")
	c.tryMembers(change)
}

func (c *Core) tryMembers(change *raftpb.ConfChangeV2) {
	if err := c.ProposeMembers(change); err != nil {
		c.Logger.Debug().Err(err).Msg("a change of members waits for a leader")
	}
}

// step is the next thing to do towards the members wanted; the zero step is to wait.
type step struct {
	done   bool
	leader uint64 // who is to lead first
	steps  []*raftpb.ConfChangeSingle
	to     []msg.Placed // the members behind steps
}

// plan decides what leads from the members m to those wanted. The replica self leads; fresh says who is caught up.
//
//	who is missing        learns
//	all of them learn     wait until the future voters are caught up, and a majority of what will be is
//	the leader must go    it hands over to a member that stays; if none stays it goes last, behind one more change
//	else                  one change to exactly the members wanted
func plan(m *membership, wanted []msg.Placed, self uint64, fresh func(uint64) bool) step {
	if missing := absent(m, wanted); len(missing) > 0 {
		return learn(m, missing)
	}
	var steps []*raftpb.ConfChangeSingle
	voters, ready, successor, stays := 0, 0, uint64(0), false
	for _, p := range wanted {
		if p.Learner {
			continue
		}
		voters++
		is := m.votes(p.RaftID)
		stays = stays || is
		switch {
		case fresh(p.RaftID):
			ready++
			if is && successor == 0 {
				successor = p.RaftID
			}
		case !is:
			return step{}
		}
		if !is {
			steps = append(steps, single(raftpb.ConfChangeAddNode, p.RaftID))
		}
	}
	if ready <= voters/2 {
		return step{}
	}
	to := wanted
	leaves := !slices.ContainsFunc(wanted, func(p msg.Placed) bool { return p.RaftID == self && !p.Learner })
	if leaves && stays {
		return step{leader: successor}
	}
	for _, p := range m.places {
		i := slices.IndexFunc(wanted, func(w msg.Placed) bool { return w.RaftID == p.RaftID })
		switch {
		case leaves && p.RaftID == self:
			to = append(slices.Clone(wanted), p)
		case i < 0:
			steps = append(steps, single(raftpb.ConfChangeRemoveNode, p.RaftID))
		case wanted[i].Learner && !p.Learner:
			steps = append(steps, single(raftpb.ConfChangeAddLearnerNode, p.RaftID))
		}
	}
	return step{done: len(steps) == 0, steps: steps, to: to}
}

// absent are those wanted that are not members yet.
func absent(m *membership, wanted []msg.Placed) []msg.Placed {
	var out []msg.Placed
	for _, p := range wanted {
		if !m.has(p.RaftID) {
			p.Learner = true
			out = append(out, p)
		}
	}
	return out
}

// learn is the step that takes in new members without a vote.
func learn(m *membership, missing []msg.Placed) step {
	s := step{to: slices.Concat(m.places, missing)}
	for _, p := range missing {
		s.steps = append(s.steps, single(raftpb.ConfChangeAddLearnerNode, p.RaftID))
	}
	return s
}

func single(what raftpb.ConfChangeType, id uint64) *raftpb.ConfChangeSingle {
	return &raftpb.ConfChangeSingle{Type: what.Enum(), NodeId: new(id)}
}
