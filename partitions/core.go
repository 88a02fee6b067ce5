package partitions

import (
	"fmt"
	"math"
	"time"

	"github.com/rs/zerolog"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// CoreConfig is what a Core is made of.
type CoreConfig struct {
	Spec
	Log History
	// Owner is whose log it is, as far as that is known.
	Owner wal.Owner
	// Room says whether a producer may add n bytes to the disk; nil is always.
	Room func(n int) error
	// Frames is where frames get their memory; nil is the heap.
	Frames Frames
	// Snapshots offers the log up to the last entry applied to a member, or says raft.ErrSnapshotTemporarilyUnavailable; nil where
	// there are no files to send.
	Snapshots func() (*raftpb.Snapshot, error)
	// Echo is Transport.Echo. Without it a group does not rest.
	Echo func(node msg.NodeID) time.Time
	// TickInterval is how often Tick is called, 0 for 100 ms.
	TickInterval time.Duration
	// ProducerExpiry is producer.id.expiration.ms, 0 for Kafka's default of a day.
	ProducerExpiry time.Duration
	Logger         zerolog.Logger
}

// Limits of one partition.
const (
	frameTarget   = 1 << 20  // bytes of batches that one frame gathers, unless one request alone is larger
	flightTarget  = 16 << 20 // bytes proposed and not yet committed, from which on requests wait
	ringTarget    = 2 << 20  // bytes of applied entries that are kept for members a little behind
	mostProducers = 100_000  // producers known at a time, about 240 bytes each

	// The state is saved after saveEvery bytes of applied frames, and after saveLeast if that takes longer than savePause: this
	// is what recovery replays at most, and how much of the disk's time the saving takes at most.
	saveEvery = 16 << 20
	saveLeast = 256 << 10
	savePause = 10 * time.Second

	electionTicks  = 10
	heartbeatTicks = 1
	maxInflight    = 64

	// inSyncLag is replica.lag.time.max.ms: how long ago a member in sync has last been caught up.
	inSyncLag = 30 * time.Second
)

// Core is a replica of a partition: it drives the raft group, assigns offsets, knows the producers, and answers. It is
// given events and the time, and returns what is to be done; it waits for nothing and writes nothing itself. The package's
// comment shows how it is driven. It is for one goroutine.
type Core struct {
	CoreConfig
	store *storage
	rn    *raft.RawNode

	// damage, if not nil, says what of the log can't be read, or is not known to be all. Such a replica takes no part in its group:
	// rn is nil.
	damage error
	lost   lost
	owning

	term uint64 // raft's, never goes back
	vote uint64 // raft id that this replica voted for in term
	lead uint64 // raft id of the leader of term, 0 while none is known
	role msg.Role
	// settled: an entry of term is committed and applied here, so that everything of earlier terms is, too. Before that a
	// leader neither takes proposals nor answers anything about offsets.
	settled bool
	// only: this replica is the group's one voter, and nobody learns. Entries from alone on were never sent to anybody.
	only  bool
	alone uint64

	last    uint64 // index of the last entry, written or proposed
	next    int64  // offset of the next record; at a leader behind what is proposed
	commit  uint64 // raft's, never goes back
	applied uint64 // <= commit
	// appliedTerm is that of the entry at applied.
	appliedTerm uint64
	highWater   int64 // offset behind the last record at or below commit
	logStart    int64 // <= highWater; moves by applied entries only

	producers *producers
	members   membership
	bansTold  uint64       // the term in which this leader has last said who is banned
	peers     peers        // nil unless this replica leads
	synced    []msg.NodeID // those of the voters in sync, as last looked at
	callers   []msg.Placed // who has sent something and is no member as far as is known here, the latest last
	move      move
	transfer  transfer
	lease     *lease    // of the term that this replica leads in, or has led in last
	leaseFrom time.Time // what was sent before counts for nothing
	resting

	queue     queue
	flights   flights
	unwritten []*msg.Append // acks=1, to be answered when their frame is written
	lowerings []lowering    // log starts proposed and not yet applied, in the order of their entries
	syncs     syncs
	answers   []answer
	outbox    []*raftpb.Message

	upkeep upkeep
}

// NewCore recovers a replica from its log. What is committed behind the saved state is replayed by the first Readys.
func NewCore(cfg CoreConfig, now time.Time) (*Core, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("opening partition %s of %s: %w", cfg.ID, cfg.Topic, err)
	}
	if cfg.ProducerExpiry == 0 {
		cfg.ProducerExpiry = 24 * time.Hour
	}
	if cfg.TickInterval == 0 {
		cfg.TickInterval = 100 * time.Millisecond
	}
	if cfg.Frames == nil {
		cfg.Frames = freshFrames{}
	}
	c := &Core{
		CoreConfig: cfg,
		producers:  newProducers(cfg.ProducerExpiry.Milliseconds(), mostProducers),
	}
	if err := c.recover(now); err != nil {
		return nil, fmt.Errorf("opening partition %s of %s: %w", cfg.ID, cfg.Topic, err)
	}
	return c, nil
}

// recover takes the saved state and the log's ends, and starts raft with them.
func (c *Core) recover(now time.Time) error {
	saved, err := c.loadState()
	if err != nil {
		return err
	}
	first, last, hs := c.Log.FirstIndex(), c.Log.LastIndex(), c.Log.HardState()
	c.last, c.next, c.term = last, c.Log.NextOffset(), hs.Term
	c.applied = max(saved.index, first-1)
	// The commit index on disk is a hint, and may be older or newer than the log.
	c.commit = min(max(hs.Commit, c.applied), last)
	c.members = saved.members
	c.only, c.alone = c.members.only(c.Self), last+1
	c.logStart = saved.logStart
	if segments := c.Log.Segments(); len(segments) > 0 && first > 1 {
		c.logStart = max(c.logStart, segments[0].BaseOffset)
	}
	c.upkeep.kept, c.upkeep.saved = saved.logStart, now
	c.producers.restore(saved.producers)
	c.producers.expire(now.UnixMilli())
	c.own()
	c.store = &storage{log: c.Log, members: c.members.conf, ring: ring{first: last + 1}, snapshots: c.Snapshots, farBehind: c.farBehind}
	if c.standAside() {
		return nil
	}
	if damage := c.Log.Damage(); len(damage) > 0 {
		c.stand(damage[0])
		return nil
	}
	if c.highWater, err = c.offsetBehind(c.commit); err != nil {
		return err
	}
	if c.appliedTerm, err = c.store.Term(c.applied); err != nil {
		return fmt.Errorf("reading the term of entry %d: %w", c.applied, err)
	}
	// No other entry of the term may follow, as when the log came as files.
	c.settled = c.applied > 0 && c.appliedTerm == c.term
	c.vote = hs.Vote
	c.store.hard = &raftpb.HardState{Term: new(hs.Term), Vote: new(hs.Vote), Commit: new(c.commit)}
	return c.startRaft()
}

// loadState reads the saved state, or makes that of a partition without a past.
func (c *Core) loadState() (*savedState, error) {
	index, p, err := c.Log.LoadState()
	if err != nil {
		return nil, fmt.Errorf("reading the saved state: %w", err)
	}
	if index == 0 {
		return c.bareState(), nil
	}
	s, err := decodeState(p)
	if err != nil {
		return nil, err
	}
	if s.members.places == nil { // of the first version, before members could change
		s.members.arrange(founded(c.Voters).places)
	}
	if s.index != index {
		return nil, fmt.Errorf("the saved state is of index %d, and was kept as that of %d", s.index, index)
	}
	if term, err := c.Log.Term(index); err == nil && term != s.term {
		// Under write.caching the state may have outlived the entries that it was made of, and others have come in their place.
		c.Logger.Warn().Uint64("index", index).Msg("the saved state is of a log that was lost; it is made anew from what is there")
		return c.bareState(), nil
	}
	return s, nil
}

// bareState is the state of a partition without a past.
func (c *Core) bareState() *savedState { return &savedState{members: founded(c.Voters)} }

func (c *Core) startRaft() (err error) {
	// Raft panics on a configuration or a hard state that can't be.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("starting raft: %v", r)
		}
	}()
	c.rn, err = raft.NewRawNode(&raft.Config{
		ID:                        c.Self,
		ElectionTick:              electionTicks,
		HeartbeatTick:             heartbeatTicks,
		Storage:                   c.store,
		Applied:                   c.applied,
		AsyncStorageWrites:        true,
		MaxSizePerMsg:             frameTarget,
		MaxCommittedSizePerReady:  maxRead,
		MaxUncommittedEntriesSize: 0, // flightTarget bounds them, and one frame may be larger than that
		MaxInflightMsgs:           maxInflight,
		MaxInflightBytes:          flightTarget,
		CheckQuorum:               true,
		PreVote:                   true,
		DisableProposalForwarding: true,
		StepDownOnRemoval:         true,
		Logger:                    raftLogger{c.Logger},
	})
	return err
}

// stand makes the core one of a log with rot in it. A sole voter's log is all there is: everything in it may have been
// acknowledged, and what is whole is still read. Others show what they know to be committed, as far as they can tell.
func (c *Core) stand(d wal.Damage) {
	c.damage = damaged(c.Spec, d, c.only)
	if !c.only {
		c.showCommitted()
		return
	}
	c.highWater, c.commit, c.applied = c.next, c.last, c.last
	c.settled, c.role, c.lead = true, msg.Leader, c.Self
}

// showCommitted shows what a replica that stands aside knows to be committed, as far as it can tell.
func (c *Core) showCommitted() {
	c.highWater = c.logStart
	if end, err := c.offsetBehind(c.commit); err == nil {
		c.highWater = max(end, c.logStart)
	}
}

// offsetBehind is the offset that is next behind the entry at index.
func (c *Core) offsetBehind(index uint64) (int64, error) {
	if e, here := c.store.ring.at(index); here {
		return e.next, nil
	}
	first, last := c.Log.FirstIndex(), c.Log.LastIndex()
	switch {
	case index == last:
		return c.Log.NextOffset(), nil
	case index >= first:
		frames, err := c.Log.Heads(index, index+1, 1)
		if err != nil {
			return 0, fmt.Errorf("reading entry %d: %w", index, err)
		}
		return frames[0].NextOffset(), nil
	}
	frames, err := c.Log.Heads(first, first+1, 1)
	if err != nil {
		return 0, fmt.Errorf("reading entry %d: %w", first, err)
	}
	return frames[0].BaseOffset(), nil
}

// Only reports whether this replica is alone in its group: then it campaigns at once, and needs no Ticks.
func (c *Core) Only() bool { return c.only }

// Campaign makes the replica stand for election.
func (c *Core) Campaign() error {
	if c.damage != nil {
		return c.damage
	}
	return c.rn.Campaign()
}

// Tick is raft's clock. It is called every tick interval while the replica is Ticking.
func (c *Core) Tick(now time.Time) {
	if c.damage != nil {
		return
	}
	if c.asleep {
		return
	}
	if !c.voting() {
		c.rn.Tick()
	}
	c.tickTransfer(now)
	c.pursue(now)
	c.renew(now)
	c.tickRest(now)
}

// Leads reports whether the replica leads, and everything of earlier terms is committed and applied.
func (c *Core) Leads() bool { return c.role == msg.Leader && c.settled }

// Epoch is the leader epoch.
func (c *Core) Epoch() int32 { return int32(min(c.term, math.MaxInt32)) }

// Damage is why the replica takes no part in its group, or nil.
func (c *Core) Damage() error { return c.damage }

// Members is the group's configuration.
func (c *Core) Members() *raftpb.ConfState { return c.members.conf }

// Nodes are the nodes of the members, each once.
func (c *Core) Nodes() []msg.NodeID { return c.members.nodes }

// NodeOf is the node of a member, or of whoever has sent something, or msg.NoNode.
func (c *Core) NodeOf(id uint64) msg.NodeID {
	if node := c.members.node(id); node != msg.NoNode {
		return node
	}
	for _, p := range c.callers {
		if p.RaftID == id {
			return p.Node
		}
	}
	return msg.NoNode
}

// State describes the replica for its readers. Size and Err are the actor's to fill in.
func (c *Core) State(now time.Time) msg.State {
	s := msg.State{
		Role: msg.Follower, Leader: msg.NoNode, Epoch: c.Epoch(),
		LogStart: c.logStart, LastStable: c.highWater, HighWatermark: c.highWater, LogEnd: max(c.next, c.highWater),
	}
	if c.settled {
		s.Leader = c.NodeOf(c.lead)
	}
	if c.Leads() {
		s.Role = msg.Leader
		if !c.only {
			s.Lease = c.lease
		}
	}
	s.Replicas, s.InSync = c.members.nodes, c.members.nodes
	if !c.only {
		s.InSync = c.syncNodes(now)
	}
	return s
}

// Producers lists the idempotent producers that have written committed records.
func (c *Core) Producers() []msg.ProducerState { return c.producers.list() }

// batchesOf calls do for each batch of a frame of records, or of its heads for each batch's header.
func batchesOf(f wal.Frame, do func(record.Batch)) error {
	for rest := f.Payload(); len(rest) > 0; {
		b, after, err := f.NextBatch(rest)
		if err != nil {
			return fmt.Errorf("a frame of records at offset %d holds something else: %w", f.BaseOffset(), err)
		}
		do(b)
		rest = after
	}
	return nil
}
