package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// noon is the time at which these tests build their batches.
var noon = time.UnixMilli(1_700_000_000_000)

// sample is a batch of three: with headers, without a value, without a key.
func sample() Batch {
	return Build([]Record{
		{Timestamp: 1000, Key: []byte("k0"), Value: []byte("v0"), Headers: []Header{{"h", []byte("x")}, {"null", nil}}},
		{Timestamp: 3000, Key: []byte("k1")},
		{Timestamp: 2000, Value: []byte{}},
	}, noon)
}

// many is a batch of n records of size bytes.
func many(n, size int) Batch {
	records := make([]Record, n)
	for i := range records {
		value := bytes.Repeat([]byte(fmt.Sprintf("%07d ", i)), size/8+1)
		records[i] = Record{Timestamp: noon.UnixMilli() + int64(i), Key: []byte("key"), Value: value[:size]}
	}
	return Build(records, noon)
}

// TestAccessors reads what franz-go's codec wrote.
func TestAccessors(t *testing.T) {
	k := kmsg.RecordBatch{
		FirstOffset: 1 << 40, PartitionLeaderEpoch: 7, Magic: 2, Attributes: 1<<3 | 1<<4 | 1<<5 | 4, LastOffsetDelta: 2,
		FirstTimestamp: 11, MaxTimestamp: 22, ProducerID: 33, ProducerEpoch: 44, FirstSequence: 55, NumRecords: 3,
		Records: []byte("rest"),
	}
	b := encoded(k)
	got := fmt.Sprint(b.BaseOffset(), b.LastOffset(), b.LeaderEpoch(), b.Compression(), b.LogAppendTime(), b.Transactional(),
		b.Control(), b.LastOffsetDelta(), b.BaseTimestamp(), b.MaxTimestamp(), b.ProducerID(), b.ProducerEpoch(),
		b.BaseSequence(), b.LastSequence(), b.Count())
	want := "1099511627776 1099511627778 7 zstd true true true 2 11 22 33 44 55 57 3"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if b.storedCRC() != b.crc() {
		t.Errorf("crc %#x, want %#x", b.crc(), b.storedCRC())
	}
}

// encoded is k as franz-go lays it out, with the right length and CRC.
func encoded(k kmsg.RecordBatch) Batch {
	k.Length = int32(HeaderSize - lengthEnd + len(k.Records))
	b := Batch(k.AppendTo(nil))
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

func TestLastSequenceWraps(t *testing.T) {
	for _, c := range []struct{ base, want int32 }{
		{0, 2}, {math.MaxInt32 - 2, math.MaxInt32}, {math.MaxInt32 - 1, 0}, {math.MaxInt32, 1},
	} {
		b := sample()
		b.StampProducer(1, 0, c.base)
		if got := b.LastSequence(); got != c.want {
			t.Errorf("three records from %d: last sequence %d, want %d", c.base, got, c.want)
		}
	}
}

func TestStamp(t *testing.T) {
	b := sample()
	crc := b.storedCRC()
	b.Stamp(99, 5)
	if b.BaseOffset() != 99 || b.LastOffset() != 101 || b.LeaderEpoch() != 5 {
		t.Errorf("stamped 99 and 5, reads %d to %d and %d", b.BaseOffset(), b.LastOffset(), b.LeaderEpoch())
	}
	if b.storedCRC() != crc || b.crc() != crc {
		t.Errorf("Stamp touched what the CRC covers")
	}
	b.StampAppendTime(5000)
	if !b.LogAppendTime() || b.MaxTimestamp() != 5000 || b.storedCRC() != b.crc() {
		t.Errorf("append time %v, max timestamp %d, crc right %v", b.LogAppendTime(), b.MaxTimestamp(), b.storedCRC() == b.crc())
	}
	for r, err := range b.Records() {
		if err != nil || r.Timestamp != 5000 {
			t.Errorf("offset %d has timestamp %d, %v; want the append time", r.Offset, r.Timestamp, err)
		}
	}
}

func TestAccessorsAndStampsDoNotAllocate(t *testing.T) {
	b := sample()
	allocs := testing.AllocsPerRun(100, func() {
		b.Stamp(b.LastOffset()+1, b.LeaderEpoch())
		b.StampAppendTime(b.MaxTimestamp() + int64(b.Count()))
		b.StampProducer(b.ProducerID(), b.ProducerEpoch(), b.LastSequence())
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestNext(t *testing.T) {
	two := append(sample(), many(2, 10)...)
	first, rest, err := Next(two)
	if err != nil || !bytes.Equal(first, sample()) {
		t.Fatalf("first batch: %v", err)
	}
	second, rest, err := Next(rest)
	if err != nil || !bytes.Equal(second, many(2, 10)) || len(rest) != 0 {
		t.Fatalf("second batch: %d bytes behind it, %v", len(rest), err)
	}
	for n := range len(sample()) {
		if _, rest, err := Next(two[:n]); err != ErrIncomplete || len(rest) != n {
			t.Fatalf("%d bytes of a batch: %v", n, err)
		}
	}
}

func TestNextRefuses(t *testing.T) {
	for name, b := range map[string]Batch{
		"a negative length":           with(func(b Batch) { b.putInt32(lengthAt, -1) }),
		"a length below the header's": with(func(b Batch) { b.putInt32(lengthAt, 48) }),
		"magic 1":                     with(func(b Batch) { b[magicAt] = 1 }),
		"magic 3":                     with(func(b Batch) { b[magicAt] = 3 }),
		"magic -1":                    with(func(b Batch) { b[magicAt] = 0xff }),
	} {
		if _, _, err := Next(b); !errors.Is(err, kerr.CorruptMessage) || err == ErrIncomplete {
			t.Errorf("%s: %v, want CORRUPT_MESSAGE", name, err)
		}
	}
}
