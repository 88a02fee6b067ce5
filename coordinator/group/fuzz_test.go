package group

import (
	"bytes"
	"slices"
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// FuzzReplay reads records that anybody may have written to the offsets topic. Whatever a core makes of one, it writes again so
// that another core reads the same.
func FuzzReplay(f *testing.F) {
	k := newConsumer()
	m := &consumerMember{id: "m", topics: []string{"t"}, pattern: text("t+"), assigned: assignment{topicNamed("t"): {0, 3}}, revoking: assignment{topicNamed("u"): {1}},
		classic: &classicMember{protocols: []msg.GroupProtocol{{Name: "range", Metadata: subscriptionTo([]string{"t"}, nil)}}}}
	k.members.add("m", m)
	consumers := &group{id: "g", consumer: k}
	old := &group{id: "g", classic: &classic{protocolType: "consumer", protocol: "range", leader: "m"}}
	old.classic.admit(&member{id: "m", instance: text("i"), protocols: m.classic.protocols, assignment: []byte("x")})
	for _, r := range []record.Record{
		offsetRecord("g", place{"t", 1}, offset{offset: 5, epoch: 1, metadata: "note", expires: -1}), offsetRecord("g", place{"t", 1}, offset{offset: 5, expires: 7}),
		offsetTombstone("g", place{"t", 1}), classicRecord(old), classicTombstone("g"), consumerRecord(consumers), targetRecord(consumers),
		memberRecord("g", m), currentRecord("g", m), targetMemberRecord("g", "m", m.assigned), tombstone(memberKeyOf(memberKey, "g", "m")),
	} {
		f.Add([]byte(r.Key), r.Value, r.Value == nil)
	}
	f.Fuzz(func(t *testing.T, key, value []byte, gone bool) {
		if gone {
			value = nil
		}
		c := newCore(&counter{})
		if err := c.replay(record.Record{Key: key, Value: value}); err != nil {
			return
		}
		first := rewritten(c)
		other := newCore(&counter{})
		for _, r := range first {
			if err := other.replay(r); err != nil {
				t.Fatalf("a record that was written again can't be read: %v", err)
			}
		}
		if second := rewritten(other); !slices.EqualFunc(first, second, func(a, b record.Record) bool {
			return bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value)
		}) {
			t.Fatalf("written again: %v, and again: %v", first, second)
		}
	})
}

// rewritten is all that a core writes again.
func rewritten(c *core) []record.Record {
	c.beginRewrite()
	for !c.rewriteSome() {
	}
	return c.take().records
}

// FuzzSubscription reads what clients send as their subscription, and as the assignment that they make.
func FuzzSubscription(f *testing.F) {
	f.Add(subscriptionTo([]string{"t", "u"}, []msg.CommittedOffset{{Topic: "t", Partition: 3}}))
	f.Add(encodeAssignment(1, []ownedTopic{{"t", []int32{0, 1}}}))
	f.Add([]byte{0, 3, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 7, 0, 1, 'r'})
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := parseSubscription(b); err == nil && len(s.topics)*2 > len(b) {
			t.Fatalf("%d topics out of %d bytes", len(s.topics), len(b))
		}
		if a, err := parseAssignment(b); err == nil && len(b) > 0 {
			again, err := parseAssignment(encodeAssignment(0, a))
			if err != nil || !slices.EqualFunc(a, again, func(a, b ownedTopic) bool { return a.topic == b.topic && slices.Equal(a.partitions, b.partitions) }) {
				t.Fatalf("%v was written as what reads as %v, %v", a, again, err)
			}
		}
	})
}

// FuzzPattern compiles what clients send as a pattern.
func FuzzPattern(f *testing.F) {
	for _, p := range []string{"t.*", "[", "(a{1000}){1000}", "(?i)x|y"} {
		f.Add(p, "topic")
	}
	f.Fuzz(func(t *testing.T, pattern, topic string) {
		if re, err := compile(pattern); err == nil {
			re.MatchString(topic)
		}
	})
}
