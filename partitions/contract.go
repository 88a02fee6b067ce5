package partitions

import (
	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// CONTRACT: signatures fixed for the other packages; bodies to be written. This file is replaced by real ones.

// Voter is a replica in the configuration that a partition's raft group starts with.
type Voter struct {
	Node   msg.NodeID
	RaftID uint64
}

// Spec says which partition, and this node's part in it.
type Spec struct {
	ID     msg.TopicPartition
	Topic  string
	Self   uint64 // this replica's raft id
	Voters []Voter
	Config msg.TopicConfig
}

// Host holds the partitions of a node. It implements msg.Directory. Safe for concurrent use.
type Host struct{}

// HostOptions of a Host.
type HostOptions struct {
	System *actors.System
	Store  *wal.Store
	Node   msg.NodeID
	Log    zerolog.Logger
}

func NewHost(o HostOptions) *Host { panic("contract") }

// Start spawns the partition's actor. Its recovery, and its election when it is the only voter, go on behind.
func (h *Host) Start(s Spec) error { panic("contract") }

// Stop stops the actor, if it runs, then calls done (nil: nobody cares).
func (h *Host) Stop(id msg.TopicPartition, done func()) { panic("contract") }

// Delete stops the partition and deletes its log.
func (h *Host) Delete(id msg.TopicPartition) { panic("contract") }

// All lists the partitions hosted here.
func (h *Host) All() []msg.TopicPartition { panic("contract") }

func (h *Host) Partition(id msg.TopicPartition) (msg.Partition, bool)  { panic("contract") }
func (h *Host) WhenLed(ids []msg.TopicPartition, f func())             { panic("contract") }

// Stopping is called before a clean stop: every partition answers what is in flight, saves its state, and stops.
func (h *Host) Close(done func()) { panic("contract") }
