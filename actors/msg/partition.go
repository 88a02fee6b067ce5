package msg

import (
	"time"

	"github.com/seed-e634fa49/troupe/wal/record"
)

// Append asks a partition's leader to append record batches.
//
// From a session or a coordinator to the partition's actor; answered by Sink.Appended: with acks=-1 when the batches
// are committed, with acks=1 when the leader has written them, with acks=0 as soon as they are taken or refused.
// The session has validated each batch (record.Validate and the topic's rules on keys and timestamps); the partition checks
// what depends on its state. The batches' bytes belong to the partition until the answer; it stamps offsets and leader
// epoch into them.
type Append struct {
	// Batches are whole batches, in order. All of them are appended next to each other, or none is.
	Batches []record.Batch
	// Acks is Kafka's acks: -1, 0 or 1.
	Acks int16
	// LeaderEpoch is the epoch in which the sender believes the leader to be, or -1. Another epoch is refused with
	// FENCED_LEADER_EPOCH or UNKNOWN_LEADER_EPOCH.
	LeaderEpoch int32
	// Sink takes the answer.
	Sink AppendSink
	// Slot is the sender's own, to find its place in the answer again.
	Slot int

	// Base is the offset of the first record, of the original for a duplicate.
	Base int64
	// AppendTime is the time, in milliseconds, that a topic with LogAppendTime gave the batches; else -1.
	AppendTime int64
	// LogStart is the log start offset at the time of the answer.
	LogStart int64
	// Err is nil when the batches are appended as Acks asked. An error says whether the outcome is unknown.
	Err error

	answered bool
}

// AppendSink takes the answers to Append, on the partition's step: it must not block.
type AppendSink interface{ Appended(a *Append) }

// Bytes is the size of the batches.
func (a *Append) Bytes() int {
	n := 0
	for _, b := range a.Batches {
		n += len(b)
	}
	return n
}

// Answer completes the request with what its answer fields hold. Only the first call counts.
func (a *Append) Answer() {
	if a.answered {
		return
	}
	a.answered = true
	if a.Sink != nil {
		a.Sink.Appended(a)
	}
}

// Refuse answers the request with err.
func (a *Append) Refuse(err error) {
	if a.answered {
		return
	}
	a.Base, a.AppendTime, a.LogStart, a.Err = -1, -1, -1, err
	a.Answer()
}

// Wait asks a partition to wake a reader when there may be more to read: when the high watermark passes Offset, or the
// leader, its epoch, the log start or the partition's health changes. If that is so already, it wakes at once.
//
// From a session or a coordinator to the partition's actor; answered by at most one call of Waiter.Wake. A partition
// that stops wakes all its waiters.
type Wait struct {
	Offset int64
	// Epoch is the leader epoch that the reader saw; another one wakes it.
	Epoch  int32
	Waiter Waiter
}

// Waiter is one reader, waiting on any number of partitions.
type Waiter interface {
	// Wake is called on the partition's step, so it must not block. It may be called when the waiter no longer waits.
	Wake()
	// Expired reports that nobody waits any more, so that the partition can forget the waiter.
	Expired() bool
}

// Bytes is zero: a waiter is small, and one is sent per request and partition only.
func (*Wait) Bytes() int { return 0 }

// Refuse wakes the waiter, which then sees for itself why.
func (w *Wait) Refuse(error) { w.Waiter.Wake() }

// DeleteRecords asks a partition's leader to move its log start forward (Kafka's DeleteRecords).
//
// From a session to the partition's actor; answered by Done once the new log start is committed.
type DeleteRecords struct {
	// Offset becomes the log start; -1 stands for the high watermark. Beyond it, OFFSET_OUT_OF_RANGE is answered.
	Offset int64
	// Done takes the new log start offset.
	Done func(lowWatermark int64, err error)

	answered bool
}

func (*DeleteRecords) Bytes() int { return 0 }

// Answer completes the request. Only the first call counts.
func (d *DeleteRecords) Answer(lowWatermark int64, err error) {
	if d.answered {
		return
	}
	d.answered = true
	d.Done(lowWatermark, err)
}

// Refuse answers with err.
func (d *DeleteRecords) Refuse(err error) { d.Answer(-1, err) }

// Configure gives a partition its topic's configuration. From the node, when the metadata image changes; not answered.
type Configure struct{ Config TopicConfig }

func (*Configure) Bytes() int { return 0 }

// Retain asks a partition's leader to apply retention. From the node, on a schedule; not answered.
type Retain struct{ Now time.Time }

func (*Retain) Bytes() int { return 0 }

// TopicConfig is what a partition and the sessions that write to it need of their topic's configuration, parsed.
// Names and meanings are Kafka's.
type TopicConfig struct {
	Compact bool // cleanup.policy has compact
	Delete  bool // cleanup.policy has delete
	// Compression is the codec that batches are stored with, or record.Producer to leave them as they come.
	Compression        record.Compression
	GzipLevel          int
	Lz4Level           int
	ZstdLevel          int
	LogAppendTime      bool          // message.timestamp.type
	TimestampBeforeMax time.Duration // message.timestamp.before.max.ms, math.MaxInt64 ms capped to MaxInt64
	TimestampAfterMax  time.Duration // message.timestamp.after.max.ms
	MaxMessageBytes    int           // max.message.bytes, of one batch
	MinInsyncReplicas  int
	RetentionBytes     int64         // -1: no limit
	RetentionTime      time.Duration // negative: no limit
	SegmentBytes       int64
	SegmentTime        time.Duration
	WriteCaching       bool // write.caching: answer from the page cache
}
