package controller

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
)

// overridesAfter are a resource's overrides once its operations are done.
func overridesAfter(a *msg.AlteredResource, before map[string]string) (map[string]string, error) {
	after := map[string]string{}
	if !a.Replace {
		maps.Copy(after, before)
	}
	for _, op := range a.Ops {
		switch op.Kind {
		case msg.ConfigSet:
			after[op.Name] = *op.Value
		case msg.ConfigDelete:
			delete(after, op.Name)
		default:
			list, err := editedList(a.Type, op, after)
			if err != nil {
				return nil, err
			}
			after[op.Name] = list
		}
	}
	return after, nil
}

// editedList is a list with elements added or taken away. A list that is not overridden begins as its default.
func editedList(t msg.ResourceType, op msg.ConfigOp, overrides map[string]string) (string, error) {
	key, ok := configs.Lookup(t, op.Name)
	if !ok {
		return "", unknownConfig(t, op.Name)
	}
	if key.Type != configs.List {
		return "", msg.Errorf(kerr.InvalidConfig, "Can't %s to key %s because its type is not LIST.", listOpNames[op.Kind], op.Name)
	}
	value, set := overrides[op.Name]
	if !set && key.Default != nil {
		value = *key.Default
	}
	list := slices.DeleteFunc(strings.Split(value, ","), func(e string) bool { return e == "" })
	for _, element := range strings.Split(*op.Value, ",") {
		at := slices.Index(list, element)
		switch {
		case op.Kind == msg.ConfigAppend && at < 0:
			list = append(list, element)
		case op.Kind == msg.ConfigSubtract && at >= 0:
			list = slices.Delete(list, at, at+1)
		}
	}
	return strings.Join(list, ","), nil
}

var listOpNames = map[msg.ConfigOpKind]string{msg.ConfigAppend: "APPEND", msg.ConfigSubtract: "SUBTRACT"}

// checkOverrides checks the overrides that change, and that all of the resource's overrides go together.
func (r *round) checkOverrides(t msg.ResourceType, name string, changed, all map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(changed)) {
		if err := checkOverride(t, key, changed[key]); err != nil {
			return err
		}
	}
	if t == msg.TopicResource && len(changed) > 0 {
		return r.checkCompactionLags(all)
	}
	return nil
}

// checkOverride checks one value. Broker configs are refused with INVALID_REQUEST, as Kafka's brokers do (KAFKA-13609).
func checkOverride(t msg.ResourceType, name, value string) error {
	key, ok := configs.Lookup(t, name)
	if !ok {
		return unknownConfig(t, name)
	}
	code := kerr.InvalidConfig
	if t == msg.BrokerResource {
		code = kerr.InvalidRequest
	}
	if key.ReadOnly {
		return msg.Errorf(code, "Cannot update these configs dynamically: Set(%s). Set it where the node is started.", name)
	}
	if !utf8.ValidString(value) {
		return msg.Errorf(code, "Invalid value %q for configuration %s: it is not UTF-8.", value, name)
	}
	if err := key.Parse(value); err != nil {
		return msg.Errorf(code, "%v", err)
	}
	return nil
}

func unknownConfig(t msg.ResourceType, name string) error {
	kind := map[msg.ResourceType]string{msg.TopicResource: "topic", msg.BrokerResource: "broker", msg.GroupResource: "group"}[t]
	return msg.Errorf(kerr.InvalidConfig, "Unknown %s config name: %s. DescribeConfigs lists those that there are.", kind, name)
}

// checkCompactionLags holds that a record must not have to stay longer than it may (LogConfig in Kafka).
func (r *round) checkCompactionLags(overrides map[string]string) error {
	layers := r.brokerLayers()
	layers = configs.Layers{Own: overrides, Cluster: layers.Cluster, Node: layers.Own, Static: layers.Static}
	least := resolved(layers, "min.compaction.lag.ms")
	most := resolved(layers, "max.compaction.lag.ms")
	if least > most {
		return msg.Errorf(kerr.InvalidConfig, "conflict topic config setting min.compaction.lag.ms (%d) > max.compaction.lag.ms (%d)", least, most)
	}
	return nil
}

// resolved is a number among a topic's configs in force. Its value was parsed when it was set.
func resolved(l configs.Layers, name string) int64 {
	v := configs.Resolve(msg.TopicResource, name, l)
	if v.Value == nil {
		return 0
	}
	n, _ := strconv.ParseInt(*v.Value, 10, 64)
	return n
}
