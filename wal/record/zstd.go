package record

import (
	"io"

	"github.com/klauspost/compress/zstd"
)

// A zstd frame names the window that its decoder must keep, whatever it holds: 2 MiB in the smallest batch of a Java client,
// up to 128 MiB at the highest levels. The streaming decoder takes that memory at once. So a batch is first unpacked whole,
// into memory in proportion to its size, where the output is its own window; only what packs better than that is streamed.
const (
	// zstdGain is how many times its size a batch may unpack to, whole.
	zstdGain = 16
	// leastZstd is what any batch may unpack to, whole.
	leastZstd = 64 << 10
	// maxZstdWindow is the largest window that zstd's own streaming decoder takes unless told otherwise
	// (ZSTD_WINDOWLOG_LIMIT_DEFAULT), and so a Java consumer.
	maxZstdWindow = 128 << 20
)

// unpackZstd unpacks src whole. ok is false if that takes more memory than its size allows for, or src is damaged: the
// decoder's errors don't always tell, so the streaming one is asked again.
func unpackZstd(src []byte) (whole []byte, ok bool) {
	d, err := newZstdReader(nil, zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, false
	}
	room := min(max(zstdGain*len(src), leastZstd), MaxDecompressed)
	whole, err = d.DecodeAll(src, make([]byte, 0, room))
	return whole, err == nil
}

// newZstdReader decodes on the caller's goroutine, which is what a concurrency of one means: it has none of its own to stop.
func newZstdReader(from io.Reader, more ...zstd.DOption) (*zstd.Decoder, error) {
	return zstd.NewReader(from, append(more, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxZstdWindow))...)
}
