package record

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// A Packer makes the bytes that a new encoder would, whatever it packed before, and also behind a batch that was refused.
func TestAPackerIsLikeANewOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	batches := []Batch{sample(), many(300, 100), many(1, 1<<18), many(20, 3000)}
	damaged := recompressed(t, many(50, 400), Gzip, 1)
	damaged[len(damaged)-200] ^= 0xff
	levels := []int{-1, -1, -1, 1, 9, 3}
	var k Packer
	kept := 0
	for range 400 {
		c, level := codecs[1+rng.IntN(len(codecs)-1)], levels[rng.IntN(len(levels))]
		if rng.IntN(8) == 0 && c != Gzip {
			if _, err := k.Recompress(damaged, c, level); err == nil {
				t.Fatal("a damaged batch was packed")
			}
			continue
		}
		b := batches[rng.IntN(len(batches))]
		if k.kept != nil && k.codec == c {
			kept++
		}
		got, err := k.Recompress(b, c, level)
		if err != nil {
			t.Fatal(err)
		}
		if want := recompressed(t, b, c, level); !bytes.Equal(got, want) {
			t.Fatalf("%s at level %d: %d bytes, want %d, or others", c, level, len(got), len(want))
		}
	}
	if kept < 20 {
		t.Errorf("an encoder was there %d times only", kept)
	}
}

// With its encoder at hand a Packer allocates the batch that it makes, and next to nothing else.
func TestAPackerKeepsItsEncoder(t *testing.T) {
	b := many(500, 100)
	for _, c := range []Compression{Gzip, Lz4, Zstd} {
		var k Packer
		allocs := testing.AllocsPerRun(20, func() {
			if _, err := k.Recompress(b, c, -1); err != nil {
				t.Fatal(err)
			}
		})
		if allocs > 3 {
			t.Errorf("%s: %v allocations", c, allocs)
		}
	}
}
