package record

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"reflect"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The twins: franz-go's generated codec, and the walk without its fast way.

// twinBuild is Build by franz-go's codec. Every record has a timestamp.
func twinBuild(records []Record) Batch {
	k := kmsg.RecordBatch{
		PartitionLeaderEpoch: -1, Magic: 2, LastOffsetDelta: int32(len(records) - 1), NumRecords: int32(len(records)),
		FirstTimestamp: records[0].Timestamp, MaxTimestamp: records[0].Timestamp, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1,
	}
	for i, r := range records {
		k.MaxTimestamp = max(k.MaxTimestamp, r.Timestamp)
		k.Records = append(k.Records, twinRecord(r, k.FirstTimestamp, i)...)
	}
	return encoded(k)
}

func twinRecord(r Record, base int64, index int) []byte {
	k := kmsg.Record{TimestampDelta64: r.Timestamp - base, OffsetDelta: int32(index), Key: r.Key, Value: r.Value}
	for _, h := range r.Headers {
		k.Headers = append(k.Headers, kmsg.Header{Key: h.Key, Value: h.Value})
	}
	const zeroLength = 1
	k.Length = int32(len(k.AppendTo(nil)) - zeroLength)
	return k.AppendTo(nil)
}

// twinRecords is Records by franz-go's codec, of an uncompressed batch that is right.
func twinRecords(t testing.TB, b Batch) []Record {
	t.Helper()
	var k kmsg.RecordBatch
	if err := k.ReadFrom(b); err != nil {
		t.Fatalf("franz-go can't read the batch: %v", err)
	}
	var records []Record
	for rest := k.Records; len(rest) > 0; {
		length, n := binary.Varint(rest)
		var kr kmsg.Record
		if err := kr.ReadFrom(rest[:n+int(length)]); err != nil {
			t.Fatalf("franz-go can't read record %d: %v", len(records), err)
		}
		rest = rest[n+int(length):]
		r := Record{Offset: k.FirstOffset + int64(kr.OffsetDelta), Timestamp: k.FirstTimestamp + kr.TimestampDelta64, Key: kr.Key, Value: kr.Value}
		for _, h := range kr.Headers {
			r.Headers = append(r.Headers, Header{Key: h.Key, Value: h.Value})
		}
		records = append(records, r)
	}
	return records
}

// twinWalk is walk with checkRecord for every record.
func twinWalk(p []byte, count int32) (maxDelta int64, index int32, ok bool) {
	for i := range count {
		length, at := varint(p, 0)
		if at == broken || length < 0 || length > len(p)-at {
			return 0, i, false
		}
		delta, flaw := checkRecord(p[at:at+length], i)
		if flaw != "" {
			return 0, i, false
		}
		if i == 0 || delta > maxDelta {
			maxDelta = delta
		}
		p = p[at+length:]
	}
	return maxDelta, count - 1, len(p) == 0
}

// someRecords makes records of all shapes and of lengths around the borders of varints.
func someRecords(r *rand.Rand) []Record {
	lengths := []int{0, 1, 2, 31, 32, 63, 64, 65, 127, 128, 8191, 8192, 8193}
	some := func() []byte {
		if r.Intn(4) == 0 {
			return nil
		}
		return bytes.Repeat([]byte{byte(r.Intn(256))}, lengths[r.Intn(len(lengths))])
	}
	records := make([]Record, 1+r.Intn(150))
	for i := range records {
		records[i] = Record{Offset: int64(i), Timestamp: 1 + r.Int63n(1<<r.Intn(60)), Key: some(), Value: some()}
		for range max(0, r.Intn(6)-3) {
			records[i].Headers = append(records[i].Headers, Header{string(some()), some()})
		}
	}
	return records
}

func TestTwins(t *testing.T) {
	for seed := range int64(200) {
		records := someRecords(rand.New(rand.NewSource(seed)))
		b := Build(records, noon)
		if !bytes.Equal(b, twinBuild(records)) {
			t.Fatalf("seed %d: franz-go lays the batch out otherwise", seed)
		}
		if _, err := Validate(bytes.Clone(b)); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if !reflect.DeepEqual(all(t, b), records) || !reflect.DeepEqual(twinRecords(t, b), records) {
			t.Fatalf("seed %d: other records come out than went in", seed)
		}
	}
}

// TestWalksMeetTheirTwin spoils each byte of a batch in every way: the fast walk, the slow one, and the readers of records
// find the same ones good.
func TestWalksMeetTheirTwin(t *testing.T) {
	good := append(bytes.Clone(sample().payload()), 12, 0, 0, 6, 1, 0, 0)
	claims := of(1, 22, 0, 0, 0, 1, 0, 0x80, 0x80, 0x80, 0x80, 8) // 2^30 headers
	small := Build([]Record{{Timestamp: 1, Key: []byte("k"), Value: []byte("v")}, {Timestamp: 1, Headers: []Header{{"", []byte{}}}}, {Timestamp: 1}}, noon)
	for _, original := range []Batch{of(4, good...), small, of(1, whole...), of(2, append(bytes.Clone(whole), 12, 0, 0, 2, 1, 0, 0)...), claims} {
		for at := HeaderSize; at < len(original); at++ {
			for v := range 256 {
				b := bytes.Clone(original)
				b[at] = byte(v)
				walksAgree(t, b)
			}
		}
	}
}

func walksAgree(t *testing.T, b Batch) {
	maxDelta, index, flaw := walk(b.payload(), b.Count())
	twinDelta, twinIndex, ok := twinWalk(b.payload(), b.Count())
	if ok != (flaw == "") || !ok && index != twinIndex || ok && maxDelta != twinDelta {
		t.Fatalf("%x: walk %d, record %d, %q; twin %d, record %d, %v", b.payload(), maxDelta, index, flaw, twinDelta, twinIndex, ok)
	}
	var err error
	for _, err = range b.Records() {
	}
	if err == nil && flaw != "" && flaw != flawOffsetDelta {
		t.Fatalf("%x: Records finds nothing wrong, walk says %q", b.payload(), flaw)
	}
	if _, skimmed := b.KeylessRecords(); err == nil && skimmed != nil || flaw == "" && err != nil {
		t.Fatalf("%x: walk %q, Records %v, KeylessRecords %v", b.payload(), flaw, err, skimmed)
	}
}

func TestBuildTakesNowForNoTimestamp(t *testing.T) {
	b := Build([]Record{{}, {Timestamp: 5}}, noon)
	got := all(t, b)
	if got[0].Timestamp != noon.UnixMilli() || got[1].Timestamp != 5 || b.MaxTimestamp() != noon.UnixMilli() {
		t.Errorf("%v, max %d", got, b.MaxTimestamp())
	}
	if Build(nil, noon) != nil {
		t.Error("there is a batch of no records")
	}
}

func TestBuildAllocatesOnce(t *testing.T) {
	records := someRecords(rand.New(rand.NewSource(1)))
	if n := testing.AllocsPerRun(10, func() { Build(records, noon) }); n != 1 {
		t.Errorf("%v allocations, want the batch alone", n)
	}
}

// TestVarint meets the twin, encoding/binary, on every border.
func TestVarint(t *testing.T) {
	for bit := range 32 {
		for _, v := range []int64{1<<bit - 1, -1 << bit, 1 << bit, -1<<bit - 1} {
			p := binary.AppendVarint(nil, v)
			if varintSize(v) != len(p) {
				t.Errorf("%d: size %d, want %d", v, varintSize(v), len(p))
			}
			for _, room := range []int{0, 1, 8} {
				got, next := varint(append(p, make([]byte, room)...), 0)
				fits := int64(int32(v)) == v
				if fits && (int64(got) != v || next != len(p)) || !fits && next != broken {
					t.Errorf("%d with %d bytes behind: %d, next %d", v, room, got, next)
				}
			}
			if _, next := varint(p[:len(p)-1], 0); next != broken {
				t.Errorf("%d cut: next %d", v, next)
			}
		}
	}
	if _, next := varint([]byte{0, 0, 0}, broken); next != broken {
		t.Error("a read at broken is not broken")
	}
	if _, next := varlong([]byte{0, 0, 0}, broken); next != broken {
		t.Error("a long read at broken is not broken")
	}
}
