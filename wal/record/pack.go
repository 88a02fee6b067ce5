package record

import (
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/twmb/franz-go/pkg/kerr"
)

// packer is what the libraries' encoders have in common. Encoders are large, so they are pooled.
type packer interface {
	io.WriteCloser
	Reset(io.Writer)
}

// packers are idle encoders, by codec and by step.
var packers [Zstd + 1][steps]sync.Pool

// steps is one more than the greatest step of any codec.
const steps = 10

// step is the library's own setting for one of Kafka's *.level values: 0 to 9, 0 being the library's default. Levels that
// Kafka does not have count as its default.
func step(c Compression, level int) int {
	switch c {
	case Gzip: // 1 to 9, -1 for the default
		if level >= 1 && level <= 9 {
			return level
		}
	case Lz4: // 1 to 17; 9, the default, is lz4's fast compressor in Kafka, and not the ninth of the others (KIP-390)
		if level >= 1 && level <= 17 && level != 9 {
			return min(level, 9)
		}
	case Zstd: // -131072 to 22, in four steps
		return int(zstd.EncoderLevelFromZstd(level))
	}
	return 0
}

// pack begins to write packed bytes to to. The packer goes back with release.
func pack(c Compression, level int, to io.Writer) (p packer, release func(), err error) {
	if c <= None || c > Zstd {
		return nil, nil, errorf(kerr.UnsupportedCompressionType, "compression %d is not one that Kafka has", c)
	}
	pool := &packers[c][step(c, level)]
	p, ok := pool.Get().(packer)
	if !ok {
		if p, err = newPacker(c, step(c, level)); err != nil {
			return nil, nil, err
		}
	}
	p.Reset(to)
	return p, func() { p.Reset(io.Discard); pool.Put(p) }, nil
}

// zstdWindow is enough for a whole batch of the default max.message.bytes.
const zstdWindow = 1 << 20

func newPacker(c Compression, step int) (packer, error) {
	switch c {
	case Gzip:
		if step == 0 {
			step = gzip.DefaultCompression
		}
		return gzip.NewWriterLevel(io.Discard, step)
	case Snappy:
		return new(snappyWriter), nil
	case Lz4:
		return newLz4Writer(step)
	}
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.EncoderLevel(step)), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true))
}

// newLz4Writer writes frames as the Java client does: independent blocks of 64 KiB, no content checksum.
func newLz4Writer(step int) (packer, error) {
	level := lz4.Fast
	if step > 0 {
		level = lz4.CompressionLevel(1 << (8 + step))
	}
	w := lz4.NewWriter(io.Discard)
	err := w.Apply(lz4.CompressionLevelOption(level), lz4.BlockSizeOption(lz4.Block64Kb), lz4.ChecksumOption(false))
	return w, err
}
