package kafka

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// refusal is why a partition's batch is not appended, as the client is told.
type refusal struct {
	code    *kerr.Error
	message string
	records []refusedRecord // v8+
}

// refusedRecord names one record at fault by its index in the batch.
type refusedRecord struct {
	index   int32
	message string
}

func refuse(code *kerr.Error, message string) *refusal { return &refusal{code: code, message: message} }

// refuseError is the refusal that an error carries.
func refuseError(err error) *refusal {
	r := &refusal{code: kerr.TypedErrorForCode(msg.Code(err)), message: err.Error()}
	var one *record.InvalidRecord
	if errors.As(err, &one) {
		r.records = []refusedRecord{{one.Index, one.Error()}}
	}
	return r
}

// acceptBatch checks what a session can check of a partition's records, and returns the batch as it is to be stored.
func acceptBatch(version int16, records []byte, config *msg.TopicConfig, now time.Time) (record.Batch, *refusal) {
	b, err := record.Validate(records)
	switch {
	case err != nil:
		return nil, refuseError(err)
	case b.Compression() == record.Zstd && version < 7:
		return nil, refuse(kerr.UnsupportedCompressionType, "zstd needs Produce version 7")
	case len(b) > config.MaxMessageBytes:
		return nil, tooLarge(b, config)
	case b.Transactional():
		return nil, refuse(kerr.InvalidTxnState, "the producer has no transaction under way: this cluster has no transaction coordinator")
	}
	if bad := checkRecords(b, config, now); bad != nil {
		return nil, bad
	}
	return recompress(b, config)
}

func tooLarge(b record.Batch, config *msg.TopicConfig) *refusal {
	return refuse(kerr.MessageTooLarge, fmt.Sprintf("a record batch of %d bytes, where max.message.bytes is %d", len(b), config.MaxMessageBytes))
}

// packers hold the encoders that topics with a compression.type of their own take.
var packers = sync.Pool{New: func() any { return new(record.Packer) }}

// recompress makes the batch one of the topic's compression.type.
func recompress(b record.Batch, config *msg.TopicConfig) (record.Batch, *refusal) {
	if config.Compression != record.Producer && config.Compression != b.Compression() {
		level := 0
		switch config.Compression {
		case record.Gzip:
			level = config.GzipLevel
		case record.Lz4:
			level = config.Lz4Level
		case record.Zstd:
			level = config.ZstdLevel
		}
		var err error
		k := packers.Get().(*record.Packer)
		b, err = k.Recompress(b, config.Compression, level)
		packers.Put(k)
		if err != nil {
			return nil, refuseError(err)
		}
		if len(b) > config.MaxMessageBytes {
			return nil, tooLarge(b, config)
		}
	}
	if int64(len(b)) > config.SegmentBytes {
		return nil, refuse(kerr.RecordListTooLarge, fmt.Sprintf("a record batch of %d bytes, where segment.bytes is %d", len(b), config.SegmentBytes))
	}
	return b, nil
}

// noTimestamp stands for a record without one.
const noTimestamp = -1

// checkRecords holds a topic's rules on keys and timestamps. It looks at records, decompressing them if need be, only where
// the batch's header can't tell.
func checkRecords(b record.Batch, config *msg.TopicConfig, now time.Time) *refusal {
	if config.Compact {
		keyless, err := b.KeylessRecords()
		if err != nil {
			return refuseError(err)
		}
		if len(keyless) > 0 {
			bad := refuse(kerr.InvalidRecord, "a compacted topic does not accept records without a key")
			for _, index := range keyless {
				bad.records = append(bad.records, refusedRecord{index, "the record has no key, and the topic is compacted"})
			}
			return bad
		}
	}
	earliest, latest := timeBounds(config, now)
	if earliest == math.MinInt64 && b.MaxTimestamp() <= latest && b.BaseTimestamp() <= latest {
		return nil
	}
	return checkTimestamps(b, earliest, latest)
}

// mostRefused bounds the records that one answer names: a small compressed batch may hold very many.
const mostRefused = 10_000

func checkTimestamps(b record.Batch, earliest, latest int64) *refusal {
	bad := refuse(kerr.InvalidTimestamp,
		"one or more records have been rejected due to invalid timestamp (message.timestamp.before.max.ms, message.timestamp.after.max.ms)")
	index := int32(-1)
	for r, err := range b.Records() {
		if err != nil {
			return refuseError(err)
		}
		index++
		if r.Timestamp != noTimestamp && (r.Timestamp < earliest || r.Timestamp > latest) {
			bad.records = append(bad.records, refusedRecord{index, "the record's timestamp is out of the topic's range"})
		}
		if len(bad.records) == mostRefused {
			break
		}
	}
	// A max timestamp that none of the records has would spoil the search by time.
	if len(bad.records) > 0 || b.MaxTimestamp() > latest {
		return bad
	}
	return nil
}

// timeBounds are the first and last timestamps, in milliseconds, that a topic accepts now.
func timeBounds(config *msg.TopicConfig, now time.Time) (earliest, latest int64) {
	earliest, latest = math.MinInt64, math.MaxInt64
	if config.LogAppendTime {
		return earliest, latest
	}
	ms := now.UnixMilli()
	if d := config.TimestampBeforeMax; d != math.MaxInt64 {
		earliest = ms - d.Milliseconds()
	}
	if d := config.TimestampAfterMax; d != math.MaxInt64 {
		latest = ms + d.Milliseconds()
	}
	return earliest, latest
}
