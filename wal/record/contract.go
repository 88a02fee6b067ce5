package record

import (
	"iter"
	"time"
)

// CONTRACT: signatures fixed for the other packages; bodies to be written. This file is replaced by real ones.

// Compression is a record batch's codec (its wire number), or Producer.
type Compression int8

const (
	Producer Compression = -1 // as the producer sent it
	None     Compression = 0
	Gzip     Compression = 1
	Snappy   Compression = 2
	Lz4      Compression = 3
	Zstd     Compression = 4
)

func (b Batch) BaseOffset() int64        { panic("contract") }
func (b Batch) LastOffset() int64        { panic("contract") }
func (b Batch) LeaderEpoch() int32       { panic("contract") }
func (b Batch) Compression() Compression { panic("contract") }
func (b Batch) LogAppendTime() bool      { panic("contract") }
func (b Batch) Transactional() bool      { panic("contract") }
func (b Batch) Control() bool            { panic("contract") }
func (b Batch) LastOffsetDelta() int32   { panic("contract") }
func (b Batch) BaseTimestamp() int64     { panic("contract") }
func (b Batch) MaxTimestamp() int64      { panic("contract") }
func (b Batch) ProducerID() int64        { panic("contract") }
func (b Batch) ProducerEpoch() int16     { panic("contract") }
func (b Batch) BaseSequence() int32      { panic("contract") }
func (b Batch) LastSequence() int32      { panic("contract") } // wraps from MaxInt32 to 0
func (b Batch) Count() int32             { panic("contract") }

// Stamp writes the base offset and the leader epoch, which are outside the CRC.
func (b Batch) Stamp(baseOffset int64, leaderEpoch int32) { panic("contract") }

// StampAppendTime makes the batch one of LogAppendTime with ts as its max timestamp, and its CRC anew.
func (b Batch) StampAppendTime(ts int64) { panic("contract") }

// Next cuts the first whole batch off p (length and magic checked, nothing else).
func Next(p []byte) (b Batch, rest []byte, err error) { panic("contract") }

// Validate checks a batch as it came from a producer: length, magic, CRC, attributes, counts, deltas; an uncompressed
// batch record by record. Errors carry the Kafka code (CORRUPT_MESSAGE, INVALID_RECORD, UNSUPPORTED_FOR_MESSAGE_FORMAT …)
// and, where one record is at fault, its index (errors.As to *InvalidRecord).
func Validate(p []byte) (Batch, error) { panic("contract") }

// Header is a record's header.
type Header struct {
	Key   string
	Value []byte // nil: null
}

// Record is one record of a batch.
type Record struct {
	Offset    int64
	Timestamp int64 // milliseconds
	Key       []byte // nil: null
	Value     []byte // nil: null
	Headers   []Header
}

// Records walks a batch's records, decompressing if need be. The slices alias the batch or a buffer of the walk's own.
func (b Batch) Records() iter.Seq2[Record, error] { panic("contract") }

// Recompress makes the same records a batch of another codec. level as the codec's *.level config says.
func (b Batch) Recompress(c Compression, level int) (Batch, error) { panic("contract") }

// Build makes an uncompressed batch without a producer id. Offsets begin at 0; now is used where a record has no Timestamp.
func Build(records []Record, now time.Time) Batch { panic("contract") }
