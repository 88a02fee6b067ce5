package configs

import (
	"fmt"
	"slices"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// order is a rule between two configs: low is no more than high, or less than it.
type order struct {
	low, high string
	strict    bool
}

// orders are the rules between configs that Kafka checks, by resource type. A group's configs lie within bounds that are
// broker configs.
var orders = map[msg.ResourceType][]order{
	msg.TopicResource: {{low: "min.compaction.lag.ms", high: "max.compaction.lag.ms"}},
	msg.BrokerResource: slices.Concat(
		[]order{
			{low: "replica.fetch.wait.max.ms", high: "replica.lag.time.max.ms"},
			{low: "replica.fetch.wait.max.ms", high: "replica.socket.timeout.ms"},
			{low: "group.consumer.heartbeat.interval.ms", high: "group.consumer.session.timeout.ms", strict: true},
			{low: "group.share.heartbeat.interval.ms", high: "group.share.session.timeout.ms", strict: true},
			{low: "group.streams.heartbeat.interval.ms", high: "group.streams.session.timeout.ms", strict: true},
			{low: "group.streams.num.standby.replicas", high: "group.streams.max.standby.replicas"},
		},
		within("group.", "consumer.", "session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms"),
		within("group.", "share.", "session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms",
			"delivery.count.limit", "record.lock.duration.ms", "partition.max.record.locks"),
		within("group.", "streams.", "session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms"),
	),
	msg.GroupResource: slices.Concat(
		[]order{
			{low: "consumer.heartbeat.interval.ms", high: "consumer.session.timeout.ms", strict: true},
			{low: "share.heartbeat.interval.ms", high: "share.session.timeout.ms", strict: true},
			{low: "streams.heartbeat.interval.ms", high: "streams.session.timeout.ms", strict: true},
			{low: "streams.num.standby.replicas", high: "group.streams.max.standby.replicas"},
		},
		within("", "consumer.", "session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms"),
		within("", "share.", "session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms",
			"delivery.count.limit", "record.lock.duration.ms", "partition.max.record.locks"),
		within("", "streams.", "session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms"),
	),
}

// within are the rules that hold each name between its broker's minimum and maximum.
func within(prefix, kind string, names ...string) []order {
	var rules []order
	for _, name := range names {
		value := prefix + kind + name
		rules = append(rules,
			order{low: "group." + kind + "min." + name, high: value},
			order{low: value, high: "group." + kind + "max." + name})
	}
	return rules
}

// Check checks the rules between the configs of a resource. all are the values in force, of a group the broker's too; one
// that is missing is taken as its default. Values that don't parse are Parse's business.
func Check(t msg.ResourceType, all map[string]string) error {
	for _, o := range orders[t] {
		low, lowOK := numberOf(t, o.low, all)
		high, highOK := numberOf(t, o.high, all)
		if !lowOK || !highOK || low < high || low == high && !o.strict {
			continue
		}
		must := "less than or equal to"
		if o.strict {
			must = "less than"
		}
		return fmt.Errorf("%s (%d) must be %s %s (%d)", o.low, low, must, o.high, high)
	}
	return nil
}

// numberOf is the value of a config of the resource type, or of the broker.
func numberOf(t msg.ResourceType, name string, all map[string]string) (int64, bool) {
	k, ok := byName[t][name]
	if !ok {
		k = byName[msg.BrokerResource][name]
	}
	text, set := all[name]
	if !set && k.Default != nil {
		text = *k.Default
	}
	p, err := k.parse(text)
	return p.whole, err == nil
}
