package metadata

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// logOf is a log in memory: batches at their offsets.
type logOf struct{ batches []record.Batch }

func (l *logOf) end() int64 {
	if len(l.batches) == 0 {
		return 0
	}
	return l.batches[len(l.batches)-1].LastOffset() + 1
}

// write appends records as batches of random length.
func (l *logOf) write(rnd *rand.Rand, records []Record) {
	for len(records) > 0 {
		n := 1 + rnd.IntN(min(12, len(records)))
		l.batches = append(l.batches, batchAt(l.end(), records[:n]...))
		records = records[n:]
	}
}

// read applies the log from an offset on to a draft, which is begun anew every now and then.
func (l *logOf) read(t *testing.T, rnd *rand.Rand, d *Draft, from int64) (*Image, Changes) {
	t.Helper()
	for _, b := range l.batches {
		if b.BaseOffset() < from {
			continue
		}
		if err := d.ApplyBatch(b); err != nil {
			t.Fatal(err)
		}
		// A rebuilt image has changes as a whole only.
		if rnd != nil && rnd.IntN(3) == 0 {
			d = d.Image().Draft()
		}
	}
	return d.Image(), d.Changes()
}

// Whoever begins to read at a snapshot gets the image of those who have read everything, those do not change by it, and whoever
// was left behind is told what has changed.
func TestImageBySnapshotIsImageByHistory(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		records := history(rnd, 200)
		cut := 20 + rnd.IntN(100)
		log := &logOf{}
		log.write(rnd, records[:cut])
		old, _ := log.read(t, nil, Empty().Draft(), 0)
		more := cut + rnd.IntN(80)
		log.write(rnd, records[cut:more])
		whole, _ := log.read(t, rnd, Empty().Draft(), 0)

		snapshot := append(append([]Record{SnapshotBegun{}}, whole.Snapshot()...), SnapshotEnded{})
		if rnd.IntN(2) == 0 { // one that was interrupted
			log.write(rnd, snapshot[:1+rnd.IntN(len(snapshot)-1)])
		}
		begin := log.end()
		log.write(rnd, snapshot)
		end := log.end() - 1
		log.write(rnd, records[more:])

		byHistory, _ := log.read(t, rnd, Empty().Draft(), 0)
		bySnapshot, _ := log.read(t, rnd, Empty().Rebuild(begin), begin)
		if !reflect.DeepEqual(byHistory, bySnapshot) {
			t.Fatalf("seed %d: by history\n%s\nby snapshot\n%s", seed, show(byHistory), show(bySnapshot))
		}
		if b, e := bySnapshot.LastSnapshot(); b != begin || e != end || bySnapshot.SnapshotOpen() {
			t.Fatalf("seed %d: the last snapshot is %d to %d, want %d to %d", seed, b, e, begin, end)
		}
		if !slices.EqualFunc(byHistory.Snapshot(), bySnapshot.Snapshot(), func(a, b Record) bool { return reflect.DeepEqual(a, b) }) {
			t.Fatalf("seed %d: the two would be told differently", seed)
		}
		checkIndexes(t, bySnapshot)
		rebuilt, changes := log.read(t, nil, old.Rebuild(begin), begin)
		if !reflect.DeepEqual(rebuilt, byHistory) {
			t.Fatalf("seed %d: rebuilt\n%s\nwant\n%s", seed, show(rebuilt), show(byHistory))
		}
		checkChanges(t, seed, old, rebuilt, changes)
	}
}

// checkChanges compares what is said to have changed with the two images.
func checkChanges(t *testing.T, seed uint64, before, after *Image, c Changes) {
	t.Helper()
	names := func(topics []*Topic) string {
		var b strings.Builder
		for _, topic := range topics {
			fmt.Fprintf(&b, "%s ", topic.Name)
		}
		return b.String()
	}
	var created, deleted, moved []*Topic
	for _, topic := range after.Topics() {
		old, ok := before.TopicByID(topic.ID)
		if !ok || len(old.Partitions) < len(topic.Partitions) {
			created = append(created, topic)
		}
		if ok && !reflect.DeepEqual(old.Partitions, topic.Partitions) {
			moved = append(moved, topic)
		}
	}
	for _, topic := range before.Topics() {
		if _, ok := after.TopicByID(topic.ID); !ok {
			deleted = append(deleted, topic)
		}
	}
	for _, list := range []struct {
		what      string
		got, want []*Topic
	}{{"created", c.Created, created}, {"deleted", c.Deleted, deleted}, {"moved", c.Moved, moved}} {
		if names(list.got) != names(list.want) {
			t.Errorf("seed %d: %s %s, want %s", seed, list.what, names(list.got), names(list.want))
		}
	}
	if c.Nodes != !reflect.DeepEqual(before.nodes, after.nodes) || c.Quorum != !reflect.DeepEqual(before.quorum, after.quorum) {
		t.Errorf("seed %d: nodes %v, quorum %v", seed, c.Nodes, c.Quorum)
	}
}

// A snapshot that tells something else than what the log has told is not believed: each difference is seen.
func TestSnapshotsAreCompared(t *testing.T) {
	id := msg.TopicID{15: 9}
	image := apply(Empty(), []Record{
		ClusterFounded{ClusterID: "c", Level: 2, Secret: "s", Founders: []Quorum{{1, "d", 1, true}}},
		NodeRegistered{msg.Registration{ID: 1, Directory: "d"}}, NodeRegistered{msg.Registration{ID: 2, Directory: "e"}}, RaftIDsIssued{9},
		TopicCreated{ID: id, Name: "t"}, PartitionCreated{Topic: id, Replicas: []Replica{{1, "d", 7}}},
		SetConfig(msg.TopicResource, "t", "k", "v"), ProducerIDsAllocated{1, 1000}, NodeRemoved{7, "g"},
	})
	for _, more := range [][]Record{
		{RaftIDsIssued{10}},
		{ProducerIDsAllocated{1, 2000}},
		{QuorumChanged{[]Quorum{{1, "d", 1, true}, {2, "e", 8, false}}}},
		{NodeFenced{1}},
		{NodeDraining{1, true}},
		{NodeLeaving{1, true}},
		{NodeRegistered{msg.Registration{ID: 1, Directory: "d", Rack: "r"}}},
		{NodeRemoved{8, "h"}},
		{TopicFactorFixed{id}, PartitionMoving{id, 0, []Replica{{2, "e", 8}}}},
		{PartitionMoved{id, 0, []Replica{{2, "e", 8}}}},
		{PartitionMoving{id, 0, []Replica{{2, "e", 8}}}, PartitionMoving{Topic: id}},
		{PartitionMoving{id, 0, []Replica{{1, "d", 7}}}, PartitionMoved{id, 0, []Replica{{1, "d", 7}}}},
		{SetConfig(msg.TopicResource, "t", "k", "w")},
		{SetConfig(msg.BrokerResource, "", "k", "v")},
		{TopicDeleted{id}},
	} {
		d := image.Draft()
		must(d.Apply(SnapshotBegun{}))
		for _, r := range append(image.Snapshot(), more...) {
			must(d.Apply(r))
		}
		if err := d.Apply(SnapshotEnded{}); err == nil {
			t.Errorf("a snapshot that also has %+v was believed", more)
		}
	}
}

// The image that a snapshot is compared with goes on to be the image, and what is said to have changed by it is nothing.
func TestSnapshotsChangeNothing(t *testing.T) {
	image := apply(Empty(), history(rand.New(rand.NewPCG(9, 9)), 100))
	d := image.Draft()
	must(d.Apply(SnapshotBegun{}))
	for _, r := range image.Snapshot() {
		must(d.Apply(r))
	}
	must(d.Apply(SnapshotEnded{}))
	if !reflect.DeepEqual(d.Changes(), Changes{}) || show(d.Image()) != show(image) {
		t.Errorf("%+v\n%s\nwant\n%s", d.Changes(), show(d.Image()), show(image))
	}
}

// A cluster that has nothing but its founders can be told as well.
func TestTheSnapshotOfAYoungCluster(t *testing.T) {
	image := apply(Empty(), []Record{ClusterFounded{ClusterID: "c", Level: 2, Founders: []Quorum{{1, "d", 1, true}, {2, "e", 2, true}}}})
	if got := apply(Empty(), image.Snapshot()); show(got) != show(image) {
		t.Errorf("%s\nwant\n%s", show(got), show(image))
	}
}
