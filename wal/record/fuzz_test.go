package record

import (
	"bytes"
	"errors"
	"math/rand"
	"reflect"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
)

// seeds are batches for the fuzzers to begin with.
func seeds(t testing.TB) []Batch {
	all := []Batch{sample(), many(3, 100), of(1, whole...), of(2, whole...), Build(someRecords(rand.New(rand.NewSource(7)))[:3], noon)}
	for _, c := range codecs[1:] {
		all = append(all, recompressed(t, sample(), c, -1), recompressed(t, many(50, 100), c, -1))
	}
	return all
}

// FuzzValidate: no input panics, a refusal carries a Kafka code, and what is accepted reads the same to franz-go.
func FuzzValidate(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add([]byte(b), true)
		f.Add([]byte(b), false)
	}
	f.Fuzz(func(t *testing.T, p []byte, mend bool) {
		if mend && len(p) >= HeaderSize {
			b := Batch(p)
			b.Stamp(0, -1)
			b.putInt32(lengthAt, int32(len(p)-lengthEnd))
			b.putCRC()
		}
		b, err := Validate(p)
		if err != nil {
			var k *kerr.Error
			if !errors.As(err, &k) {
				t.Fatalf("no Kafka code: %v", err)
			}
			return
		}
		if same, err := Validate(bytes.Clone(b)); err != nil || !bytes.Equal(same, b) {
			t.Fatalf("a second look sees another batch: %v", err)
		}
		if b.Compression() == None {
			agree(t, b)
		}
	})
}

// agree checks everything that reads an uncompressed batch against franz-go.
func agree(t *testing.T, b Batch) {
	want := twinRecords(t, b)
	if !reflect.DeepEqual(all(t, b), want) || int(b.Count()) != len(want) {
		t.Fatal("franz-go reads other records")
	}
	var keyless []int32
	latest := want[0]
	for i, r := range want {
		if r.Key == nil && len(keyless) < maxKeyless {
			keyless = append(keyless, int32(i))
		}
		if r.Timestamp > latest.Timestamp {
			latest = r
		}
	}
	if got, err := b.KeylessRecords(); err != nil || !reflect.DeepEqual(got, keyless) {
		t.Fatalf("keyless %v, %v; want %v", got, err, keyless)
	}
	if latest.Timestamp != b.MaxTimestamp() {
		t.Fatalf("max timestamp %d, want %d", b.MaxTimestamp(), latest.Timestamp)
	}
	offset, _, ok, err := b.FirstAtOrAfter(latest.Timestamp, 0)
	if err != nil || !ok || offset != latest.Offset {
		t.Fatalf("first at the max timestamp is %d, %v; want %d", offset, err, latest.Offset)
	}
	packed := recompressed(t, b, Snappy, -1)
	if !reflect.DeepEqual(all(t, packed), want) {
		t.Fatal("other records after snappy")
	}
}

// FuzzWalk: the fast way through the records decides as the slow one.
func FuzzWalk(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add([]byte(b.payload()), b.Count())
	}
	f.Fuzz(func(t *testing.T, p []byte, count int32) {
		if count <= 0 || int(count) > len(p)+1 {
			return
		}
		maxDelta, index, flaw := walk(p, count)
		twinDelta, twinIndex, ok := twinWalk(p, count)
		if ok != (flaw == "") || !ok && index != twinIndex || ok && maxDelta != twinDelta {
			t.Fatalf("walk: %d, record %d, %q; twin: %d, record %d, %v", maxDelta, index, flaw, twinDelta, twinIndex, ok)
		}
	})
}

// FuzzNext: no input panics, and a batch and the rest laid end to end are the input.
func FuzzNext(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add([]byte(append(b, sample()...)))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		b, rest, err := Next(p)
		if err != nil {
			if b != nil || len(rest) != len(p) {
				t.Fatalf("%d bytes of batch and %d of %d left after %v", len(b), len(rest), len(p), err)
			}
			return
		}
		if len(b) < HeaderSize || !bytes.Equal(append(b, rest...), p) {
			t.Fatal("batch and rest are not the input")
		}
	})
}

// FuzzRecords walks what any codec makes of any bytes: no input panics, the walks agree on what is whole, and what unpacks
// can be packed again.
func FuzzRecords(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(uint8(b.Compression()), b.Count(), []byte(b.payload()))
	}
	f.Fuzz(func(t *testing.T, codec uint8, count int32, payload []byte) {
		b := packedAs(of(count), Compression(codec&codecBits), payload)
		var err error
		records := 0
		for _, err = range b.Records() {
			records++
		}
		_, skimmed := b.KeylessRecords()
		if err == nil && skimmed != nil {
			t.Fatalf("%d records are whole, and yet: %v", records, skimmed)
		}
		_, _, _, _ = b.FirstAtOrAfter(1, 0)
		_, _, _, _ = b.FirstWithMaxTimestamp()
		other := None
		if b.Compression() == None {
			other = Snappy
		}
		var k *kerr.Error
		if _, err := b.Recompress(other, 0); err != nil && !errors.As(err, &k) {
			t.Fatalf("no Kafka code: %v", err)
		}
	})
}
