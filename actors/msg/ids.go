package msg

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
)

// TopicID names a topic for ever: a topic that is deleted and made again under its old name has another id. The zero
// value is no topic (KIP-516).
type TopicID [16]byte

// MetadataTopicID is the id of __cluster_metadata, the same in every cluster (KIP-595).
var MetadataTopicID = TopicID{15: 1}

// MetadataTopic is the name of the cluster's own log. It has one partition, 0.
const MetadataTopic = "__cluster_metadata"

// String is the id as Kafka's tools print it: URL-safe base64 without padding.
func (id TopicID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// MarshalText is String.
func (id TopicID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what String wrote.
func (id *TopicID) UnmarshalText(text []byte) error {
	raw, err := base64.RawURLEncoding.DecodeString(string(text))
	if err != nil || len(raw) != len(id) {
		return fmt.Errorf("topic id %q: want 22 characters of URL-safe base64", text)
	}
	copy(id[:], raw)
	return nil
}

// TopicPartition names one partition.
type TopicPartition struct {
	Topic     TopicID
	Partition int32
}

// String is the partition's address in an actor system and its directory's name: the topic's id, a dash, the number.
func (tp TopicPartition) String() string { return fmt.Sprintf("%s-%d", tp.Topic, tp.Partition) }

// Compare orders partitions by topic id and number.
func (tp TopicPartition) Compare(other TopicPartition) int {
	return cmp.Or(bytes.Compare(tp.Topic[:], other.Topic[:]), cmp.Compare(tp.Partition, other.Partition))
}

// NodeID names a node of the cluster (Kafka's broker id). NoNode is none.
type NodeID = int32

// NoNode stands where no node is known, as Kafka's -1 does.
const NoNode NodeID = -1
