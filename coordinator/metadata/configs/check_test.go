package configs

import (
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		resource msg.ResourceType
		values   map[string]string
		want     string // "": all is well
	}{
		{topic, nil, ""},
		{topic, map[string]string{"min.compaction.lag.ms": "20", "max.compaction.lag.ms": "20"}, ""},
		{topic, map[string]string{"min.compaction.lag.ms": "20", "max.compaction.lag.ms": "10"},
			"min.compaction.lag.ms (20) must be less than or equal to max.compaction.lag.ms (10)"},
		{topic, map[string]string{"min.compaction.lag.ms": "soon", "max.compaction.lag.ms": "10"}, ""},
		{topic, map[string]string{"min.compaction.lag.ms": "20", "max.compaction.lag.ms": "never"}, ""},
		{broker, nil, ""},
		{broker, map[string]string{"replica.fetch.wait.max.ms": "40000"},
			"replica.fetch.wait.max.ms (40000) must be less than or equal to replica.lag.time.max.ms (30000)"},
		{broker, map[string]string{"group.consumer.session.timeout.ms": "70000"},
			"group.consumer.session.timeout.ms (70000) must be less than or equal to group.consumer.max.session.timeout.ms (60000)"},
		{group, nil, ""},
		{group, map[string]string{"consumer.session.timeout.ms": "1", "consumer.heartbeat.interval.ms": "1"},
			"consumer.heartbeat.interval.ms (1) must be less than consumer.session.timeout.ms (1)"},
		{group, map[string]string{"consumer.session.timeout.ms": "10000"},
			"group.consumer.min.session.timeout.ms (45000) must be less than or equal to consumer.session.timeout.ms (10000)"},
		{group, map[string]string{"consumer.session.timeout.ms": "10000", "group.consumer.min.session.timeout.ms": "6000"}, ""},
		{group, map[string]string{"share.delivery.count.limit": "11"},
			"share.delivery.count.limit (11) must be less than or equal to group.share.max.delivery.count.limit (10)"},
		{group, map[string]string{"streams.num.standby.replicas": "3"},
			"streams.num.standby.replicas (3) must be less than or equal to group.streams.max.standby.replicas (2)"},
	} {
		got := ""
		if err := Check(c.resource, c.values); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%v\ngot  %q\nwant %q", c.values, got, c.want)
		}
	}
}

func TestOrdersNameConfigsThatThereAre(t *testing.T) {
	for resource, rules := range orders {
		for _, o := range rules {
			for _, name := range []string{o.low, o.high} {
				if _, ok := numberOf(resource, name, nil); !ok {
					t.Errorf("%s is no number, or no config", name)
				}
			}
		}
	}
}
