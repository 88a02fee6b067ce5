package configs

import (
	"math"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

var untouched = msg.TopicConfig{
	Delete:             true,
	Compression:        record.Producer,
	GzipLevel:          -1,
	Lz4Level:           9,
	ZstdLevel:          3,
	TimestampBeforeMax: math.MaxInt64,
	TimestampAfterMax:  time.Hour,
	MaxMessageBytes:    1048588,
	MinInsyncReplicas:  1,
	RetentionBytes:     -1,
	RetentionTime:      7 * 24 * time.Hour,
	SegmentBytes:       1 << 30,
	SegmentTime:        7 * 24 * time.Hour,
}

func TestTopicOfAnUntouchedNode(t *testing.T) {
	if got := Topic(Layers{}); got != untouched {
		t.Errorf("got  %+v\nwant %+v", got, untouched)
	}
}

func TestTopicReadsEveryConfig(t *testing.T) {
	got := Topic(Layers{
		Own: map[string]string{
			"cleanup.policy": "compact", "compression.type": "zstd", "compression.gzip.level": "1", "compression.lz4.level": "2",
			"compression.zstd.level": "-4", "message.timestamp.type": "LogAppendTime", "message.timestamp.before.max.ms": "1",
			"message.timestamp.after.max.ms": "2", "max.message.bytes": "3", "min.insync.replicas": "2", "write.caching": "true",
		},
		Cluster: map[string]string{"log.segment.bytes": "1048576", "log.roll.ms": "7", "log.retention.bytes": "6"},
		Static:  map[string]string{"log.retention.minutes": "5"},
	})
	want := msg.TopicConfig{
		Compact: true, Compression: record.Zstd, GzipLevel: 1, Lz4Level: 2, ZstdLevel: -4, LogAppendTime: true,
		TimestampBeforeMax: time.Millisecond, TimestampAfterMax: 2 * time.Millisecond, MaxMessageBytes: 3, MinInsyncReplicas: 2,
		RetentionBytes: 6, RetentionTime: 5 * time.Minute, SegmentBytes: 1048576, SegmentTime: 7 * time.Millisecond,
		WriteCaching: true,
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestTopicWithoutLimits(t *testing.T) {
	got := Topic(Layers{Own: map[string]string{"retention.ms": "-1", "retention.bytes": "-7", "cleanup.policy": ""}})
	if got.RetentionTime >= 0 || got.RetentionBytes != -1 || got.Delete || got.Compact {
		t.Errorf("got %+v, want no limits and no policy", got)
	}
}

// A number that would overflow as a duration is still no limit, and not a limit of nothing.
func TestTopicWithTheLeastNumber(t *testing.T) {
	got := Topic(Layers{Static: map[string]string{"log.retention.ms": "-9223372036854775808"}})
	if got.RetentionTime >= 0 {
		t.Errorf("got a retention of %v, want none", got.RetentionTime)
	}
}

// Values are checked at the door. Should one not parse all the same, the next layer's holds.
func TestTopicPassesOverWhatDoesNotParse(t *testing.T) {
	bad := map[string]string{}
	for _, k := range Keys(topic) {
		bad[k.Name], bad[k.Synonym] = "\x00?", "\x00?"
	}
	if got := Topic(Layers{Own: bad, Cluster: bad, Node: bad, Static: bad}); got != untouched {
		t.Errorf("got  %+v\nwant %+v", got, untouched)
	}
}

func TestEveryCompressionTypeIsACodec(t *testing.T) {
	k, _ := Lookup(topic, "compression.type")
	for name := range codecs {
		expect(t, k, name, true)
	}
	if len(codecs) != 6 {
		t.Errorf("%d codecs, Kafka has 6", len(codecs))
	}
}
