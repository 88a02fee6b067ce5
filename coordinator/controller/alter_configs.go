package controller

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// alterConfigs decides AlterConfigs and IncrementalAlterConfigs (KIP-339): each resource on its own, all of its changes or
// none.
func (r *round) alterConfigs(q *msg.AlterConfigs) {
	type resource struct {
		t    msg.ResourceType
		name string
	}
	times := map[resource]int{}
	for _, a := range q.Resources {
		times[resource{a.Type, a.Name}]++
	}
	for i, a := range q.Resources {
		switch {
		case times[resource{a.Type, a.Name}] > 1:
			a.Err = msg.Errorf(kerr.InvalidRequest, "Each resource must appear at most once.")
		case tooMany(i) != nil:
			a.Err = tooMany(i)
		default:
			a.Err = r.alterResource(a, q.ValidateOnly)
		}
	}
}

func (r *round) alterResource(a *msg.AlteredResource, validateOnly bool) error {
	if err := checkOps(a.Ops); err != nil {
		return err
	}
	if err := checkResourceName(a.Type, a.Name); err != nil {
		return err
	}
	before := r.image().Overrides(a.Type, a.Name)
	after, err := overridesAfter(a, before)
	if err != nil {
		return err
	}
	changed := maps.Clone(after)
	maps.DeleteFunc(changed, func(key, value string) bool { old, ok := before[key]; return ok && old == value })
	if err := r.checkOverrides(a.Type, a.Name, changed, after); err != nil {
		return err
	}
	if err := r.checkResourceExists(a.Type, a.Name); err != nil {
		return err
	}
	if a.Type == msg.BrokerResource {
		r.broker = nil
	}
	return r.write(configChanges(a, before, changed, after), validateOnly)
}

// configChanges are the records from the overrides before to those after, by key.
func configChanges(a *msg.AlteredResource, before, changed, after map[string]string) []metadata.Record {
	var changes []metadata.Record
	for _, key := range slices.Sorted(maps.Keys(changed)) {
		changes = append(changes, metadata.SetConfig(a.Type, a.Name, key, changed[key]))
	}
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, stays := after[key]; !stays {
			changes = append(changes, metadata.RemoveConfig(a.Type, a.Name, key))
		}
	}
	return changes
}

// checkOps holds what can be said of the operations without the resource.
func checkOps(ops []msg.ConfigOp) error {
	names := make([]string, len(ops))
	var null []string
	for i, op := range ops {
		names[i] = op.Name
		if op.Kind < msg.ConfigSet || op.Kind > msg.ConfigSubtract {
			return msg.Errorf(kerr.InvalidRequest, "Unknown operations type %d", op.Kind)
		}
		if op.Kind != msg.ConfigDelete && op.Value == nil {
			null = append(null, op.Name)
		}
	}
	if len(duplicates(names)) > 0 {
		return msg.Errorf(kerr.InvalidRequest, "Error due to duplicate config keys")
	}
	if len(null) > 0 {
		return msg.Errorf(kerr.InvalidRequest, "Null value not supported for : %s", strings.Join(null, ", "))
	}
	return nil
}

func checkResourceName(t msg.ResourceType, name string) error {
	switch {
	case t != msg.TopicResource && t != msg.BrokerResource && t != msg.GroupResource:
		return msg.Errorf(kerr.InvalidRequest, "Unknown resource type %d", t)
	case t == msg.TopicResource && name == "":
		return msg.Errorf(kerr.InvalidRequest, "Default topic resources are not allowed.")
	case t == msg.TopicResource:
		return checkTopicName(name)
	case t == msg.GroupResource && name == "":
		return msg.Errorf(kerr.InvalidRequest, "Default group resources are not allowed.")
	case !utf8.ValidString(name):
		return msg.Errorf(kerr.InvalidRequest, "The resource name %q is not UTF-8.", name)
	}
	return nil
}

// checkResourceExists finds the topic or the broker. A group may have configs before it has members. Kafka's brokers refuse
// the id of every broker but the one that is asked with INVALID_REQUEST; here any node that is registered will do.
func (r *round) checkResourceExists(t msg.ResourceType, name string) error {
	switch {
	case t == msg.TopicResource:
		if _, ok := r.image().Topic(name); !ok {
			return unknownTopic(name)
		}
	case t == msg.BrokerResource && name != "":
		id, err := strconv.ParseInt(name, 10, 32)
		if err != nil || strconv.Itoa(int(id)) != name {
			return msg.Errorf(kerr.InvalidRequest, "Node id must be an integer, but it is: %s", name)
		}
		if _, ok := r.image().Node(msg.NodeID(id)); !ok {
			return msg.Errorf(kerr.InvalidRequest, "Unexpected broker id %s: no such broker is registered.", name)
		}
	}
	return nil
}
