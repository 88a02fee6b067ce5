package record

import (
	"fmt"
	"reflect"
	"testing"
)

// inAllCodecs runs f on b in every codec.
func inAllCodecs(t *testing.T, b Batch, f func(t *testing.T, b Batch)) {
	for _, c := range codecs {
		t.Run(c.String(), func(t *testing.T) { f(t, recompressed(t, b, c, -1)) })
	}
}

func TestKeylessRecords(t *testing.T) {
	mixed := Build([]Record{{Key: []byte("k")}, {Value: []byte("v")}, {Key: []byte{}}, {}}, noon)
	inAllCodecs(t, mixed, func(t *testing.T, b Batch) {
		if got, err := b.KeylessRecords(); err != nil || !reflect.DeepEqual(got, []int32{1, 3}) {
			t.Errorf("%v, %v; want 1 and 3: an empty key is a key", got, err)
		}
	})
	inAllCodecs(t, many(1000, 1000), func(t *testing.T, b Batch) {
		if got, err := b.KeylessRecords(); err != nil || got != nil {
			t.Errorf("%v, %v; want none", got, err)
		}
	})
	if got, err := Build(make([]Record, maxKeyless+5), noon).KeylessRecords(); err != nil || len(got) != maxKeyless {
		t.Errorf("%d, %v; want the first %d", len(got), err, maxKeyless)
	}
}

// TestFirstAtOrAfter looks into a batch with offsets 100, 101, 102 and times 1000, 3000, 2000.
func TestFirstAtOrAfter(t *testing.T) {
	inAllCodecs(t, sample(), func(t *testing.T, b Batch) {
		b.Stamp(100, 1)
		for _, c := range []struct {
			ts, from int64
			want     string
		}{
			{0, 0, "100 1000 true"},
			{1000, 100, "100 1000 true"},
			{1001, 0, "101 3000 true"},
			{3000, 0, "101 3000 true"},
			{3001, 0, "0 0 false"},
			{0, 101, "101 3000 true"}, // the log starts inside the batch
			{2000, 102, "102 2000 true"},
			{2001, 102, "0 0 false"},
			{0, 103, "0 0 false"},
		} {
			offset, ts, ok, err := b.FirstAtOrAfter(c.ts, c.from)
			if got := fmt.Sprint(offset, ts, ok); err != nil || got != c.want {
				t.Errorf("at or after %d from %d: %s, %v; want %s", c.ts, c.from, got, err, c.want)
			}
		}
	})
}

func TestFirstWithMaxTimestamp(t *testing.T) {
	inAllCodecs(t, sample(), func(t *testing.T, b Batch) {
		b.Stamp(100, 1)
		if offset, ts, ok, err := b.FirstWithMaxTimestamp(); offset != 101 || ts != 3000 || !ok || err != nil {
			t.Errorf("%d %d %v %v, want 101 3000", offset, ts, ok, err)
		}
	})
	twice := Build([]Record{{Timestamp: 5}, {Timestamp: 9}, {Timestamp: 9}}, noon)
	if offset, _, _, err := twice.FirstWithMaxTimestamp(); offset != 1 || err != nil {
		t.Errorf("offset %d, %v; want 1, the first of the two", offset, err)
	}
	cut := of(2, whole...)
	if _, _, ok, err := Batch(cut).FirstWithMaxTimestamp(); ok || err == nil {
		t.Errorf("found %v, %v; want the error behind a record that is not the latest", ok, err)
	}
	Batch(cut).putInt64(maxTimestampAt, Batch(cut).BaseTimestamp())
	if _, _, ok, err := Batch(cut).FirstWithMaxTimestamp(); !ok || err != nil {
		t.Errorf("found %v, %v; want the walk to end at the latest record", ok, err)
	}
	none := Build([]Record{{Timestamp: -1}, {Timestamp: -1}}, noon)
	if _, _, ok, err := none.FirstWithMaxTimestamp(); ok || err != nil {
		t.Errorf("found one in a batch without timestamps, %v", err)
	}
}

// TestLookupsUnderLogAppendTime: every record has the batch's max timestamp, whatever its producer wrote.
func TestLookupsUnderLogAppendTime(t *testing.T) {
	inAllCodecs(t, sample(), func(t *testing.T, b Batch) {
		b.Stamp(100, 1)
		b.StampAppendTime(2500)
		for ts, want := range map[int64]string{0: "100 2500 true", 2500: "100 2500 true", 2501: "0 0 false"} {
			offset, found, ok, err := b.FirstAtOrAfter(ts, 0)
			if got := fmt.Sprint(offset, found, ok); err != nil || got != want {
				t.Errorf("at or after %d: %s, %v; want %s", ts, got, err, want)
			}
		}
		if offset, ts, ok, err := b.FirstWithMaxTimestamp(); offset != 100 || ts != 2500 || !ok || err != nil {
			t.Errorf("max timestamp: %d %d %v %v, want 100 2500", offset, ts, ok, err)
		}
	})
}
