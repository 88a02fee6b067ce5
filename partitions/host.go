package partitions

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// HostOptions of a Host.
type HostOptions struct {
	System *actors.System
	Store  *wal.Store
	Node   msg.NodeID
	Log    zerolog.Logger

	// Transport reaches the other members of a group; nil while a node is alone.
	Transport Transport
	// Files carry the files of logs to and from other nodes; nil: a member that can't be brought up by entries stays behind.
	Files FileLinks
	// TransferRate is how many bytes of files the node sends and asks for in a second, at most; 0: no limit.
	TransferRate int64
	// Moved is told by a partition's leader, on its step, that its group has the members it was last assigned, by the Assign of
	// that number; nil: nobody cares. It must not block, and may be told again.
	Moved func(id msg.TopicPartition, voters []uint64, move uint64)
	// Recovered is told by a partition's leader, on its step, that its group goes on without members that an unsafe recovery has
	// banned: once in each of its terms. Lost is told, about each second, that a replica here has to be replaced, and that its
	// group has a leader that can. nil: nobody cares. They must not block.
	Recovered func(id msg.TopicPartition, r Recovered)
	Lost      func(id msg.TopicPartition, raftID uint64)
	// Turned is told, on the partition's step, of each published state with another role, leader, epoch, log start or set of
	// replicas in sync than the one before; nil: nobody cares.
	Turned func(id msg.TopicPartition, s *msg.State)
	// Elsewhere is who leads a partition that is not hosted here, nil while there are no other nodes.
	Elsewhere func(msg.TopicPartition) (msg.Leadership, bool)
	// RetentionInterval is log.retention.check.interval.ms; 0 is 30 s.
	RetentionInterval time.Duration
	// ProducerExpiry is producer.id.expiration.ms; 0 is a day.
	ProducerExpiry time.Duration
	// TickInterval is raft's clock; an election takes ten to twenty of them. 0 is 100 ms.
	TickInterval time.Duration
}

// Host holds the partitions of a node. It implements msg.Directory. Safe for concurrent use.
type Host struct {
	o        HostOptions
	store    Store
	files    *files // nil without HostOptions.Files
	counters counters
	// frames is the memory that all partitions' frames go through.
	frames framePool

	partitions sync.Map // msg.TopicPartition to *hosted

	// mu guards starting and stopping, and every hosted's watches.
	mu      sync.Mutex
	closing bool
}

var _ msg.Directory = (*Host)(nil)

// NewHost makes a host without partitions.
func NewHost(o HostOptions) *Host { return NewHostOver(o, OnDisk(o.Store)) }

// NewHostOver is NewHost over another store than a directory's, as a simulation has one; HostOptions.Store is not used.
func NewHostOver(o HostOptions, store Store) *Host {
	if o.RetentionInterval == 0 {
		o.RetentionInterval = 30 * time.Second
	}
	if o.TickInterval == 0 {
		o.TickInterval = 100 * time.Millisecond
	}
	h := &Host{o: o, store: store}
	if o.Files != nil {
		h.files = newFiles(h)
	}
	return h
}

// hosted is a partition on this node: its actor's address, and the view that the actor last published.
type hosted struct {
	actors.Ref
	// spec is the actor's own once it has started.
	spec *Spec
	view atomic.Pointer[view]
	// watches wait for a leader; guarded by the host's mu.
	watches []*watch
}

var _ msg.Partition = (*hosted)(nil)

// View is never nil.
func (h *hosted) View() msg.View { return h.view.Load() }

func (h *hosted) show(v *view) { h.view.Store(v) }

// Start spawns the partition's actor. Its recovery, and its election when it is the only voter, go on behind.
func (h *Host) Start(s Spec) error {
	if err := s.check(); err != nil {
		return fmt.Errorf("starting partition %s of %s: %w", s.ID, s.Topic, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return fmt.Errorf("starting partition %s of %s: the node is stopping", s.ID, s.Topic)
	}
	if _, here := h.partitions.Load(s.ID); here {
		return fmt.Errorf("starting partition %s of %s: it runs here already", s.ID, s.Topic)
	}
	p := &hosted{spec: &s}
	p.show(closedView(s, msg.Errorf(kerr.NotLeaderForPartition, "partition %s of %s is being opened; try again", s.ID, s.Topic)))
	ref, err := h.o.System.Spawn(actors.Spec{
		Name: msg.PartitionName(s.ID),
		New:  func() actors.Actor { return &replica{host: h, hosted: p} },
	})
	if err != nil {
		return fmt.Errorf("starting partition %s of %s: %w", s.ID, s.Topic, err)
	}
	p.Ref = ref
	h.partitions.Store(s.ID, p)
	return nil
}

// Stop stops the actor, if it runs, then calls done (nil: nobody cares).
func (h *Host) Stop(id msg.TopicPartition, done func()) {
	if done == nil {
		done = func() {}
	}
	found, ok := h.partitions.LoadAndDelete(id)
	if !ok {
		done()
		return
	}
	p := found.(*hosted)
	h.led(p)
	h.o.System.Stop(p.Ref, done)
}

// Delete stops the partition and deletes its log.
func (h *Host) Delete(id msg.TopicPartition) {
	h.Stop(id, func() {
		if err := h.store.Remove(id.String()); err != nil {
			h.o.Log.Error().Err(err).Stringer("partition", id).Msg("the log of a deleted partition could not be removed; it is tried again at the next start")
		}
	})
}

// All lists the partitions hosted here, by topic id and number.
func (h *Host) All() []msg.TopicPartition {
	var all []msg.TopicPartition
	h.partitions.Range(func(id, _ any) bool {
		all = append(all, id.(msg.TopicPartition))
		return true
	})
	slices.SortFunc(all, msg.TopicPartition.Compare)
	return all
}

// Partition is the handle of a partition that this node hosts.
func (h *Host) Partition(id msg.TopicPartition) (msg.Partition, bool) {
	p, ok := h.partitions.Load(id)
	if !ok {
		return nil, false
	}
	return p.(*hosted), true
}

// Leadership is who leads a partition, as its replica here or the other nodes say: whose epoch is higher. Who is in sync the
// leader says.
func (h *Host) Leadership(id msg.TopicPartition) (msg.Leadership, bool) {
	told, known := msg.Leadership{Leader: msg.NoNode}, false
	if h.o.Elsewhere != nil {
		told, known = h.o.Elsewhere(id)
	}
	p, ok := h.partitions.Load(id)
	if !ok {
		return told, known
	}
	s := &p.(*hosted).view.Load().state
	switch {
	case known && told.Epoch > s.Epoch, s.Leader == msg.NoNode, known && s.Role == msg.Follower && told.Leader == s.Leader:
		return told, known
	case s.Expired(h.o.System.Clock().Now()):
		return msg.Leadership{Leader: msg.NoNode, Epoch: s.Epoch}, false
	}
	return msg.Leadership{Leader: s.Leader, Epoch: s.Epoch, InSync: s.InSync}, true
}
