package configs

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Type is Kafka's config type, with its number in DescribeConfigs.
type Type int8

// The types. All values are text; the type says how the text is read.
const (
	Boolean  Type = 1
	String   Type = 2
	Int      Type = 3 // 32 bits
	Short    Type = 4 // 16 bits
	Long     Type = 5 // 64 bits
	Double   Type = 6
	List     Type = 7 // separated by commas
	Class    Type = 8
	Password Type = 9
)

// String is the type's name in Kafka's error messages.
func (t Type) String() string {
	names := [...]string{
		Boolean: "BOOLEAN", String: "STRING", Int: "INT", Short: "SHORT", Long: "LONG", Double: "DOUBLE", List: "LIST",
		Class: "CLASS", Password: "PASSWORD",
	}
	if t < Boolean || t > Password {
		return fmt.Sprintf("Type(%d)", int8(t))
	}
	return names[t]
}

// Key describes one config.
type Key struct {
	Name    string
	Type    Type
	Default *string // nil: null
	Doc     string  // ours
	// Effect is "" when the config does here what it does in Kafka, else a sentence that says what it does or that it has none.
	Effect string
	// ReadOnly says that the config can't be changed while the node runs.
	ReadOnly bool
	// Sensitive values are never shown.
	Sensitive bool
	// PerNode says that the config can be changed for one node, but not for all nodes at once (Kafka's "per-broker").
	PerNode bool
	// Synonym is the broker config that gives a topic (or group) config its default; "" for none.
	Synonym string

	// allowed is what is asked of a value beyond its type.
	allowed rule
	// whenSet says that Describe leaves the config out where nobody has set it.
	whenSet bool
	// base is, for a config of one listener, the name of the config of all listeners.
	base string
}

// is makes a default.
func is(value string) *string { return &value }

// catalogue holds the keys of each resource type, sorted by name.
var catalogue = map[msg.ResourceType][]*Key{
	msg.TopicResource: sorted(topicKeys),
	msg.GroupResource: sorted(groupKeys),
	msg.BrokerResource: sorted(
		nodeKeys, networkKeys, logKeys, topicDefaultKeys, cleanerKeys, tieredKeys, quorumKeys, replicationKeys,
		groupCoordinatorKeys, shareKeys, streamsKeys, transactionKeys, securityKeys, saslKeys, oauthKeys, tlsKeys,
	),
}

// byName finds the keys of each resource type.
var byName = map[msg.ResourceType]map[string]*Key{
	msg.TopicResource:  named(catalogue[msg.TopicResource]),
	msg.GroupResource:  named(catalogue[msg.GroupResource]),
	msg.BrokerResource: named(catalogue[msg.BrokerResource]),
}

func sorted(tables ...[]*Key) []*Key {
	all := slices.Concat(tables...)
	slices.SortFunc(all, func(a, b *Key) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func named(keys []*Key) map[string]*Key {
	index := make(map[string]*Key, len(keys))
	for _, k := range keys {
		index[k.Name] = k
	}
	return index
}

// Keys lists the keys of a resource type, sorted by name. The caller must not change them.
func Keys(t msg.ResourceType) []*Key { return catalogue[t] }

// Lookup finds a key. Broker configs are also found under the name of a listener, "listener.name.NAME.KEY".
func Lookup(t msg.ResourceType, name string) (*Key, bool) {
	if k, ok := byName[t][name]; ok {
		return k, true
	}
	if t == msg.BrokerResource {
		return listenerKey(name)
	}
	return nil, false
}
