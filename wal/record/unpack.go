package record

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/twmb/franz-go/pkg/kerr"
)

// unpacker is a decoder with what it reads from. Decoders are large, so they are pooled.
type unpacker struct {
	decoder
	codec Compression
	src   bytes.Reader
}

// decoder is what the libraries' decoders have in common.
type decoder interface {
	io.Reader
	Reset(io.Reader) error
}

// unpackers are idle decoders by codec.
var unpackers [Zstd + 1]sync.Pool

// unpack begins to unpack src.
func unpack(c Compression, src []byte) (*unpacker, error) {
	if c <= None || c > Zstd {
		return nil, errorf(kerr.UnsupportedCompressionType, "compression %d is not one that Kafka has", c)
	}
	u, ok := unpackers[c].Get().(*unpacker)
	if !ok {
		d, err := newDecoder(c)
		if err != nil {
			return nil, err
		}
		u = &unpacker{decoder: d, codec: c}
	}
	u.src.Reset(src)
	if err := u.Reset(&u.src); err != nil {
		u.release()
		return nil, unpackError(c, err)
	}
	return u, nil
}

// release gives the decoder back to its pool.
func (u *unpacker) release() {
	u.src.Reset(nil)
	unpackers[u.codec].Put(u)
}

// maxZstdWindow is the largest window that zstd's own streaming decoder takes unless told otherwise
// (ZSTD_WINDOWLOG_LIMIT_DEFAULT).
const maxZstdWindow = 128 << 20

func newDecoder(c Compression) (decoder, error) {
	switch c {
	case Gzip:
		return new(gzip.Reader), nil
	case Snappy:
		return new(snappyReader), nil
	case Lz4:
		return lz4Reader{lz4.NewReader(nil)}, nil
	}
	// With a concurrency of one the decoder works on the reader's goroutine, and has none of its own to stop.
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
}

// lz4Reader gives lz4's frame decoder the shape of the others.
type lz4Reader struct{ *lz4.Reader }

func (r lz4Reader) Reset(from io.Reader) error {
	r.Reader.Reset(from)
	return nil
}
