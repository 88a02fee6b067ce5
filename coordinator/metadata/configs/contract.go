package configs

import (
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// CONTRACT: signatures fixed for the other packages; bodies to be written. This file is replaced by real ones.

// Type is Kafka's config type, with its number in DescribeConfigs.
type Type int8

const (
	Boolean  Type = 1
	String   Type = 2
	Int      Type = 3
	Short    Type = 4
	Long     Type = 5
	Double   Type = 6
	List     Type = 7
	Class    Type = 8
	Password Type = 9
)

// Source is where a value comes from, with Kafka's number.
type Source int8

const (
	DynamicTopic         Source = 1
	DynamicBroker        Source = 2 // of this one node
	DynamicDefaultBroker Source = 3 // of all nodes
	StaticBroker         Source = 4 // flag, environment or file
	Default              Source = 5
	DynamicGroup         Source = 8
)

// Key describes one config.
type Key struct {
	Name    string
	Type    Type
	Default *string // nil: null
	Doc     string  // ours
	// Effect is "" when the config does here what it does in Kafka, else a sentence that says what it does or that it has none.
	Effect    string
	ReadOnly  bool
	Sensitive bool
	// Synonym is the broker config that gives a topic (or group) config its default; "" for none.
	Synonym string
}

// Keys lists the keys of a resource type, sorted by name.
func Keys(t msg.ResourceType) []*Key { panic("contract") }

// Lookup finds a key; "write.caching" is a topic config of our own.
func Lookup(t msg.ResourceType, name string) (*Key, bool) { panic("contract") }

// Parse checks a value against the key's type, range and choices; the error names the key and what is allowed.
func (k *Key) Parse(value string) error { panic("contract") }

// Layers are the places a value can come from. Any may be nil.
type Layers struct {
	Own     map[string]string // the resource's dynamic overrides (topic, group, or this node)
	Cluster map[string]string // dynamic, all brokers
	Node    map[string]string // dynamic, this node (for topics and groups)
	Static  map[string]string // flag, environment, file
}

// Value is a config in force.
type Value struct {
	Key      *Key
	Value    *string
	Source   Source
	Synonyms []Synonym // most specific first
}

// Synonym is one of the places that could have given the value.
type Synonym struct {
	Name   string
	Value  *string
	Source Source
}

// Describe resolves every key of a resource type.
func Describe(t msg.ResourceType, l Layers) []Value { panic("contract") }

// Resolve resolves one key. It panics on a name that is no key: names in code are constants.
func Resolve(t msg.ResourceType, name string, l Layers) Value { panic("contract") }

// Topic parses what partitions and sessions need of a topic's configuration.
func Topic(l Layers) msg.TopicConfig { panic("contract") }
