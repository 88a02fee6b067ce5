package msg

import (
	"os"
	"time"
)

// Directory finds the partitions that live on this node. It is read by sessions, from any goroutine, without a message.
type Directory interface {
	// Partition is the handle of a partition that this node hosts.
	Partition(tp TopicPartition) (Partition, bool)
	// Leadership is who leads a partition, hosted here or not, as far as this node has heard. It is a hint: only the
	// leader's own view says that it leads.
	Leadership(tp TopicPartition) (Leadership, bool)
}

// Leadership is what a node knows of a partition's leader.
type Leadership struct {
	// Leader is the node that leads in Epoch, or NoNode while nobody does.
	Leader NodeID
	Epoch  int32
	// InSync are the nodes that are caught up, as the leader last said.
	InSync []NodeID
}

// Partition is a partition on this node: its actor's address, and the view that the actor last published.
type Partition interface {
	Target
	// View is the partition as it stood a moment ago; never nil. A view is immutable and stays readable.
	View() View
}

// Role is what a replica does in its raft group.
type Role uint8

const (
	// Follower replicates; it answers no client but for reads that ask for a follower.
	Follower Role = iota
	// Leader serves.
	Leader
)

// State is the published state of a partition. The zero offsets are those of an empty log.
type State struct {
	Role Role
	// Leader is the node that leads, or NoNode while there is none or it has not committed an entry of its own term.
	Leader NodeID
	// Epoch is the leader epoch: raft's term.
	Epoch int32
	// LogStart <= LastStable <= HighWatermark <= LogEnd.
	LogStart      int64
	LastStable    int64
	HighWatermark int64
	LogEnd        int64
	// Replicas and InSync are the nodes that hold the partition, and those that are caught up.
	Replicas []NodeID
	InSync   []NodeID
	// Size is the bytes of the log's files.
	Size int64
	// Lease is until when a leader may serve: past it another replica may lead. It goes on being renewed while the view
	// stays. Nil is for ever: the replica is the only voter, or does not lead.
	Lease Lease
	// Err is why the partition can't be served (recovering, failed, damaged), or nil.
	Err error
}

// Lease is a leader's right to answer as one. Safe for concurrent use.
type Lease interface {
	// Until is the time, by the clock's monotonic part, from which on another replica may lead.
	Until() time.Time
}

// Expired reports that the replica led when this was published, and may no longer say so: another one may lead by now.
// Whoever answers a client from a leader's state asks this first, and answers NOT_LEADER_OR_FOLLOWER if it is so.
func (s *State) Expired(now time.Time) bool { return s.Lease != nil && !now.Before(s.Lease.Until()) }

// Isolation is how far a reader may see (KIP-98).
type Isolation int8

const (
	// ReadUncommitted reads up to the high watermark.
	ReadUncommitted Isolation = 0
	// ReadCommitted reads up to the last stable offset.
	ReadCommitted Isolation = 1
)

// ReadRequest asks a view for record batches.
type ReadRequest struct {
	// Offset is where to begin. The first batch returned is the one that holds it, so it may begin earlier.
	Offset int64
	// MaxBytes bounds what is returned, in whole batches.
	MaxBytes int
	// AtLeastOne returns the first batch even if it is larger than MaxBytes (KIP-74).
	AtLeastOne bool
	Isolation  Isolation
	// Sections says that the reader can send pieces of files as they lie. Without it everything comes as chunks.
	Sections bool
}

// ReadResult is what a view read: sections, then chunks, each of whole batches. Laid end to end in this order they are a
// Records field. They are valid until Release.
type ReadResult struct {
	Sections []Section
	Chunks   [][]byte
	// Bytes is the total length of sections and chunks.
	Bytes int
	// Aborted are the aborted transactions that overlap what was read, sorted by first offset; only for ReadCommitted.
	Aborted []AbortedTransaction
	// Release gives the chunks' memory and the sections' file back. It is never nil, and called once.
	Release func()
}

// Section is a piece of a file that holds committed batches, which never change. It was verified a short while ago.
type Section struct {
	File *os.File // to be read at a position, shared with others
	At   int64    // bytes
	Size int64
}

// AbortedTransaction tells a read_committed consumer what to leave out.
type AbortedTransaction struct {
	ProducerID  int64
	FirstOffset int64
}

// TimedOffset is a record found by its time. Offset is -1 where there is none.
type TimedOffset struct {
	Offset    int64
	Timestamp int64 // milliseconds
	Epoch     int32
}

// View reads a partition as it stood when the view was published. Its methods may be called from any goroutine, do disk
// reads, and never wait for the partition's actor. Errors carry a Kafka code; damage on disk is KAFKA_STORAGE_ERROR and
// is never returned as data.
type View interface {
	State() *State
	// Read returns batches from req.Offset up to the high watermark or last stable offset. Nothing there yet is an empty
	// result. An offset outside LogStart to HighWatermark is OFFSET_OUT_OF_RANGE.
	Read(req ReadRequest) (ReadResult, error)
	// OffsetForTime finds the first record with a timestamp of at least ts, below the bound of the isolation.
	OffsetForTime(ts int64, iso Isolation) (TimedOffset, error)
	// MaxTimestamp finds the first record with the greatest timestamp.
	MaxTimestamp() (TimedOffset, error)
	// EndOffsetForEpoch is Kafka's answer to OffsetForLeaderEpoch: the greatest epoch not above the one asked for, and
	// the offset one past its last record; -1, -1 when there is none.
	EndOffsetForEpoch(epoch int32) (foundEpoch int32, endOffset int64)
	// EpochAt is the leader epoch of the record at offset, -1 where there is none.
	EpochAt(offset int64) int32
	// Members lists the group's members as their leader sees them; on other replicas without progress.
	Members() []Member
	// Producers lists the producers with state here (DescribeProducers).
	Producers() []ProducerState
}

// Member is one replica of a partition's group.
type Member struct {
	Placed
	// LogEnd is the offset behind the last record that the member is known to have, -1 if that is not known.
	LogEnd int64
	// LastFetch is when it last answered, LastCaughtUp when it last had everything; zero where that is not known.
	LastFetch    time.Time
	LastCaughtUp time.Time
	// Doing says in a word what the leader does about it: "" (replicating), probing, snapshot, paused.
	Doing string
}

// ProducerState is what a partition knows of one producer.
type ProducerState struct {
	ProducerID      int64
	Epoch           int16
	LastSequence    int32
	LastTimestamp   int64
	CoordinatorTerm int32
	TxnStartOffset  int64 // -1: no open transaction
}
