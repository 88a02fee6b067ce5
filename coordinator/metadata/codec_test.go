package metadata

import (
	"reflect"
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// oneOfEach has a record of each kind, with every field set, and how it lies in the log.
var oneOfEach = []struct {
	change     Record
	key, value string
}{
	{ClusterFounded{ClusterID: "c1", Level: 1, Secret: "s", Founders: []Quorum{{1, "d", 1, true}, {2, "e", 2, false}}},
		"ClusterFounded", `{"v":2,"data":{"clusterId":"c1","level":1,"secret":"s","founders":[{"node":1,"directory":"d","raftId":1,"voter":true},{"node":2,"directory":"e","raftId":2}]}}`},
	{LevelRaised{Level: 2, Secret: "s", Founders: []Quorum{{1, "d", 1, true}}},
		"LevelRaised", `{"v":1,"data":{"level":2,"secret":"s","founders":[{"node":1,"directory":"d","raftId":1,"voter":true}]}}`},
	{QuorumChanged{Quorum: []Quorum{{1, "d", 1, true}}},
		"QuorumChanged", `{"v":1,"data":{"quorum":[{"node":1,"directory":"d","raftId":1,"voter":true}]}}`},
	{NodeRegistered{msg.Registration{ID: 1, Incarnation: "i", Directory: "d", Rack: "r", MinLevel: 1, MaxLevel: 2,
		Listeners: map[string]Endpoint{"B": {Host: "h", Port: 1}, "A": {Host: "g", Port: 2}}, Peer: Endpoint{Host: "p", Port: 3}, Routes: Endpoint{Host: "q", Port: 4}}},
		"NodeRegistered", `{"v":2,"data":{"id":1,"incarnation":"i","directory":"d","rack":"r","listeners":{"A":{"host":"g","port":2},"B":{"host":"h","port":1}},` +
			`"peer":{"host":"p","port":3},"routes":{"host":"q","port":4},"minLevel":1,"maxLevel":2}}`},
	{NodeFenced{Node: 1}, "NodeFenced", `{"v":1,"data":{"node":1}}`},
	{NodeUnfenced{Node: 1}, "NodeUnfenced", `{"v":1,"data":{"node":1}}`},
	{NodeDraining{Node: 1, Draining: true}, "NodeDraining", `{"v":1,"data":{"node":1,"draining":true}}`},
	{NodeLeaving{Node: 1, Leaving: true}, "NodeLeaving", `{"v":1,"data":{"node":1,"leaving":true}}`},
	{NodeRemoved{Node: 1, Directory: "d"}, "NodeRemoved", `{"v":1,"data":{"node":1,"directory":"d"}}`},
	{TopicCreated{ID: msg.TopicID{15: 9}, Name: "t", Internal: true, AutoFactor: true},
		"TopicCreated", `{"v":2,"data":{"id":"AAAAAAAAAAAAAAAAAAAACQ","name":"t","internal":true,"autoFactor":true}}`},
	{TopicFactorFixed{ID: msg.TopicID{15: 9}}, "TopicFactorFixed", `{"v":1,"data":{"id":"AAAAAAAAAAAAAAAAAAAACQ"}}`},
	{PartitionCreated{Topic: msg.TopicID{15: 9}, Number: 3, Replicas: []Replica{{Node: 1, Directory: "d", RaftID: 7}},
		Founders: []Replica{{Node: 2, Directory: "e", RaftID: 8}}, Target: []Replica{{Node: 3, Directory: "f", RaftID: 9}}},
		"PartitionCreated", `{"v":2,"data":{"topic":"AAAAAAAAAAAAAAAAAAAACQ","number":3,"replicas":[{"node":1,"directory":"d","raftId":7}],` +
			`"founders":[{"node":2,"directory":"e","raftId":8}],"target":[{"node":3,"directory":"f","raftId":9}]}}`},
	{PartitionMoving{Topic: msg.TopicID{15: 9}, Number: 3, Target: []Replica{{Node: 1, Directory: "d", RaftID: 7}}},
		"PartitionMoving", `{"v":1,"data":{"topic":"AAAAAAAAAAAAAAAAAAAACQ","number":3,"target":[{"node":1,"directory":"d","raftId":7}]}}`},
	{PartitionMoved{Topic: msg.TopicID{15: 9}, Number: 3, Replicas: []Replica{{Node: 1, Directory: "d", RaftID: 7}}},
		"PartitionMoved", `{"v":1,"data":{"topic":"AAAAAAAAAAAAAAAAAAAACQ","number":3,"replicas":[{"node":1,"directory":"d","raftId":7}]}}`},
	{SnapshotBegun{}, "SnapshotBegun", `{"v":1,"data":{}}`},
	{SnapshotEnded{}, "SnapshotEnded", `{"v":1,"data":{}}`},
	{TopicDeleted{ID: msg.TopicID{15: 9}},
		"TopicDeleted", `{"v":1,"data":{"id":"AAAAAAAAAAAAAAAAAAAACQ"}}`},
	{SetConfig(msg.TopicResource, "t", "k", "v"),
		"ConfigSet", `{"v":1,"data":{"resource":"topic","name":"t","key":"k","value":"v"}}`},
	{RemoveConfig(msg.GroupResource, "g", "k"),
		"ConfigRemoved", `{"v":1,"data":{"resource":"group","name":"g","key":"k"}}`},
	{ProducerIDsAllocated{Node: 1, Next: 1 << 62},
		"ProducerIDsAllocated", `{"v":1,"data":{"node":1,"next":4611686018427387904}}`},
	{RaftIDsIssued{Next: 1<<64 - 1},
		"RaftIDsIssued", `{"v":1,"data":{"next":18446744073709551615}}`},
}

func TestRecordsLieInTheLogAsDrawn(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range oneOfEach {
		seen[c.key] = true
		got := Encode(c.change)
		if string(got.Key) != c.key || string(got.Value) != c.value {
			t.Errorf("Encode(%+v) = %s %s, want %s %s", c.change, got.Key, got.Value, c.key, c.value)
		}
		back, err := Decode(got)
		if err != nil || !reflect.DeepEqual(back, c.change) {
			t.Errorf("Decode(%s %s) = %+v, %v, want %+v", got.Key, got.Value, back, err, c.change)
		}
	}
	for _, k := range kinds {
		if !seen[k.name] {
			t.Errorf("kind %s has no case here", k.name)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"TopicDeleted", `{"v":2,"data":{}}`, "metadata record TopicDeleted has version 2 and this node knows 1: it is too old for the cluster; upgrade it"},
		{"TopicDeleted", `{"data":{}}`, "metadata record TopicDeleted has version 0: versions begin at 1"},
		{"TopicDeleted", `{"v":1}`, "metadata record TopicDeleted, version 1: EOF"},
		{"TopicDeleted", ``, "metadata record TopicDeleted: its value is not the JSON of a record: unexpected end of JSON input"},
		{"", `{"v":1,"data":{}}`, `metadata record of unknown kind "": this node is too old for the cluster; upgrade it`},
	} {
		if _, err := Decode(record.Record{Key: []byte(c.key), Value: []byte(c.value)}); err == nil || err.Error() != c.want {
			t.Errorf("Decode(%s %s): %v, want %s", c.key, c.value, err, c.want)
		}
	}
}

// FuzzDecode holds that no record makes Decode or Apply panic, and that what is decoded is encoded to something that means
// the same.
func FuzzDecode(f *testing.F) {
	for _, c := range oneOfEach {
		f.Add(c.key, []byte(c.value))
	}
	f.Add("TopicDeleted", []byte(`{"v":1,"data":null}`))
	f.Add("NodeRegistered", []byte(`{"v":1,"data":{"listeners":{}}}`))
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		change, err := Decode(record.Record{Key: []byte(key), Value: value})
		if err != nil {
			return
		}
		encoded := Encode(change)
		again, err := Decode(encoded)
		if err != nil || !reflect.DeepEqual(Encode(again), encoded) {
			t.Fatalf("%+v was encoded and decoded to %+v, %v", change, again, err)
		}
		draft := Empty().Draft()
		for _, before := range oneOfEach {
			// Some contradict each other: what is asked here is only that nothing panics.
			_ = draft.Apply(before.change)
		}
		_ = draft.Apply(change)
	})
}
