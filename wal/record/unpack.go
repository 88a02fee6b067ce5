package record

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/pierrec/lz4/v4"
	"github.com/twmb/franz-go/pkg/kerr"
)

// unpacker unpacks one batch's records. Dropped half way, it leaves nothing running.
type unpacker struct {
	io.Reader
	codec Compression
}

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

// unknownCodec is the error for a codec number that Kafka does not have.
func unknownCodec(c Compression) *Error {
	return errorf(kerr.UnsupportedCompressionType, "compression %d is not one that Kafka has", c)
}
