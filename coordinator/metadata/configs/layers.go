package configs

import (
	"strings"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Source is where a value comes from, with Kafka's number.
type Source int8

// The sources.
const (
	DynamicTopic         Source = 1
	DynamicBroker        Source = 2 // of this one node
	DynamicDefaultBroker Source = 3 // of all nodes
	StaticBroker         Source = 4 // flag, environment or file
	Default              Source = 5
	DynamicGroup         Source = 8
)

// String is the source's name in Kafka's tools.
func (s Source) String() string {
	switch s {
	case DynamicTopic:
		return "DYNAMIC_TOPIC_CONFIG"
	case DynamicBroker:
		return "DYNAMIC_BROKER_CONFIG"
	case DynamicDefaultBroker:
		return "DYNAMIC_DEFAULT_BROKER_CONFIG"
	case StaticBroker:
		return "STATIC_BROKER_CONFIG"
	case Default:
		return "DEFAULT_CONFIG"
	case DynamicGroup:
		return "DYNAMIC_GROUP_CONFIG"
	}
	return "UNKNOWN"
}

// Layers are the places a value can come from. Any may be nil.
type Layers struct {
	Own     map[string]string // the resource's dynamic overrides (topic, group, or this node)
	Cluster map[string]string // dynamic, all brokers
	Node    map[string]string // dynamic, this node (for topics and groups)
	Static  map[string]string // flag, environment, file
}

// place is a layer that holds broker configs.
type place struct {
	values map[string]string
	source Source
}

// places are the layers of broker configs, nearest first.
func (l Layers) places(t msg.ResourceType) []place {
	node := l.Node
	if t == msg.BrokerResource {
		node = l.Own
	}
	return []place{{node, DynamicBroker}, {l.Cluster, DynamicDefaultBroker}, {l.Static, StaticBroker}}
}

// Value is a config in force.
type Value struct {
	Key      *Key
	Value    *string // canonical; nil for null, and always for a sensitive one
	Source   Source
	Synonyms []Synonym // most specific first
}

// Synonym is one of the places that could have given the value.
type Synonym struct {
	Name   string
	Value  *string // in the unit of Name; nil where it is sensitive
	Source Source
}

// given is a value that a layer gives, under the name that it has there. It parses by its key.
type given struct {
	key    *Key
	text   string
	source Source
}

// standIns are the broker configs that hold where another one is not set, nearest first (Kafka's brokerConfigSynonyms).
var standIns = map[string][]string{
	"log.retention.ms":      {"log.retention.minutes", "log.retention.hours"},
	"log.retention.minutes": {"log.retention.hours"},
	"log.roll.ms":           {"log.roll.hours"},
	"log.roll.jitter.ms":    {"log.roll.jitter.hours"},
	"log.flush.interval.ms": {"log.flush.scheduler.interval.ms"},
}

// chain is a broker config and those that stand in for it.
func (k *Key) chain() []*Key {
	chain := []*Key{k}
	if k.base != "" {
		return append(chain, byName[msg.BrokerResource][k.base])
	}
	for _, name := range standIns[k.Name] {
		chain = append(chain, byName[msg.BrokerResource][name])
	}
	return chain
}

// givenIn lists what the places, and then the defaults, give for a broker config and its stand-ins, nearest first. A value
// that doesn't parse (written by another version, say) is passed over.
func (k *Key) givenIn(places []place) []given {
	var all []given
	chain := k.chain()
	for _, p := range places {
		for _, c := range chain {
			if text, ok := p.values[c.Name]; ok && c.Parse(text) == nil {
				all = append(all, given{c, text, p.source})
			}
		}
	}
	for _, c := range chain {
		if c.Default != nil {
			all = append(all, given{c, *c.Default, Default})
		}
	}
	return all
}

// Describe resolves every key of a resource type, and the configs of single listeners that are set, as Kafka's DescribeConfigs
// does.
func Describe(t msg.ResourceType, l Layers) []Value {
	places := l.places(t)
	keys := catalogue[t]
	values := make([]Value, 0, len(keys))
	for _, k := range keys {
		v := k.resolve(t, l.Own, places)
		if !k.whenSet || v.Source != Default {
			values = append(values, v)
		}
	}
	if t == msg.BrokerResource {
		for _, k := range listenersIn(places) {
			values = append(values, k.resolve(t, l.Own, places))
		}
	}
	return values
}

// Resolve resolves one key. It panics on a name that is no key: names in code are constants.
func Resolve(t msg.ResourceType, name string, l Layers) Value {
	k, ok := Lookup(t, name)
	if !ok {
		panic("configs: resolve " + name + ": there is no such config; look up names that come from outside")
	}
	return k.resolve(t, l.Own, l.places(t))
}

func (k *Key) resolve(t msg.ResourceType, own map[string]string, places []place) Value {
	if t == msg.BrokerResource {
		return k.value(k.ofBroker(places))
	}
	all := k.inherited(t, places)
	if text, ok := own[k.Name]; ok {
		if p, err := k.parse(text); err == nil {
			all = append([]given{{k, k.Type.canonical(p), ownSource(t)}}, all...)
		}
	}
	return k.value(all)
}

// ofBroker is what is given for a broker config under its own name, and what else is given for it after that. A stand-in alone
// doesn't give it a value: a node with log.retention.hours=24 has a log.retention.ms of null.
func (k *Key) ofBroker(places []place) []given {
	all := k.givenIn(places)
	for len(all) > 0 && all[0].key.Name != k.Name {
		all = all[1:]
	}
	return all
}

// inherited is what brokers give for a topic's or a group's config. A default that only stands in under another name is not
// listed, as in Kafka: it is the key's own default in another unit.
//
// Kafka also leaves out a static stand-in: with log.retention.hours=24 in its file it shows a retention.ms of 86400000 and
// calls it a default. Here its source is told.
func (k *Key) inherited(t msg.ResourceType, places []place) []given {
	if k.Synonym == "" && t == msg.GroupResource {
		return []given{{k, *k.Default, Default}}
	}
	broker, ok := byName[msg.BrokerResource][k.Synonym]
	if !ok {
		return nil
	}
	all := broker.givenIn(places)
	if len(all) > 0 && all[0].source == Default && all[0].key != broker {
		return nil
	}
	return all
}

func ownSource(t msg.ResourceType) Source {
	if t == msg.GroupResource {
		return DynamicGroup
	}
	return DynamicTopic
}

// value is the config in force, given the values that could be, nearest first.
func (k *Key) value(all []given) Value {
	v := Value{Key: k, Value: k.Default, Source: Default}
	if len(all) > 0 {
		text := all[0].in(k)
		v.Value, v.Source = &text, all[0].source
	}
	for _, g := range all {
		s := Synonym{Name: g.key.Name, Value: &g.text, Source: g.source}
		if g.key.Sensitive {
			s.Value = nil
		}
		v.Synonyms = append(v.Synonyms, s)
	}
	if k.Sensitive {
		v.Value = nil
	}
	return v
}

// in is a given value as one of k: canonical, and in milliseconds where it is given in hours or minutes and k is not. No limit is
// -1 in every unit.
func (g given) in(k *Key) string {
	p, _ := g.key.parse(g.text)
	if unit := millisecondsIn(g.key.Name); unit > 1 && strings.HasSuffix(k.Name, ".ms") {
		p.whole = max(p.whole*unit, -1)
	}
	return g.key.Type.canonical(p)
}

// millisecondsIn is the unit of a config that holds a time, by the end of its name.
func millisecondsIn(name string) int64 {
	switch {
	case strings.HasSuffix(name, ".hours"):
		return 60 * 60 * 1000
	case strings.HasSuffix(name, ".minutes"):
		return 60 * 1000
	}
	return 1
}
