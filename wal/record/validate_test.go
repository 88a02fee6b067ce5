package record

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
)

// Edits for the table of refusals. Each leaves the CRC right.
func with(edit func(b Batch)) []byte {
	b := sample()
	edit(b)
	b.putCRC()
	return b
}

// of is a batch that holds payload and counts count records.
func of(count int32, payload ...byte) []byte {
	b := append(bytes.Clone(sample()[:HeaderSize]), payload...)
	Batch(b).putInt32(lengthAt, int32(len(b)-lengthEnd))
	Batch(b).putInt32(countAt, count)
	Batch(b).putInt32(lastOffsetDeltaAt, count-1)
	Batch(b).putCRC()
	return b
}

// whole is a small record: length 6, attributes, timestamp delta, offset delta 0, null key, empty value, no headers.
var whole = []byte{12, 0, 0, 0, 1, 0, 0}

func TestValidateRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		batch []byte
		want  *kerr.Error
	}{
		{"nothing", nil, kerr.InvalidRecord},
		{"the beginning of a header", sample()[:16], kerr.InvalidRecord},
		{"a cut batch", sample()[:len(sample())-1], kerr.InvalidRecord},
		{"a byte behind the batch", append(sample(), 0), kerr.InvalidRecord},
		{"a second batch", append(sample(), sample()...), kerr.InvalidRecord},
		{"a negative length", with(func(b Batch) { b.putInt32(lengthAt, -1) }), kerr.CorruptMessage},
		{"a length below any message's", with(func(b Batch) { b.putInt32(lengthAt, 13); b[magicAt] = 1 }), kerr.CorruptMessage},
		{"a length below the header's", with(func(b Batch) { b.putInt32(lengthAt, 48) }), kerr.CorruptMessage},
		{"a length beyond the bytes", with(func(b Batch) { b.putInt32(lengthAt, math.MaxInt32) }), kerr.InvalidRecord},
		{"magic 0", with(func(b Batch) { b[magicAt] = 0 }), kerr.InvalidRecord},
		{"magic 1", with(func(b Batch) { b[magicAt] = 1 }), kerr.InvalidRecord},
		{"magic 3", with(func(b Batch) { b[magicAt] = 3 }), kerr.CorruptMessage},
		{"magic -1", with(func(b Batch) { b[magicAt] = 0xff }), kerr.CorruptMessage},
		{"a base offset", with(func(b Batch) { b.Stamp(1, -1) }), kerr.InvalidRecord},
		{"a wrong CRC", func() []byte { b := sample(); b[len(b)-1] ^= 1; return b }(), kerr.CorruptMessage},
		{"codec 5", with(func(b Batch) { b.putAttributes(5) }), kerr.UnsupportedCompressionType},
		{"codec 7", with(func(b Batch) { b.putAttributes(7) }), kerr.UnsupportedCompressionType},
		{"a control batch", with(func(b Batch) { b.putAttributes(controlBit) }), kerr.InvalidRecord},
		{"LogAppendTime", with(func(b Batch) { b.putAttributes(logAppendTimeBit) }), kerr.InvalidTimestamp},
		{"a delete horizon", with(func(b Batch) { b.putAttributes(deleteHorizonBit) }), kerr.InvalidRecord},
		{"an unknown attribute", with(func(b Batch) { b.putAttributes(1 << 15) }), kerr.InvalidRecord},
		{"no records", of(0), kerr.InvalidRecord},
		{"a negative count", of(-1), kerr.InvalidRecord},
		{"the least count", of(math.MinInt32), kerr.InvalidRecord},
		{"last offset delta other than count", with(func(b Batch) { b.putInt32(lastOffsetDeltaAt, 3) }), kerr.InvalidRecord},
		{"a max timestamp below -1", with(func(b Batch) { b.putInt64(maxTimestampAt, -2) }), kerr.InvalidTimestamp},
		{"record timestamps below -1", with(func(b Batch) { b.putInt64(baseTimestampAt, -1e6) }), kerr.InvalidTimestamp},
		{"a producer id below -1", with(func(b Batch) { b.StampProducer(-2, 0, 0) }), kerr.InvalidRecord},
		{"a producer without an epoch", with(func(b Batch) { b.StampProducer(1, -1, 0) }), kerr.InvalidRecord},
		{"a producer without a sequence", with(func(b Batch) { b.StampProducer(1, 0, -1) }), kerr.InvalidRecord},
		{"transactional without a producer", with(func(b Batch) { b.putAttributes(transactionalBit) }), kerr.InvalidRecord},
	} {
		b, err := Validate(c.batch)
		if !errors.Is(err, c.want) || b != nil {
			t.Errorf("%s: %v, want %s", c.name, err, c.want.Message)
		}
		var k *kerr.Error
		if !errors.As(err, &k) || k.Code != c.want.Code {
			t.Errorf("%s: no *kerr.Error of code %d in %v", c.name, c.want.Code, err)
		}
	}
}

func TestValidateNamesTheRecordAtFault(t *testing.T) {
	second := func(p ...byte) []byte { return append(bytes.Clone(whole), p...) }
	for _, c := range []struct {
		name  string
		batch []byte
		index int32
	}{
		{"fewer records than counted", of(2, whole...), 1},
		{"more records than counted", of(1, second(whole...)...), 0},
		{"a byte behind the records", of(1, second(0)...), 0},
		{"a negative length", of(2, second(11, 0, 0, 2, 1, 0, 0)...), 1},
		{"a length beyond the batch", of(2, second(14, 0, 0, 2, 1, 0, 0)...), 1},
		{"a length that takes more than five bytes", of(2, second(0x8c, 0x80, 0x80, 0x80, 0x80, 0, 0, 0, 2, 1, 0, 0)...), 1},
		{"a length beyond 32 bits", of(2, second(0x8c, 0x80, 0x80, 0x80, 0x10, 0, 0, 2, 1, 0, 0)...), 1},
		{"a length of no record", of(2, second(0)...), 1},
		{"an endless timestamp delta", of(1, 24, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0), 0},
		{"an offset delta that is not the index", of(2, second(12, 0, 0, 0, 1, 0, 0)...), 1},
		{"a negative offset delta", of(2, second(12, 0, 0, 3, 1, 0, 0)...), 1},
		{"a key length below -1", of(1, 12, 0, 0, 0, 3, 0, 0), 0},
		{"a key beyond the record", of(1, 12, 0, 0, 0, 8, 0, 0), 0},
		{"a value length below -1", of(1, 12, 0, 0, 0, 1, 3, 0), 0},
		{"a value beyond the record", of(1, 12, 0, 0, 0, 1, 4, 0), 0},
		{"no header count", of(1, 10, 0, 0, 0, 1, 0), 0},
		{"a negative header count", of(1, 12, 0, 0, 0, 1, 0, 1), 0},
		{"more headers than bytes", of(1, 16, 0, 0, 0, 1, 0, 4, 0, 0), 0},
		{"a null header key", of(1, 16, 0, 0, 0, 1, 0, 2, 1, 0), 0},
		{"a null header key that is the value too", of(1, 14, 0, 0, 0, 1, 0, 2, 1), 0},
		{"a header key beyond the record", of(1, 16, 0, 0, 0, 1, 0, 2, 4, 0), 0},
		{"a header value beyond the record", of(1, 16, 0, 0, 0, 1, 0, 2, 0, 2), 0},
		{"a byte behind the fields", of(1, 14, 0, 0, 0, 1, 0, 0, 0), 0},
	} {
		_, err := Validate(c.batch)
		var invalid *InvalidRecord
		if !errors.As(err, &invalid) || !errors.Is(err, kerr.InvalidRecord) {
			t.Errorf("%s: %v, want INVALID_RECORD", c.name, err)
		} else if invalid.Index != c.index {
			t.Errorf("%s: record %d is blamed (%v), want %d", c.name, invalid.Index, err, c.index)
		}
	}
}

// TestValidateSaysControl: the reason is told apart from that of other attributes.
func TestValidateSaysControl(t *testing.T) {
	_, err := Validate(with(func(b Batch) { b.putAttributes(controlBit) }))
	if err == nil || !strings.Contains(err.Error(), "control records") {
		t.Error(err)
	}
}

func TestValidateAccepts(t *testing.T) {
	huge := Build([]Record{{Key: make([]byte, 1<<17), Value: make([]byte, 1<<22)}}, noon)
	transactional := with(func(b Batch) {
		b.StampProducer(0, 0, 0)
		b.putAttributes(transactionalBit)
	})
	for _, c := range []struct {
		name  string
		batch []byte
	}{
		{"three records", sample()},
		{"the smallest record", of(1, whole...)},
		{"two of them", of(2, append(bytes.Clone(whole), 12, 0, 0, 2, 1, 0, 0)...)},
		{"thousands of them", many(10_000, 20)},
		{"a large record", huge},
		{"no timestamps", Build([]Record{{Timestamp: -1}}, noon)},
		{"an idempotent producer's", with(func(b Batch) { b.StampProducer(9, 1, math.MaxInt32) })},
		{"epoch and sequence without a producer", with(func(b Batch) { b.StampProducer(-1, 0, 0) })},
		{"a transaction's", transactional},
		{"a record with attributes, which Kafka ignores", of(1, 12, 255, 0, 0, 1, 0, 0)},
	} {
		before := bytes.Clone(c.batch)
		b, err := Validate(c.batch)
		if err != nil || !bytes.Equal(b, before) && c.batch[HeaderSize] != 12 {
			t.Errorf("%s: %v, left as it was %v", c.name, err, bytes.Equal(b, before))
		}
	}
}

// TestValidatePutsMaxTimestampRight is what Kafka does for clients that leave it out.
func TestValidatePutsMaxTimestampRight(t *testing.T) {
	b, err := Validate(with(func(b Batch) { b.putInt64(maxTimestampAt, -1) }))
	if err != nil || !bytes.Equal(b, sample()) {
		t.Errorf("max timestamp %d, %v; want 3000 and the right CRC", b.MaxTimestamp(), err)
	}
}

func TestValidateDoesNotAllocate(t *testing.T) {
	b := many(1000, 100)
	if n := testing.AllocsPerRun(10, func() { _, _ = Validate(b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkValidate(b *testing.B) {
	for name, batch := range map[string]Batch{"100B": many(1000, 80), "1KiB": many(1000, 1004), "10B": many(10_000, 2)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(batch)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Validate(batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(batch.Count()), "ns/record")
		})
		b.Run(name+"/walk", func(b *testing.B) {
			b.SetBytes(int64(len(batch)))
			for b.Loop() {
				walk(batch.payload(), batch.Count())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(batch.Count()), "ns/record")
		})
	}
}
