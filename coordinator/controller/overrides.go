package controller

import (
	"maps"
	"slices"
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

// checkOverrides checks the overrides that change, and that all of the resource's configs go together with them.
func (r *round) checkOverrides(t msg.ResourceType, name string, changed, all map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(changed)) {
		if err := checkOverride(t, key, changed[key]); err != nil {
			return err
		}
		if k, _ := configs.Lookup(t, key); name == "" && k.PerNode {
			return msg.Errorf(configError(t), "Cannot update these configs at default cluster level, broker id must be specified: Set(%s)", key)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := configs.Check(t, r.inForce(t, name, all)); err != nil {
		return msg.Errorf(configError(t), "%v", err)
	}
	return nil
}

// configError is how a config that can't be is refused. Kafka's brokers have another code for their own (KAFKA-13609).
func configError(t msg.ResourceType) *kerr.Error {
	if t == msg.BrokerResource {
		return kerr.InvalidRequest
	}
	return kerr.InvalidConfig
}

// inForce are the values of a resource's configs if it had these overrides; for a group, the broker's too, which bound them.
func (r *round) inForce(t msg.ResourceType, name string, overrides map[string]string) map[string]string {
	broker := r.brokerLayers()
	if t == msg.BrokerResource {
		if name == "" {
			broker.Cluster = overrides
		} else {
			broker.Own = overrides
		}
		return valuesOf(configs.Describe(t, broker))
	}
	values := map[string]string{}
	if t == msg.GroupResource {
		values = maps.Clone(r.brokerValues())
	}
	own := configs.Layers{Own: overrides, Cluster: broker.Cluster, Node: broker.Own, Static: broker.Static}
	maps.Copy(values, valuesOf(configs.Describe(t, own)))
	return values
}

// brokerValues are those of this node's own configs. They are many, so a round that alters many groups resolves them once.
func (r *round) brokerValues() map[string]string {
	if r.broker == nil {
		r.broker = valuesOf(configs.Describe(msg.BrokerResource, r.brokerLayers()))
	}
	return r.broker
}

func valuesOf(described []configs.Value) map[string]string {
	values := make(map[string]string, len(described))
	for _, v := range described {
		if v.Value != nil {
			values[v.Key.Name] = *v.Value
		}
	}
	return values
}

// checkOverride checks one value.
func checkOverride(t msg.ResourceType, name, value string) error {
	key, ok := configs.Lookup(t, name)
	if !ok {
		return unknownConfig(t, name)
	}
	code := configError(t)
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
