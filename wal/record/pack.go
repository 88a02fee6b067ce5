package record

import (
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// step is the library's own setting for one of Kafka's *.level values. Levels that Kafka does not have count as the
// codec's default.
func step(c Compression, level int) int {
	switch c {
	case Gzip: // 1 to 9, -1 for the default
		if level >= 1 && level <= 9 {
			return level
		}
		return gzip.DefaultCompression
	case Lz4: // 1 to 17; 9, the default, is lz4's fast compressor in Kafka, not the ninth of the others (KIP-390)
		if level >= 1 && level <= 17 && level != 9 {
			return min(level, 9)
		}
	case Zstd: // -131072 to 22, in four steps
		return int(zstd.EncoderLevelFromZstd(level))
	}
	return 0
}

// zstdWindow is how far back a zstd encoder looks: enough for most batches, and small enough to keep.
const zstdWindow = 256 << 10

// pack begins to write packed bytes to to, with a new encoder. They are whole when the writer is closed.
func pack(c Compression, step int, to io.Writer) (io.WriteCloser, error) {
	switch c {
	case Gzip:
		return gzip.NewWriterLevel(to, step)
	case Snappy:
		return &snappyWriter{to: to}, nil
	case Lz4:
		return newLz4Writer(to, step)
	case Zstd:
		return zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.EncoderLevel(step)), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true))
	}
	return nil, unknownCodec(c)
}

// newLz4Writer writes frames as the Java client does: independent blocks of 64 KiB, no content checksum.
func newLz4Writer(to io.Writer, step int) (io.WriteCloser, error) {
	level := lz4.Fast
	if step > 0 {
		level = lz4.CompressionLevel(1 << (8 + step))
	}
	w := lz4.NewWriter(to)
	err := w.Apply(lz4.CompressionLevelOption(level), lz4.BlockSizeOption(lz4.Block64Kb), lz4.ChecksumOption(false))
	return w, err
}
