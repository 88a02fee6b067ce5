package metadata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/seed-e634fa49/troupe/wal/record"
)

// A change of the cluster is an ordinary Kafka record. Its key is the name of its kind, its value JSON: the version of the
// kind, and the fields of the type of that name in record.go.
//
//	key    TopicCreated
//	value  {"v":2,"data":{"id":"w4Wg7W8mTLGCNQ0XJvGQ9g","name":"orders"}}

// kind is one kind of record.
type kind struct {
	name string
	// version is the newest that this program knows. It knows all before it as well.
	version int
	decode  func(data []byte) (Record, error)
}

// kinds are all there are. A new one, or a new version, raises FeatureLevel.
var kinds = []kind{
	{"ClusterFounded", 2, decodeAs[ClusterFounded]},
	{"LevelRaised", 1, decodeAs[LevelRaised]},
	{"QuorumChanged", 1, decodeAs[QuorumChanged]},
	{"NodeRegistered", 2, decodeAs[NodeRegistered]},
	{"NodeFenced", 1, decodeAs[NodeFenced]},
	{"NodeUnfenced", 1, decodeAs[NodeUnfenced]},
	{"NodeDraining", 1, decodeAs[NodeDraining]},
	{"NodeLeaving", 1, decodeAs[NodeLeaving]},
	{"NodeRemoved", 1, decodeAs[NodeRemoved]},
	{"TopicCreated", 2, decodeAs[TopicCreated]},
	{"TopicFactorFixed", 1, decodeAs[TopicFactorFixed]},
	{"PartitionCreated", 2, decodeAs[PartitionCreated]},
	{"PartitionMoving", 1, decodeAs[PartitionMoving]},
	{"PartitionMoved", 1, decodeAs[PartitionMoved]},
	{"TopicDeleted", 1, decodeAs[TopicDeleted]},
	{"ConfigSet", 1, decodeAs[ConfigSet]},
	{"ConfigRemoved", 1, decodeAs[ConfigRemoved]},
	{"ProducerIDsAllocated", 1, decodeAs[ProducerIDsAllocated]},
	{"RaftIDsIssued", 1, decodeAs[RaftIDsIssued]},
	{"SnapshotBegun", 1, decodeAs[SnapshotBegun]},
	{"SnapshotEnded", 1, decodeAs[SnapshotEnded]},
}

func kindNamed(name string) (kind, bool) {
	for _, k := range kinds {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// envelope is the value of a record.
type envelope struct {
	Version int             `json:"v"`
	Data    json.RawMessage `json:"data"`
}

// Encode makes a Kafka record of a change.
func Encode(r Record) record.Record {
	name := reflect.TypeOf(r).Name()
	k, ok := kindNamed(name)
	if !ok {
		panic("metadata: " + name + " is not in the table of kinds")
	}
	data, err := json.Marshal(r)
	if err != nil {
		panic("metadata: " + name + " does not marshal: " + err.Error())
	}
	value := fmt.Appendf(nil, `{"v":%d,"data":%s}`, k.version, data)
	return record.Record{Key: []byte(k.name), Value: value}
}

// Decode reads what Encode made. An unknown kind, version or field is an error that says that the node is too old.
func Decode(r record.Record) (Record, error) {
	k, ok := kindNamed(string(r.Key))
	if !ok {
		return nil, fmt.Errorf("metadata record of unknown kind %q: this node is too old for the cluster; upgrade it", r.Key)
	}
	var e envelope
	if err := json.Unmarshal(r.Value, &e); err != nil {
		return nil, fmt.Errorf("metadata record %s: its value is not the JSON of a record: %w", k.name, err)
	}
	if e.Version < 1 {
		return nil, fmt.Errorf("metadata record %s has version %d: versions begin at 1", k.name, e.Version)
	}
	if e.Version > k.version {
		return nil, fmt.Errorf("metadata record %s has version %d and this node knows %d: it is too old for the cluster; upgrade it", k.name, e.Version, k.version)
	}
	out, err := k.decode(e.Data)
	if err != nil {
		return nil, fmt.Errorf("metadata record %s, version %d: %w", k.name, e.Version, err)
	}
	return out, nil
}

// decodeAs reads a record's fields. A field that the type does not have would be lost without a word, so it is refused.
func decodeAs[R Record](data []byte) (Record, error) {
	var r R
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return nil, err
	}
	return r, nil
}
