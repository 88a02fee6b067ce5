package record

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var codecs = []Compression{None, Gzip, Snappy, Lz4, Zstd}

// all is what a walk over b yields.
func all(t testing.TB, b Batch) []Record {
	t.Helper()
	var records []Record
	for r, err := range b.Records() {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

func recompressed(t testing.TB, b Batch, c Compression, level int) Batch {
	t.Helper()
	made, err := b.Recompress(c, level)
	if err != nil {
		t.Fatalf("%s to %s: %v", b.Compression(), c, err)
	}
	return made
}

// TestRecompress goes from every codec to every codec, and keeps everything else.
func TestRecompress(t *testing.T) {
	for _, original := range []Batch{sample(), many(1, 1<<20), many(3000, 100)} {
		original.StampProducer(5, 6, 7)
		original.Stamp(1000, 3)
		want := all(t, original)
		for _, from := range codecs {
			first := recompressed(t, original, from, -1)
			for _, to := range codecs {
				b := recompressed(t, first, to, -1)
				if b.Compression() != to || b.storedCRC() != b.crc() || int(b.length()) != len(b)-lengthEnd {
					t.Errorf("%s to %s: codec %s, CRC or length wrong", from, to, b.Compression())
				}
				if !reflect.DeepEqual(all(t, b), want) {
					t.Errorf("%s to %s: other records", from, to)
				}
				if back := recompressed(t, b, None, 0); !bytes.Equal(back, original) {
					t.Errorf("%s to %s and back: other bytes", from, to)
				}
			}
		}
	}
}

func TestRecompressLeavesWhatHasTheCodec(t *testing.T) {
	b := recompressed(t, sample(), Zstd, 3)
	for _, c := range []Compression{Zstd, Producer} {
		if same := recompressed(t, b, c, 19); &same[0] != &b[0] {
			t.Errorf("%s: made another batch", c)
		}
	}
}

// TestLevels takes every level of Kafka's configs, and some that are none.
func TestLevels(t *testing.T) {
	original := many(100, 100)
	for _, c := range codecs[1:] {
		for _, level := range []int{-131072, -1, 0, 1, 3, 6, 8, 9, 10, 12, 17, 19, 22, 1000} {
			if b := recompressed(t, original, c, level); !bytes.Equal(recompressed(t, b, None, 0), original) {
				t.Errorf("%s at level %d: other records", c, level)
			}
		}
	}
}

// compressed is b with the payload packed by franz-go.
func compressed(t testing.TB, b Batch, c kgo.CompressionCodec, codec Compression) Batch {
	t.Helper()
	compressor, err := kgo.DefaultCompressor(c)
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := compressor.Compress(new(bytes.Buffer), b.payload())
	return packedAs(b, codec, payload)
}

// packedAs is b with another payload.
func packedAs(b Batch, codec Compression, payload []byte) Batch {
	made := append(bytes.Clone(b[:HeaderSize]), payload...)
	Batch(made).putAttributes(b.attributes()&^codecBits | uint16(codec))
	Batch(made).putInt32(lengthAt, int32(len(made)-lengthEnd))
	Batch(made).putCRC()
	return made
}

// TestCodecsMeetFranzGo unpacks what franz-go packs, and the other way round.
func TestCodecsMeetFranzGo(t *testing.T) {
	original := many(2000, 100)
	theirs := kgo.DefaultDecompressor()
	for codec, c := range map[Compression]kgo.CompressionCodec{
		Gzip: kgo.GzipCompression(), Snappy: kgo.SnappyCompression(), Lz4: kgo.Lz4Compression(), Zstd: kgo.ZstdCompression(),
	} {
		b, err := Validate(compressed(t, original, c, codec))
		if err != nil {
			t.Fatalf("%s: %v", codec, err)
		}
		if !bytes.Equal(recompressed(t, b, None, 0), original) {
			t.Errorf("%s: franz-go packed it, unpacked here it has other records", codec)
		}
		payload, err := theirs.Decompress(recompressed(t, original, codec, -1).payload(), kgo.CompressionCodecType(codec))
		if err != nil || !bytes.Equal(payload, original.payload()) {
			t.Errorf("%s: packed here, unpacked by franz-go it has other records: %v", codec, err)
		}
	}
	raw := packedAs(original, Snappy, snappy.Encode(nil, original.payload()))
	if !bytes.Equal(recompressed(t, raw, None, 0), original) {
		t.Errorf("a raw snappy block has other records")
	}
}

// TestRecompressChecksRecords unpacks records that Validate could not look at.
func TestRecompressChecksRecords(t *testing.T) {
	for name, b := range map[string]Batch{
		"too few":            of(2, whole...),
		"too many":           of(1, append(bytes.Clone(whole), whole...)...),
		"wrong offset delta": of(2, append(bytes.Clone(whole), whole...)...),
		"bad field":          of(1, 12, 0, 0, 0, 8, 0, 0),
	} {
		for _, c := range codecs[1:] {
			packed, err := Validate(recompressed(t, b, c, -1))
			if err != nil {
				t.Fatalf("%s, %s: %v", name, c, err)
			}
			if _, err := packed.Recompress(None, 0); !errors.Is(err, kerr.InvalidRecord) {
				t.Errorf("%s, %s: %v, want INVALID_RECORD", name, c, err)
			}
		}
	}
}

func TestRecompressPutsMaxTimestampRight(t *testing.T) {
	b := recompressed(t, sample(), Zstd, 3)
	b.putInt64(maxTimestampAt, 1<<50)
	if made := recompressed(t, b, None, 0); !bytes.Equal(made, sample()) {
		t.Errorf("max timestamp %d, want 3000", made.MaxTimestamp())
	}
}

// TestGarbageIsInvalid: a payload that no codec wrote is INVALID_RECORD, which clients do not send again.
func TestGarbageIsInvalid(t *testing.T) {
	for _, c := range codecs[1:] {
		good := recompressed(t, many(100, 100), c, -1).payload()
		for name, payload := range map[string][]byte{
			"nothing": nil, "text": []byte("neither compressed nor records"), "cut": good[:len(good)/2], "magic only": xerialHeader,
		} {
			b := packedAs(many(100, 100), c, payload)
			if _, err := b.KeylessRecords(); !errors.Is(err, kerr.InvalidRecord) {
				t.Errorf("%s of %s: %v, want INVALID_RECORD", c, name, err)
			}
		}
	}
	unknown := packedAs(sample(), 6, nil)
	for _, err := range unknown.Records() {
		if !errors.Is(err, kerr.UnsupportedCompressionType) {
			t.Errorf("codec 6: %v", err)
		}
	}
	if _, err := sample().Recompress(6, 0); !errors.Is(err, kerr.UnsupportedCompressionType) {
		t.Errorf("to codec 6: %v", err)
	}
}

func TestCompressionNames(t *testing.T) {
	var names []string
	for c := Producer; c <= Zstd+1; c++ {
		names = append(names, c.String())
	}
	if got := strings.Join(names, ", "); got != "producer, uncompressed, gzip, snappy, lz4, zstd, codec 5" {
		t.Error(got)
	}
}
