package configs

import (
	"math"
	"slices"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// codecs are the values of compression.type.
var codecs = map[string]record.Compression{
	"producer": record.Producer, "uncompressed": record.None, "gzip": record.Gzip, "snappy": record.Snappy, "lz4": record.Lz4,
	"zstd": record.Zstd,
}

// Topic parses what partitions and sessions need of a topic's configuration. It can't fail: a value that doesn't parse is passed
// over for the next layer's.
func Topic(l Layers) msg.TopicConfig {
	r := topicReader{l, l.places(msg.TopicResource)}
	policies := r.read("cleanup.policy").list
	return msg.TopicConfig{
		Compact:            slices.Contains(policies, "compact"),
		Delete:             slices.Contains(policies, "delete"),
		Compression:        codecs[r.read("compression.type").text],
		GzipLevel:          int(r.read("compression.gzip.level").whole),
		Lz4Level:           int(r.read("compression.lz4.level").whole),
		ZstdLevel:          int(r.read("compression.zstd.level").whole),
		LogAppendTime:      r.read("message.timestamp.type").text == "LogAppendTime",
		TimestampBeforeMax: r.milliseconds("message.timestamp.before.max.ms"),
		TimestampAfterMax:  r.milliseconds("message.timestamp.after.max.ms"),
		MaxMessageBytes:    int(r.read("max.message.bytes").whole),
		MinInsyncReplicas:  int(r.read("min.insync.replicas").whole),
		RetentionBytes:     max(r.read("retention.bytes").whole, -1),
		RetentionTime:      r.milliseconds("retention.ms"),
		SegmentBytes:       r.read("segment.bytes").whole,
		SegmentTime:        r.milliseconds("segment.ms"),
		WriteCaching:       r.read("write.caching").yes,
	}
}

// topicReader reads a topic's configs in force. All that it reads have a default, so there is always a value.
type topicReader struct {
	layers Layers
	places []place
}

func (r topicReader) read(name string) parsed {
	k := byName[msg.TopicResource][name]
	v := k.resolve(msg.TopicResource, r.layers.Own, r.places)
	p, _ := k.parse(*v.Value)
	return p
}

// milliseconds reads a time. What is too long for a duration is as long as one can be; less than nothing is -1 ns.
func (r topicReader) milliseconds(name string) time.Duration {
	ms := r.read(name).whole
	if ms < 0 {
		return -1
	}
	if ms > math.MaxInt64/int64(time.Millisecond) {
		return math.MaxInt64
	}
	return time.Duration(ms) * time.Millisecond
}
