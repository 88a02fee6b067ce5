package group

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
)

// settings are the broker configs that coordinators go by, parsed.
type settings struct {
	minSession, maxSession time.Duration // group.min.session.timeout.ms, group.max.session.timeout.ms
	initialDelay           time.Duration // group.initial.rebalance.delay.ms
	maxSize                int           // group.max.size
	maxMetadata            int           // offset.metadata.max.bytes
	retention              time.Duration // offsets.retention.minutes
	expiryInterval         time.Duration // offsets.retention.check.interval.ms
	consumerMaxSize        int           // group.consumer.max.size
	assignors              []string      // group.consumer.assignors, the default one first
	migration              string        // group.consumer.migration.policy, in lower case
	// layers are where a group's own configs come from, but for Own.
	layers configs.Layers
}

// settingsOf resolves the configs of a node under an image.
func settingsOf(image *metadata.Image, node msg.NodeID, static map[string]string) settings {
	layers := configs.Layers{
		Own:     image.Overrides(msg.BrokerResource, strconv.Itoa(int(node))),
		Cluster: image.Overrides(msg.BrokerResource, ""),
		Static:  static,
	}
	text := func(name string) string {
		if v := configs.Resolve(msg.BrokerResource, name, layers).Value; v != nil {
			return *v
		}
		return ""
	}
	number := func(name string) int64 { return parseNumber(configs.Resolve(msg.BrokerResource, name, layers).Value) }
	return settings{
		minSession:      milliseconds(number("group.min.session.timeout.ms")),
		maxSession:      milliseconds(number("group.max.session.timeout.ms")),
		initialDelay:    milliseconds(number("group.initial.rebalance.delay.ms")),
		maxSize:         int(number("group.max.size")),
		maxMetadata:     int(number("offset.metadata.max.bytes")),
		retention:       time.Duration(number("offsets.retention.minutes")) * time.Minute,
		expiryInterval:  milliseconds(number("offsets.retention.check.interval.ms")),
		consumerMaxSize: int(number("group.consumer.max.size")),
		assignors:       strings.Split(text("group.consumer.assignors"), ","),
		migration:       strings.ToLower(text("group.consumer.migration.policy")),
		layers:          configs.Layers{Cluster: layers.Cluster, Node: layers.Own, Static: static},
	}
}

// parseNumber reads a value, which was parsed when it was set.
func parseNumber(value *string) int64 {
	if value == nil {
		return 0
	}
	n, _ := strconv.ParseInt(*value, 10, 64)
	return n
}

func milliseconds(n int64) time.Duration {
	return time.Duration(min(max(n, 0), math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
}
