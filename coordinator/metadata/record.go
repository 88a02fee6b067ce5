package metadata

import (
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// FeatureLevel is the highest feature level that this program can work at. It rises when a kind of record, or a version of
// one, is added that an older program would not understand.
const FeatureLevel = 2

// LowestLevel is the lowest feature level that this program can work at.
const LowestLevel = 1

// Record is one change of the cluster. All of them are written by the controller that leads the metadata log, and by
// nobody else.
type Record interface {
	// apply makes the change in the draft. An error means that the record contradicts those before it: the log was not
	// written by a controller that had applied them, and the image must not be used.
	apply(d *Draft) error
}

// TopicCreated is written for CreateTopics, before the records of the topic's configs and partitions, which come in the
// same batch; makes a topic without partitions.
type TopicCreated struct {
	ID       msg.TopicID `json:"id"`
	Name     string      `json:"name"`
	Internal bool        `json:"internal,omitempty"`
	// AutoFactor says that nobody has asked for a number of replicas: there shall be three, once there are three nodes.
	AutoFactor bool `json:"autoFactor,omitempty"` // from version 2 on
}

// TopicFactorFixed is written when an operator gives a partition another number of replicas: the topic's partitions do not
// grow by themselves any more.
type TopicFactorFixed struct {
	ID msg.TopicID `json:"id"`
}

// PartitionCreated is written for CreateTopics and CreatePartitions, in the order of the partitions' numbers; adds one to
// a topic. Its raft ids are issued by a RaftIDsIssued before it.
type PartitionCreated struct {
	Topic    msg.TopicID `json:"topic"`
	Number   int32       `json:"number"`
	Replicas []Replica   `json:"replicas"`
	// The rest is that of Partition. Written in snapshots, from version 2 on; without Founders, the replicas are.
	Founders []Replica `json:"founders,omitempty"`
	Target   []Replica `json:"target,omitempty"`
	Dropped  []Replica `json:"dropped,omitempty"`
	Move     uint64    `json:"move,omitempty"`
}

// TopicDeleted is written for DeleteTopics; removes a topic, its partitions and its configs.
type TopicDeleted struct {
	ID msg.TopicID `json:"id"`
}

// ConfigSet is written for CreateTopics, AlterConfigs and IncrementalAlterConfigs; sets one override of one resource.
type ConfigSet struct {
	// Resource is "topic", "broker" or "group", Name its name; for a broker, its id or "" for all.
	Resource string `json:"resource"`
	Name     string `json:"name"`
	Key      string `json:"key"`
	Value    string `json:"value"`
}

// ConfigRemoved is written for AlterConfigs and IncrementalAlterConfigs; removes one override, so that the default is in
// force again.
type ConfigRemoved struct {
	Resource string `json:"resource"`
	Name     string `json:"name"`
	Key      string `json:"key"`
}

// ProducerIDsAllocated is written for AllocateProducerIDs (KIP-730); the ids from the image's next one up to, but not
// including, Next belong to Node.
type ProducerIDsAllocated struct {
	Node msg.NodeID `json:"node"`
	Next int64      `json:"next"`
}

// RaftIDsIssued is written before the partitions that it is for; the raft ids below Next are spent.
type RaftIDsIssued struct {
	Next uint64 `json:"next"`
}

// resourceNames are how resource types are written in records.
var resourceNames = map[msg.ResourceType]string{
	msg.TopicResource:  "topic",
	msg.BrokerResource: "broker",
	msg.GroupResource:  "group",
}

var resourceTypes = map[string]msg.ResourceType{
	"topic":  msg.TopicResource,
	"broker": msg.BrokerResource,
	"group":  msg.GroupResource,
}

// SetConfig makes the record that sets an override.
func SetConfig(t msg.ResourceType, name, key, value string) ConfigSet {
	return ConfigSet{Resource: resourceNames[t], Name: name, Key: key, Value: value}
}

// RemoveConfig makes the record that removes an override.
func RemoveConfig(t msg.ResourceType, name, key string) ConfigRemoved {
	return ConfigRemoved{Resource: resourceNames[t], Name: name, Key: key}
}
