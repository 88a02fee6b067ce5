package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"runtime"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/twmb/franz-go/pkg/kerr"
)

// bomb is a batch of one record that claims to be size zeros, and more zeros than a batch may hold.
func bomb(t testing.TB, c Compression, size int) Batch {
	t.Helper()
	var packed bytes.Buffer
	w, err := pack(c, step(c, -1), &packed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(binary.AppendVarint(nil, int64(size))); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(struct{ io.Writer }{w}, zeros{}, MaxDecompressed+1); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packedAs(of(1), c, packed.Bytes())
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestBombs: what would unpack to more than the limit is refused, and walking up to there takes the memory of a window and
// of a decoder.
func TestBombs(t *testing.T) {
	for _, c := range []Compression{Gzip, Lz4, Zstd} {
		if _, err := bomb(t, c, MaxDecompressed+1).KeylessRecords(); !errors.Is(err, kerr.InvalidRecord) {
			t.Errorf("%s, a record above the limit: %v, want INVALID_RECORD", c, err)
		}
		b := bomb(t, c, MaxDecompressed-lengthSize)
		taken := allocated(func() {
			if _, err := b.KeylessRecords(); !errors.Is(err, kerr.MessageTooLarge) {
				t.Errorf("%s, records above the limit: %v, want MESSAGE_TOO_LARGE", c, err)
			}
		})
		if taken > 24<<20 {
			t.Errorf("%s: walking %d packed bytes took %d bytes of memory", c, len(b), taken)
		}
	}
}

// allocated is how many bytes f allocates in all.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestSnappyClaims: a snappy block is not given the memory that it claims unless it can be that long.
func TestSnappyClaims(t *testing.T) {
	claim := binary.AppendUvarint(nil, MaxDecompressed-1)
	raw := packedAs(sample(), Snappy, append(claim, 0, 'x'))
	framed := append(bytes.Clone(xerialHeader), 0, 0, 0, byte(len(claim)+2))
	xerial := packedAs(sample(), Snappy, append(append(framed, claim...), 0, 'x'))
	for name, b := range map[string]Batch{"raw": raw, "xerial": xerial} {
		taken := allocated(func() {
			if _, err := b.KeylessRecords(); !errors.Is(err, kerr.InvalidRecord) {
				t.Errorf("%s: %v, want INVALID_RECORD", name, err)
			}
		})
		if taken > 1<<20 {
			t.Errorf("%s: took %d bytes", name, taken)
		}
	}
}

// TestSnappyBlockAboveTheLimit: nor if it can, and is more than a batch may hold.
func TestSnappyBlockAboveTheLimit(t *testing.T) {
	block := make([]byte, MaxDecompressed/snappyGain+100)
	binary.PutUvarint(block, MaxDecompressed+1)
	if _, err := packedAs(sample(), Snappy, block).KeylessRecords(); !errors.Is(err, kerr.MessageTooLarge) {
		t.Errorf("%v, want MESSAGE_TOO_LARGE", err)
	}
}

// TestXerialCut: a stream may not end within a block or its size.
func TestXerialCut(t *testing.T) {
	stream := recompressed(t, sample(), Snappy, -1).payload()
	for n := len(xerialHeader); n < len(stream); n++ {
		if _, err := packedAs(sample(), Snappy, stream[:n]).KeylessRecords(); !errors.Is(err, kerr.InvalidRecord) {
			t.Errorf("%d bytes of %d: %v, want INVALID_RECORD", n, len(stream), err)
		}
	}
}

// TestZstdWindow: a frame may ask for a window of 128 MiB, which costs nothing until it is used, and not for more.
func TestZstdWindow(t *testing.T) {
	frame := func(windowLog int) Batch {
		header := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, byte(windowLog-10) << 3, byte(len(whole)<<3 | 1), 0, 0}
		return packedAs(of(1), Zstd, append(header, whole...))
	}
	taken := allocated(func() {
		if keyless, err := frame(27).KeylessRecords(); err != nil || len(keyless) != 1 {
			t.Errorf("128 MiB: %v", err)
		}
	})
	if taken > 2<<20 {
		t.Errorf("128 MiB: took %d bytes", taken)
	}
	if _, err := frame(28).KeylessRecords(); !errors.Is(err, kerr.InvalidRecord) {
		t.Errorf("256 MiB: %v, want INVALID_RECORD", err)
	}
}

// TestSnappyGain: the bound on claims is above what snappy reaches on its best input.
func TestSnappyGain(t *testing.T) {
	b := many(1, 1<<20)
	clear(b.payload()[100:])
	packed := snappy.Encode(nil, b.payload())
	if got := len(b.payload()) / len(packed); got > snappyGain || got < snappyGain-4 {
		t.Errorf("snappy packs zeros %d to 1, the bound is %d", got, snappyGain)
	}
	var r bytes.Buffer
	if _, err := io.Copy(&r, newSnappyReader(packed)); err != nil || !bytes.Equal(r.Bytes(), b.payload()) {
		t.Errorf("unpacking the best case: %v", err)
	}
}

// TestClaimsTakeNoMemory: a record that claims to be large takes memory as its bytes come, not before.
func TestClaimsTakeNoMemory(t *testing.T) {
	b := recompressed(t, of(1, append(binary.AppendVarint(nil, MaxDecompressed-100), 0, 0, 0)...), Gzip, -1)
	taken := allocated(func() {
		for _, err := range b.Records() {
			if !errors.Is(err, kerr.InvalidRecord) {
				t.Errorf("%v, want INVALID_RECORD", err)
			}
		}
	})
	if taken > 1<<20 {
		t.Errorf("took %d bytes", taken)
	}
}

// TestRecordsStay: what a walk has handed out is not written over while it goes on.
func TestRecordsStay(t *testing.T) {
	original := many(5000, 300)
	inAllCodecs(t, original, func(t *testing.T, b Batch) {
		if !reflect.DeepEqual(all(t, b), all(t, original)) {
			t.Error("records changed after they were handed out")
		}
	})
}

// TestRecordsStopsEarly: a reader may leave the walk.
func TestRecordsStopsEarly(t *testing.T) {
	inAllCodecs(t, many(1000, 100), func(t *testing.T, b Batch) {
		for r, err := range b.Records() {
			if err != nil || r.Offset != 0 {
				t.Fatalf("offset %d, %v", r.Offset, err)
			}
			break
		}
	})
}

// TestWalksAgree: what the walks find wrong, every one of them finds.
func TestWalksAgree(t *testing.T) {
	for name, b := range map[string]Batch{
		"too few":           of(2, whole...),
		"too many":          of(1, append(bytes.Clone(whole), whole...)...),
		"length beyond":     of(1, 14, 0, 0, 0, 1, 0, 0),
		"key length of -2":  of(1, 12, 0, 0, 0, 3, 0, 0),
		"no offset delta":   of(1, 4, 0, 0),
		"nothing":           of(1),
		"negative length":   of(1, 11, 0, 0, 0, 1, 0, 0),
		"length cut":        of(1, 0x80),
		"timestamp endless": of(1, 24, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0),
	} {
		if _, err := b.KeylessRecords(); !errors.Is(err, kerr.InvalidRecord) {
			t.Errorf("%s: KeylessRecords says %v", name, err)
		}
		var last error
		for _, err := range b.Records() {
			last = err
		}
		if !errors.Is(last, kerr.InvalidRecord) {
			t.Errorf("%s: Records says %v", name, last)
		}
	}
}
