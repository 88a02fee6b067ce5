package record

import (
	"encoding/binary"
	"time"
)

// Build makes an uncompressed batch without a producer id. Offsets begin at 0; now is used where a record has no Timestamp.
// It returns nil for no records, as there is no such batch. StampProducer gives it a producer, Recompress a codec.
func Build(records []Record, now time.Time) Batch {
	if len(records) == 0 {
		return nil
	}
	base := timestampOr(records[0], now)
	latest, size := base, HeaderSize
	for i, r := range records {
		ts := timestampOr(r, now)
		latest = max(latest, ts)
		n := recordSize(r, ts-base, i)
		size += varintSize(int64(n)) + n
	}
	b := make(Batch, HeaderSize, size)
	b.putHeader(size, len(records), base, latest)
	for i, r := range records {
		b = appendRecord(b, r, timestampOr(r, now)-base, i)
	}
	b.putCRC()
	return b
}

func timestampOr(r Record, now time.Time) int64 {
	if r.Timestamp == 0 {
		return now.UnixMilli()
	}
	return r.Timestamp
}

// putHeader writes the header of a batch that no leader and no producer has touched, but for its CRC.
func (b Batch) putHeader(size, count int, base, latest int64) {
	b.Stamp(0, -1)
	b.putInt32(lengthAt, int32(size-lengthEnd))
	b[magicAt] = magicOfThisFormat
	b.putInt32(lastOffsetDeltaAt, int32(count-1))
	b.putInt64(baseTimestampAt, base)
	b.putInt64(maxTimestampAt, latest)
	b.putInt64(producerIDAt, -1)
	binary.BigEndian.PutUint16(b[producerEpochAt:], 0xffff)
	b.putInt32(baseSequenceAt, -1)
	b.putInt32(countAt, int32(count))
}

// recordSize is the value of the record's length field.
func recordSize(r Record, timestampDelta int64, index int) int {
	n := attributesSize + varintSize(timestampDelta) + varintSize(int64(index))
	n += fieldSize(r.Key) + fieldSize(r.Value) + varintSize(int64(len(r.Headers)))
	for _, h := range r.Headers {
		n += varintSize(int64(len(h.Key))) + len(h.Key) + fieldSize(h.Value)
	}
	return n
}

func fieldSize(f []byte) int {
	if f == nil {
		return varintSize(-1)
	}
	return varintSize(int64(len(f))) + len(f)
}

func appendRecord(to Batch, r Record, timestampDelta int64, index int) Batch {
	to = binary.AppendVarint(to, int64(recordSize(r, timestampDelta, index)))
	to = append(to, 0)
	to = binary.AppendVarint(to, timestampDelta)
	to = binary.AppendVarint(to, int64(index))
	to = appendField(to, r.Key)
	to = appendField(to, r.Value)
	to = binary.AppendVarint(to, int64(len(r.Headers)))
	for _, h := range r.Headers {
		to = binary.AppendVarint(to, int64(len(h.Key)))
		to = append(to, h.Key...)
		to = appendField(to, h.Value)
	}
	return to
}

func appendField(to Batch, f []byte) Batch {
	if f == nil {
		return binary.AppendVarint(to, -1)
	}
	to = binary.AppendVarint(to, int64(len(f)))
	return append(to, f...)
}
