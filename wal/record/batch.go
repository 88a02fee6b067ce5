package record

import (
	"encoding/binary"
	"math"
)

// A record batch, magic 2, as it lies on the wire, in memory and on disk. All integers are big-endian.
//
//	 0  8  base offset          stamped by the leader, outside the CRC
//	 8  4  length               of everything behind this field
//	12  4  leader epoch         stamped by the leader, outside the CRC
//	16  1  magic                2
//	17  4  CRC-32C              of everything behind this field
//	21  2  attributes           bits 0-2 codec, 3 timestamp type, 4 transactional, 5 control, 6 delete horizon
//	23  4  last offset delta
//	27  8  base timestamp       milliseconds
//	35  8  max timestamp        milliseconds
//	43  8  producer id          -1: none
//	51  2  producer epoch
//	53  4  base sequence
//	57  4  record count
//	61     records              compressed as a whole by the codec
const HeaderSize = 61

// Where the fields lie.
const (
	baseOffsetAt      = 0
	lengthAt          = 8
	leaderEpochAt     = 12
	magicAt           = 16
	crcAt             = 17
	attributesAt      = 21
	lastOffsetDeltaAt = 23
	baseTimestampAt   = 27
	maxTimestampAt    = 35
	producerIDAt      = 43
	producerEpochAt   = 51
	baseSequenceAt    = 53
	countAt           = 57
)

// lengthEnd is where the bytes that the length field counts begin.
const lengthEnd = 12

// The attribute bits.
const (
	codecBits         = 0x07
	logAppendTimeBit  = 1 << 3
	transactionalBit  = 1 << 4
	controlBit        = 1 << 5
	deleteHorizonBit  = 1 << 6
	producersOwnBits  = codecBits | transactionalBit
	magicOfThisFormat = 2
)

// Batch is one whole record batch. Its accessors may be used after Next or Validate has accepted it. They read in place.
type Batch []byte

// BaseOffset is the offset of the first record that the batch was made with. Compaction may have removed it since.
func (b Batch) BaseOffset() int64 { return b.int64(baseOffsetAt) }

// LastOffset is the offset of the last record that the batch was made with.
func (b Batch) LastOffset() int64 { return b.BaseOffset() + int64(b.LastOffsetDelta()) }

// LeaderEpoch is the epoch of the leader that appended the batch.
func (b Batch) LeaderEpoch() int32 { return b.int32(leaderEpochAt) }

// Compression is the codec of the records. It may be one that Kafka does not have; Validate refuses those.
func (b Batch) Compression() Compression { return Compression(b.attributes() & codecBits) }

// LogAppendTime reports that the broker set the time: every record's timestamp is then MaxTimestamp.
func (b Batch) LogAppendTime() bool { return b.attributes()&logAppendTimeBit != 0 }

// Transactional reports that the batch belongs to a transaction.
func (b Batch) Transactional() bool { return b.attributes()&transactionalBit != 0 }

// Control reports that the batch holds a control record, such as the end of a transaction, and nothing of a client's.
func (b Batch) Control() bool { return b.attributes()&controlBit != 0 }

// LastOffsetDelta is LastOffset less BaseOffset.
func (b Batch) LastOffsetDelta() int32 { return b.int32(lastOffsetDeltaAt) }

// BaseTimestamp is what the records' timestamp deltas are added to, in milliseconds.
func (b Batch) BaseTimestamp() int64 { return b.int64(baseTimestampAt) }

// MaxTimestamp is the greatest timestamp of the records, in milliseconds, or -1 where they have none.
func (b Batch) MaxTimestamp() int64 { return b.int64(maxTimestampAt) }

// ProducerID is the id of an idempotent producer, or -1.
func (b Batch) ProducerID() int64 { return b.int64(producerIDAt) }

// ProducerEpoch is the producer's epoch. It means nothing without a producer id.
func (b Batch) ProducerEpoch() int16 { return int16(binary.BigEndian.Uint16(b[producerEpochAt:])) }

// BaseSequence is the sequence of the first record. It means nothing without a producer id.
func (b Batch) BaseSequence() int32 { return b.int32(baseSequenceAt) }

// LastSequence is the sequence of the last record. Sequences wrap from MaxInt32 to 0 (KIP-98).
func (b Batch) LastSequence() int32 {
	return int32((int64(b.BaseSequence()) + int64(b.LastOffsetDelta())) & math.MaxInt32)
}

// Count is the number of records in the batch: LastOffsetDelta plus one until compaction removes some.
func (b Batch) Count() int32 { return b.int32(countAt) }

// payload is the records, as the codec left them.
func (b Batch) payload() []byte { return b[HeaderSize:] }

func (b Batch) length() int32      { return b.int32(lengthAt) }
func (b Batch) attributes() uint16 { return binary.BigEndian.Uint16(b[attributesAt:]) }

func (b Batch) int32(at int) int32 { return int32(binary.BigEndian.Uint32(b[at:])) }
func (b Batch) int64(at int) int64 { return int64(binary.BigEndian.Uint64(b[at:])) }
