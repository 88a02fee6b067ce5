package record

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/twmb/franz-go/pkg/kerr"
)

// unpacker unpacks one batch's records. Dropped half way, it leaves nothing running.
type unpacker struct {
	io.Reader
	codec Compression
}

// maxZstdWindow is the largest window that zstd's own streaming decoder takes unless told otherwise
// (ZSTD_WINDOWLOG_LIMIT_DEFAULT).
const maxZstdWindow = 128 << 20

// unpack begins to unpack src.
func unpack(c Compression, src []byte) (*unpacker, error) {
	var (
		from = bytes.NewReader(src)
		r    io.Reader
		err  error
	)
	switch c {
	case Gzip:
		r, err = gzip.NewReader(from)
	case Snappy:
		r = newSnappyReader(src)
	case Lz4:
		r = lz4.NewReader(from)
	case Zstd:
		r, err = newZstdReader(from)
	default:
		err = unknownCodec(c)
	}
	if err != nil {
		return nil, unpackError(c, err)
	}
	return &unpacker{r, c}, nil
}

// newZstdReader decodes on the caller's goroutine, which is what a concurrency of one means: it has none of its own to stop.
func newZstdReader(from io.Reader) (io.Reader, error) {
	return zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
}

// unknownCodec is the error for a codec number that Kafka does not have.
func unknownCodec(c Compression) *Error {
	return errorf(kerr.UnsupportedCompressionType, "compression %d is not one that Kafka has", c)
}
