package record

import "strconv"

// Compression is a record batch's codec (its wire number), or Producer.
type Compression int8

// The codecs.
const (
	Producer Compression = -1 // as the producer sent it
	None     Compression = 0
	Gzip     Compression = 1
	Snappy   Compression = 2
	Lz4      Compression = 3
	Zstd     Compression = 4
)

// String is the codec's name as in Kafka's compression.type.
func (c Compression) String() string {
	switch c {
	case Producer:
		return "producer"
	case None:
		return "uncompressed"
	case Gzip:
		return "gzip"
	case Snappy:
		return "snappy"
	case Lz4:
		return "lz4"
	case Zstd:
		return "zstd"
	}
	return "codec " + strconv.Itoa(int(c))
}
