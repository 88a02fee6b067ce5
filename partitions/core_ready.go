package partitions

import (
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// Ready is what the owner of the log has to do next, in the order of the fields. What is zero is not to be done.
type Ready struct {
	// Messages go to other members, at once: they say nothing that has to be durable first.
	Messages []*raftpb.Message
	// First is the index of the first of Frames. If the log reaches that far, it is cut behind First-1 before they are
	// appended.
	First  uint64
	Frames []wal.Frame
	// Sync says when the frames and HardState have to be durable.
	Sync Sync
	// HardState is to be kept, nil if it is as before.
	HardState *wal.HardState
	// Owner is whose log it is from now on, and has to be durable with HardState; nil if it is as before.
	Owner *wal.Owner
	// Roll seals the log's tail.
	Roll bool
	// State is to be saved as of StateIndex.
	StateIndex uint64
	State      []byte
	// DropBelow is the offset below which whole files are deleted.
	DropBelow int64
	// Moved, if not nil, are the raft ids of the voters: the group has the members that it was last assigned.
	Moved []uint64
	// Move is that Assign's.
	Move uint64
	// Recovered, if not nil, says that the group goes on without members that an unsafe recovery has banned.
	Recovered *Recovered
	// Lost: the group has a leader, and has to replace this replica.
	Lost bool
}

// Recovered is a group after an unsafe recovery: the raft ids of its voters, and of those who are banned.
type Recovered struct{ Voters, Banned []uint64 }

// Sync is the urgency of a sync.
type Sync uint8

const (
	// NoSync asks for nothing.
	NoSync Sync = iota
	// SyncNow asks for a sync that is reported by Durable. The n-th Ready that asks for one is reported as n.
	SyncNow
	// SyncLater asks for a sync within about a second, which is not reported.
	SyncLater
)

// syncs keeps raft's answers to appends until what they speak of is durable.
type syncs struct {
	asked, durable uint64 // counts of SyncNow; durable <= asked
	vote           uint64 // the sync that makes this replica's latest vote for itself durable; <= asked
	waiting        []release
}

// release is a set of answers, or of requests for votes, that may leave when the after-th sync is durable.
type release struct {
	after    uint64
	messages []*raftpb.Message
}

// HasReady reports whether there is something to do.
func (c *Core) HasReady() bool {
	return c.rn != nil && c.rn.HasReady() || len(c.outbox) > 0 || c.move.report || c.lost.report || c.upkeep.due()
}

// Ready returns what is to be done now. When it is done, but for the syncs, Written is to be called, before any other
// event. An error means that the replica can't go on and has to be recovered.
func (c *Core) Ready(now time.Time) (Ready, error) {
	var out Ready
	if c.rn != nil && c.rn.HasReady() {
		c.store.applying = true // raft reads entries here to have them applied, and elsewhere to send them
		rd := c.rn.Ready()
		c.store.applying = false
		if err := c.take(rd, &out, now); err != nil {
			return out, fmt.Errorf("partition %s of %s: %w", c.ID, c.Topic, err)
		}
	}
	out.Messages = append(out.Messages, c.outbox...)
	c.outbox = nil
	if c.move.report {
		c.move.report = false
		out.Moved, out.Move = slices.Clone(c.members.conf.Voters), c.move.number
	}
	c.tellRecovered(&out)
	out.Lost, c.lost.report = c.lost.report, false
	return out, c.keepUp(&out, now)
}

// take turns what raft wants done into ours.
func (c *Core) take(rd raft.Ready, out *Ready, now time.Time) error {
	var apply *raftpb.Message
	var candidacy []*raftpb.Message
	for _, m := range rd.Messages {
		switch to := m.GetTo(); {
		case to == raft.LocalAppendThread:
			if err := c.startAppend(m, out, now); err != nil {
				return err
			}
		case to == raft.LocalApplyThread:
			apply = m
		case m.GetType() == raftpb.MsgVote:
			candidacy = append(candidacy, m)
		default:
			out.Messages = append(out.Messages, c.outgoing(m))
		}
	}
	if len(candidacy) > 0 {
		// The others alone can elect a candidate. One whose disk is slow would lead, and after a crash could be elected once more in
		// the same term, with another log.
		c.syncs.waiting = append(c.syncs.waiting, release{c.syncs.asked, candidacy})
	}
	c.stamp(out.Messages, now)
	if !raft.IsEmptyHardState(rd.HardState) {
		if err := c.commitTo(rd.HardState.GetCommit(), now); err != nil {
			return err
		}
		c.enterTerm(rd.HardState.GetTerm())
	}
	if rd.SoftState != nil {
		c.turn(rd.SoftState, now)
	}
	if apply != nil {
		if err := c.apply(apply, now); err != nil {
			return err
		}
	}
	if c.transfer.to != 0 && c.role == msg.Follower && c.lead != raft.None && c.settled {
		c.endTransfer(now) // another leads, and can serve
	}
	return nil
}

// outgoing completes a message to another member: a heartbeat that asks to rest is answered by what came of it.
func (c *Core) outgoing(m *raftpb.Message) *raftpb.Message {
	if m.GetType() != raftpb.MsgHeartbeatResp || c.asleep {
		return m
	}
	if what, since, _ := pulseOf(m); what == rest {
		m.Context = awake.context(since)
	}
	return m
}

// startAppend makes frames of the entries to append, and keeps the answers until they are durable.
func (c *Core) startAppend(m *raftpb.Message, out *Ready, now time.Time) error {
	if entries := m.GetEntries(); len(entries) > 0 {
		c.wake(now)
		if err := c.frame(entries, out); err != nil {
			return err
		}
	}
	if m.Term != nil && (m.GetTerm() != c.term || m.GetVote() != c.vote) {
		c.vote = m.GetVote()
		out.HardState = &wal.HardState{Term: m.GetTerm(), Vote: m.GetVote(), Commit: m.GetCommit()}
	} else if changesMembers(m.GetEntries()) {
		// A change is proposed when the one before it is committed. Whoever acknowledges it must know so after a crash, too: with
		// the configuration of before both it could elect somebody whom the one of after both does not know.
		out.HardState = &wal.HardState{Term: c.term, Vote: c.vote, Commit: max(c.commit, m.GetCommit())}
	}
	c.sign(m, out)
	switch {
	case out.HardState != nil, len(out.Frames) > 0 && !c.Config.WriteCaching:
		out.Sync = SyncNow
		c.syncs.asked++
		if out.HardState != nil && c.vote == c.Self {
			c.syncs.vote = c.syncs.asked
		}
	case len(out.Frames) > 0:
		out.Sync = SyncLater
	}
	// What needs no sync of its own still waits for those before it: raft wants its answers in order.
	if len(m.GetResponses()) > 0 {
		c.syncs.waiting = append(c.syncs.waiting, release{c.syncs.asked, m.GetResponses()})
	}
	return nil
}

func changesMembers(entries []*raftpb.Entry) bool {
	return slices.ContainsFunc(entries, func(e *raftpb.Entry) bool { return e.GetType() != raftpb.EntryNormal })
}

func (c *Core) frame(entries []*raftpb.Entry, out *Ready) error {
	out.First = entries[0].GetIndex()
	next, err := c.offsetBehind(out.First - 1)
	if err != nil {
		return err
	}
	out.Frames = make([]wal.Frame, len(entries))
	for i, e := range entries {
		c.fill(e)
		out.Frames[i] = frameOf(e, next)
		next = out.Frames[i].NextOffset()
		c.store.ring.add(e, next)
	}
	c.last, c.next = entries[len(entries)-1].GetIndex(), next
	return nil
}

// fill puts the frame into an entry that was proposed without. Messages to other members hold the same entry, and are not
// on their way yet.
func (c *Core) fill(e *raftpb.Entry) {
	if len(e.GetData()) > 0 || e.GetType() != raftpb.EntryNormal {
		return
	}
	if f := c.flights.find(e.GetIndex()); f != nil && f.term == e.GetTerm() {
		e.Data = f.frame
	}
}

// Written is called when a Ready's frames are in the log, durable or not.
func (c *Core) Written() {
	for i, a := range c.unwritten {
		c.unwritten[i] = nil
		c.succeed(a)
	}
	c.unwritten = c.unwritten[:0]
	c.release()
}

// Durable reports that the first n syncs asked for with SyncNow are done.
func (c *Core) Durable(n uint64) {
	c.syncs.durable = max(c.syncs.durable, n)
	c.release()
}

// release gives the answers that nothing holds back any more.
func (c *Core) release() {
	n := 0
	for _, r := range c.syncs.waiting {
		if r.after > c.syncs.durable {
			break
		}
		for _, m := range r.messages {
			c.deliver(m)
		}
		n++
	}
	left := copy(c.syncs.waiting, c.syncs.waiting[n:])
	clear(c.syncs.waiting[left:])
	c.syncs.waiting = c.syncs.waiting[:left]
}

func (c *Core) deliver(m *raftpb.Message) {
	if m.GetTo() != c.Self {
		c.outbox = append(c.outbox, m)
		return
	}
	if err := c.rn.Step(m); err != nil {
		c.Logger.Debug().Err(err).Stringer("type", m.GetType()).Msg("raft did not take its own answer")
	}
}

// Step takes a message from another member, on the node from. What it carries was checked against its checksums; an error says
// what is wrong with it, and changes nothing.
func (c *Core) Step(m *raftpb.Message, from msg.NodeID, now time.Time) error {
	if c.damage != nil {
		c.overhear(m, now)
		return c.damage
	}
	for _, e := range m.GetEntries() {
		if err := checkEntry(e); err != nil {
			return fmt.Errorf("partition %s of %s: entry %d from member %d: %w", c.ID, c.Topic, e.GetIndex(), m.GetFrom(), err)
		}
	}
	// Raft does not look to whom a message is. A node that was wiped holds another replica than the one that is meant.
	if m.GetTo() != c.Self {
		return fmt.Errorf("partition %s of %s: %s from member %d is for member %d, and here is %d", c.ID, c.Topic, m.GetType(), m.GetFrom(), m.GetTo(), c.Self)
	}
	if c.members.banned(m.GetFrom()) {
		return fmt.Errorf("partition %s of %s: %s from member %d, which an unsafe recovery has left behind", c.ID, c.Topic, m.GetType(), m.GetFrom())
	}
	c.meet(m.GetFrom(), from)
	what, since, stamped := pulseOf(m)
	if m.GetType() == raftpb.MsgHeartbeatResp {
		m.Context = nil // raft would take it for its own
	}
	if m.GetFrom() == c.lead {
		c.unheard = 0
	}
	if err := c.rn.Step(m); err != nil {
		return fmt.Errorf("partition %s of %s: %s from member %d: %w", c.ID, c.Topic, m.GetType(), m.GetFrom(), err)
	}
	switch {
	case m.GetType() == raftpb.MsgHeartbeat && what == rest:
		c.restWith(m, now)
	case m.GetType() != raftpb.MsgHeartbeatResp || what == awake:
		c.wake(now)
	}
	c.hear(m, since, stamped, now)
	return nil
}

// checkEntry verifies that an entry from another member is a whole frame of its term.
func checkEntry(e *raftpb.Entry) error {
	if e.GetType() != raftpb.EntryNormal || len(e.GetData()) == 0 {
		return nil
	}
	f := wal.Frame(e.GetData())
	if err := f.Check(); err != nil {
		return err
	}
	if f.Term() != e.GetTerm() {
		return fmt.Errorf("its frame is of term %d, the entry of %d", f.Term(), e.GetTerm())
	}
	if k := f.Kind(); k != wal.KindRecords && k != wal.KindLogStart {
		return fmt.Errorf("its frame is of kind %v, which is no data", k)
	}
	return nil
}

// enterTerm leaves the terms before. A leader of one of them steps down by turn.
func (c *Core) enterTerm(term uint64) {
	if term > c.term {
		// A crash can have kept entries of a term and lost that the term had begun.
		c.term, c.settled = term, c.applied > 0 && c.appliedTerm == term
	}
}

// turn follows raft's role and leader.
func (c *Core) turn(s *raft.SoftState, now time.Time) {
	c.lead = s.Lead
	if s.RaftState == raft.StateLeader {
		c.role = msg.Leader
		c.move.changing = 0
		c.peers.lead(&c.members, c.Self)
		c.grant(now)
		return
	}
	if c.role == msg.Leader {
		c.stepDown()
	}
}

// stepDown stops leading. What is in flight may be committed by another leader, or be replaced.
func (c *Core) stepDown() {
	c.role, c.peers, c.synced = msg.Follower, nil, nil
	c.lease.end()
	c.ground(msg.Errorf(kerr.NotLeaderForPartition, "appending to partition %s of %s: this replica stopped leading before the batch was committed, so whether it will be is unknown; look up the leader and try again",
		c.ID, c.Topic))
}
