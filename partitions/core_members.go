package partitions

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// membership is a group's configuration and where its members live. Both change together, by committed entries only, and
// are saved together.
type membership struct {
	conf *raftpb.ConfState
	// places are the members of conf, each once, in the order in which they were asked for: the preferred leader first.
	places []msg.Placed
	// bans are the raft ids that an unsafe recovery has left behind. None of them is in conf.
	bans []uint64
	// nodes are those of places, each once, shared with every State.
	nodes []msg.NodeID
}

// founded is the configuration that a group starts with, the same at all of its replicas, whether they are in it or not.
func founded(founders []Voter) membership {
	m := membership{conf: &raftpb.ConfState{}}
	for _, f := range founders {
		m.conf.Voters = append(m.conf.Voters, f.RaftID)
		m.places = append(m.places, msg.Placed{Node: f.Node, RaftID: f.RaftID})
	}
	m.arrange(nil)
	return m
}

// arrange brings the places in line with conf. named says where members live that are not among them, and in which order
// the members stand.
func (m *membership) arrange(named []msg.Placed) {
	known := slices.Concat(named, m.places)
	m.places, m.nodes = nil, nil
	for _, p := range known {
		if !m.has(p.RaftID) || slices.ContainsFunc(m.places, func(q msg.Placed) bool { return q.RaftID == p.RaftID }) {
			continue
		}
		p.Learner = !m.votes(p.RaftID)
		m.places = append(m.places, p)
		if !slices.Contains(m.nodes, p.Node) {
			m.nodes = append(m.nodes, p.Node)
		}
	}
}

// has reports whether a raft id is a member.
func (m *membership) has(id uint64) bool {
	return m.votes(id) || slices.Contains(m.conf.Learners, id)
}

// votes reports whether a member's vote counts, in the configuration that comes or in the one that goes.
func (m *membership) votes(id uint64) bool {
	return slices.Contains(m.conf.Voters, id) || slices.Contains(m.conf.VotersOutgoing, id)
}

// joint reports that one configuration takes over from another, and both have a say.
func (m *membership) joint() bool { return len(m.conf.VotersOutgoing) > 0 }

// only reports whether self is a member and nobody else.
func (m *membership) only(self uint64) bool {
	c := m.conf
	return len(c.Voters) == 1 && c.Voters[0] == self && len(c.VotersOutgoing)+len(c.Learners)+len(c.LearnersNext) == 0
}

// node is the node of a member, or NoNode.
func (m *membership) node(id uint64) msg.NodeID {
	for _, p := range m.places {
		if p.RaftID == id {
			return p.Node
		}
	}
	return msg.NoNode
}

// place is a voter's position among the voters, from 0 on, -1 for others. It spreads what all of them would else do at once.
func (m *membership) place(id uint64) int { return slices.Index(m.conf.Voters, id) }

// quorums calls f with each set of voters of which a majority is needed: one, or two while the configuration is joint.
func (m *membership) quorums(f func(voters []uint64)) {
	f(m.conf.Voters)
	if m.joint() {
		f(m.conf.VotersOutgoing)
	}
}

// change is an entry that changes the members. Its context names the members as they are to be, as JSON, so that whoever
// applies it knows where each of them lives.
func change(to []msg.Placed, steps ...*raftpb.ConfChangeSingle) (*raftpb.ConfChangeV2, error) {
	context, err := json.Marshal(to)
	if err != nil {
		return nil, fmt.Errorf("encoding the members: %w", err)
	}
	return &raftpb.ConfChangeV2{Changes: steps, Context: context}, nil
}

// mostCallers is more than send something to a replica that does not know them yet: its leader, and who stands for election.
const mostCallers = 8

// meet remembers where a sender lives that is not known as a member. A replica that replays the log of a group that has moved
// answers members that it has not come to yet.
func (c *Core) meet(id uint64, node msg.NodeID) {
	if c.NodeOf(id) == node {
		return
	}
	if len(c.callers) == mostCallers {
		c.callers = slices.Delete(c.callers, 0, 1)
	}
	c.callers = append(c.callers, msg.Placed{Node: node, RaftID: id})
}

// applyMembers takes a committed change of members into the configuration.
func (c *Core) applyMembers(e *raftpb.Entry, now time.Time) error {
	change := &raftpb.ConfChangeV2{}
	if err := proto.Unmarshal(e.GetData(), change); err != nil {
		return fmt.Errorf("decoding a change of members: %w", err)
	}
	var named []msg.Placed
	if len(change.GetContext()) > 0 {
		if err := json.Unmarshal(change.GetContext(), &named); err != nil {
			return fmt.Errorf("decoding where members live: %w", err)
		}
	}
	if change.GetTransition() == raftpb.ConfChangeTransitionJointExplicit && len(named) == 1 {
		c.force(named[0].RaftID)
	} else {
		c.members.conf = c.rn.ApplyConfChange(change)
	}
	c.members.arrange(named)
	c.move.change, c.move.spread = e.GetIndex(), time.Time{}
	c.regroup(now)
	c.upkeep.saveNow = true
	return nil
}

// regroup follows a change of the configuration.
func (c *Core) regroup(now time.Time) {
	c.move.done = false
	if c.transfer.to != 0 && c.members.place(c.transfer.to) < 0 {
		c.endTransfer(now) // raft gives it up, too
	}
	was := c.only
	c.only = c.members.only(c.Self)
	if c.only && !was {
		// Messages with entries up to here may still be on their way to members that have left.
		c.alone = c.last + 1
	}
	c.peers.follow(&c.members, c.Self)
}

// ProposeMembers proposes a change of the group's members. Its outcome shows in Members.
func (c *Core) ProposeMembers(change *raftpb.ConfChangeV2) error {
	if err := c.mayLead(-1, "proposing members"); err != nil {
		return err
	}
	if err := c.rn.ProposeConfChange(change); err != nil {
		return fmt.Errorf("proposing members of partition %s of %s: %w", c.ID, c.Topic, err)
	}
	c.last++
	c.move.changing = c.last
	return nil
}
