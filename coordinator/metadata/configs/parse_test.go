package configs

import (
	"strings"
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

const (
	topic  = msg.TopicResource
	broker = msg.BrokerResource
	group  = msg.GroupResource
)

func TestParseRefuses(t *testing.T) {
	const replicas = "Value must be * or a list of replicas: [partition]:[node],[partition]:[node],..."
	const address = "Value must be a list of NAME://host:port, with another name and a port up to 65535 in each"
	const since = "Value must be latest, earliest, or of the form by_duration:PnDTnHnMn.nS"
	for _, c := range []struct {
		resource         msg.ResourceType
		name, value, why string
	}{
		{topic, "retention.ms", "abc", "Not a number of type LONG. Value must be at least -1"},
		{topic, "retention.ms", "", "Not a number of type LONG. Value must be at least -1"},
		{topic, "retention.ms", "-2", "Value must be at least -1"},
		{topic, "retention.ms", "9223372036854775808", "Not a number of type LONG. Value must be at least -1"},
		{topic, "retention.ms", "1_000", "Not a number of type LONG. Value must be at least -1"},
		{topic, "retention.bytes", "1.5", "Not a number of type LONG"},
		{topic, "segment.bytes", "100", "Value must be at least 1048576"},
		{topic, "segment.bytes", "3000000000", "Not a number of type INT. Value must be at least 1048576"},
		{topic, "max.message.bytes", "0x10", "Not a number of type INT. Value must be at least 0"},
		{topic, "cleanup.policy", "foo", "Elements must be of: compact, delete"},
		{topic, "cleanup.policy", "compact,,delete", "Elements must be of: compact, delete"},
		{topic, "cleanup.policy", "COMPACT", "Elements must be of: compact, delete"},
		{topic, "compression.type", "lzma", "String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer"},
		{topic, "compression.type", "GZIP", "String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer"},
		{topic, "compression.type", "", "String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer"},
		{topic, "compression.gzip.level", "0", "Value must be between 1 and 9 or equal to -1"},
		{topic, "compression.gzip.level", "10", "Value must be between 1 and 9 or equal to -1"},
		{topic, "compression.lz4.level", "18", "Value must be between 1 and 17"},
		{topic, "message.timestamp.type", "now", "String must be one of: CreateTime, LogAppendTime"},
		{topic, "min.insync.replicas", "0", "Value must be at least 1"},
		{topic, "min.cleanable.dirty.ratio", "1.5", "Value must be between 0 and 1"},
		{topic, "min.cleanable.dirty.ratio", "half", "Not a number of type DOUBLE. Value must be between 0 and 1"},
		{topic, "min.cleanable.dirty.ratio", "NaN", "Not a number of type DOUBLE. Value must be between 0 and 1"},
		{topic, "min.cleanable.dirty.ratio", "1e999", "Not a number of type DOUBLE. Value must be between 0 and 1"},
		{topic, "min.cleanable.dirty.ratio", "0x1p-1", "Not a number of type DOUBLE. Value must be between 0 and 1"},
		{topic, "preallocate", "yes", "Expected value to be either true or false"},
		{topic, "write.caching", "1", "Expected value to be either true or false"},
		{topic, "remote.storage.enable", "true", "Value must be false, as there is no tiered storage here"},
		{topic, "leader.replication.throttled.replicas", "0:1:2", replicas},
		{topic, "leader.replication.throttled.replicas", "none", replicas},
		{topic, "follower.replication.throttled.replicas", "0:1,", replicas},
		{broker, "num.io.threads", "0", "Value must be at least 1"},
		{broker, "log.retention.ms", "0", "Value must be unlimited (-1) or at least 1"},
		{broker, "log.roll.ms", "0", "Value must be at least 1"},
		{broker, "log.cleaner.io.max.bytes.per.second", "Infinity", "Not a number of type DOUBLE"},
		{broker, "offsets.topic.replication.factor", "32768", "Not a number of type SHORT. Value must be at least 1"},
		{broker, "process.roles", "", "List must have an element. Elements must be of: broker, controller"},
		{broker, "process.roles", "king", "List must have an element. Elements must be of: broker, controller"},
		{broker, "log.dirs", "", "List must have an element, and no empty ones"},
		{broker, "log.dirs", "/a,,/b", "List must have an element, and no empty ones"},
		{broker, "ssl.cipher.suites", ",", "List must not have empty elements"},
		{broker, "remote.log.storage.manager.class.name", " ", "String must be non-empty"},
		{broker, "group.consumer.migration.policy", "up", "String must be one of (case insensitive): DISABLED, DOWNGRADE, UPGRADE, BIDIRECTIONAL"},
		{broker, "listeners", "", address},
		{broker, "listeners", "localhost:9092", address},
		{broker, "listeners", "PLAINTEXT://localhost", address},
		{broker, "listeners", "PLAINTEXT://localhost:65536", address},
		{broker, "listeners", "A://:1,A://:2", address},
		{broker, "listener.security.protocol.map", "A:TLS", "Value must be a list of NAME:PROTOCOL, with a protocol of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"},
		{broker, "max.connections.per.ip.overrides", "a:b", "Value must be a list of host:count"},
		{broker, "listener.name.x.max.connections", "-1", "Value must be at least 0"},
		{group, "share.auto.offset.reset", "EARLIEST", since},
		{group, "share.auto.offset.reset", "by_duration:-PT1H", since},
		{group, "share.auto.offset.reset", "by_duration:P", since},
		{group, "share.auto.offset.reset", "by_duration:P1DT", since},
		{group, "share.auto.offset.reset", "by_duration:1H", since},
		{group, "share.isolation.level", "READ_COMMITTED", "String must be one of: read_committed, read_uncommitted"},
	} {
		k, ok := Lookup(c.resource, c.name)
		if !ok {
			t.Errorf("%s: there is no such key", c.name)
			continue
		}
		want := "Invalid value " + c.value + " for configuration " + c.name + ": " + c.why
		if err := k.Parse(c.value); err == nil || err.Error() != want {
			t.Errorf("%s=%s\ngot  %v\nwant %s", c.name, c.value, err, want)
		}
	}
}

// What Kafka is generous with, and how the value is then shown.
func TestParseTakes(t *testing.T) {
	for _, c := range []struct {
		resource           msg.ResourceType
		name, value, shown string
	}{
		{topic, "retention.ms", " 5000\t", "5000"},
		{topic, "retention.ms", "+5", "5"},
		{topic, "retention.ms", "-1", "-1"},
		{topic, "retention.bytes", "-100", "-100"},
		{topic, "preallocate", "TRUE", "true"},
		{topic, "cleanup.policy", "", ""},
		{topic, "cleanup.policy", " compact , delete ", "compact,delete"},
		{topic, "cleanup.policy", "compact,compact", "compact,compact"},
		{topic, "compression.type", " gzip ", "gzip"},
		{topic, "compression.gzip.level", "-1", "-1"},
		{topic, "min.cleanable.dirty.ratio", "0.3f", "0.3f"},
		{topic, "min.cleanable.dirty.ratio", "1e-1", "1e-1"},
		{topic, "leader.replication.throttled.replicas", "*", "*"},
		{topic, "leader.replication.throttled.replicas", "", ""},
		{topic, "leader.replication.throttled.replicas", "0:1, 1:2", "0:1,1:2"},
		{broker, "log.retention.hours", "-1", "-1"},
		{broker, "listeners", "PLAINTEXT://:9092,IN://[::1]:0,OUT://kafka.example.org:443", "PLAINTEXT://:9092,IN://[::1]:0,OUT://kafka.example.org:443"},
		{broker, "max.connections.per.ip.overrides", "", ""},
		{broker, "max.connections.per.ip.overrides", "127.0.0.1:10,::1:5", "127.0.0.1:10,::1:5"},
		{broker, "group.consumer.migration.policy", "Upgrade", "Upgrade"},
		{broker, "listener.name.sasl_plaintext.plain.sasl.jaas.config", "anything", "anything"},
		{broker, "leader.replication.throttled.rate", "0", "0"},
		{group, "share.auto.offset.reset", "by_duration:PT1H", "by_duration:PT1H"},
		{group, "share.auto.offset.reset", "by_duration:P2DT3H4M5.006S", "by_duration:P2DT3H4M5.006S"},
	} {
		k, ok := Lookup(c.resource, c.name)
		if !ok {
			t.Errorf("%s: there is no such key", c.name)
			continue
		}
		p, err := k.parse(c.value)
		if got := k.Type.canonical(p); err != nil || got != c.shown {
			t.Errorf("%s=%s: got %q, %v; want %q", c.name, c.value, got, err, c.shown)
		}
	}
}

func TestRefusalsHideSecretsAndStayShort(t *testing.T) {
	secret := &Key{Name: "secret", Type: Password, Sensitive: true, allowed: notEmpty}
	if err := secret.Parse(" "); err == nil || !strings.Contains(err.Error(), "[hidden]") {
		t.Errorf("got %v, want the value hidden", err)
	}
	k, _ := Lookup(topic, "compression.type")
	err := k.Parse(strings.Repeat("ü", 100_000))
	if err == nil || len(err.Error()) > 400 || !strings.Contains(err.Error(), "üü…") {
		t.Errorf("got an error of %d bytes, want a short one that is cut between letters", len(err.Error()))
	}
}

// Whatever is taken is shown in a form that is taken too, and shown so again. Whatever is refused names the key.
func FuzzParse(f *testing.F) {
	keys := everyKey()
	for i, k := range keys {
		if k.Default != nil {
			f.Add(uint16(i), *k.Default)
		}
	}
	for _, value := range []string{"", "-1", " 007 ", "tRuE", "a,b,,c", "0:1,2:3", "by_duration:PT1S", "A://[::1]:1", "1e308d", "\x00"} {
		f.Add(uint16(0), value)
	}
	f.Fuzz(func(t *testing.T, at uint16, value string) {
		k := keys[int(at)%len(keys)]
		p, err := k.parse(value)
		if err != nil {
			if !strings.Contains(err.Error(), k.Name) {
				t.Fatalf("%s=%q: %v", k.Name, value, err)
			}
			return
		}
		shown := k.Type.canonical(p)
		again, err := k.parse(shown)
		if err != nil || k.Type.canonical(again) != shown {
			t.Fatalf("%s=%q is shown as %q, which reads %q, %v", k.Name, value, shown, k.Type.canonical(again), err)
		}
	})
}
