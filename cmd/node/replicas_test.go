package node

import (
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/partitions"
)

// fakeHost is a host and a disk that write down what they are asked to do.
type fakeHost struct {
	// assigned is what each partition was last told of its members.
	assigned map[msg.TopicPartition][]msg.Placed
	running  map[msg.TopicPartition]bool
	disk     []string
	did      []string
}

func (h *fakeHost) Start(s partitions.Spec) error {
	h.running[s.ID] = true
	h.note("start", s.Topic, s.ID.Partition)
	return nil
}

func (h *fakeHost) Delete(id msg.TopicPartition) {
	delete(h.running, id)
	h.note("delete", id.String(), id.Partition)
}

func (h *fakeHost) Partition(id msg.TopicPartition) (msg.Partition, bool) {
	return fakePartition{h, id}, h.running[id]
}

func (h *fakeHost) All() []msg.TopicPartition            { return nil }
func (h *fakeHost) WhenLed([]msg.TopicPartition, func()) {}
func (h *fakeHost) Leadership(msg.TopicPartition) (msg.Leadership, bool) {
	return msg.Leadership{}, false
}
func (h *fakeHost) Logs() ([]string, error)  { return h.disk, nil }
func (h *fakeHost) Remove(name string) error { h.did = append(h.did, "remove "+name); return nil }
func (h *fakeHost) note(what, name string, p int32) {
	h.did = append(h.did, what+" "+name+"/"+string('0'+p))
}

// took returns what was done since the last call, sorted.
func (h *fakeHost) took() string {
	slices.Sort(h.did)
	text := strings.Join(h.did, ", ")
	h.did = nil
	return text
}

type fakePartition struct {
	h  *fakeHost
	id msg.TopicPartition
}

func (p fakePartition) View() msg.View { panic("nobody reads here") }

func (p fakePartition) Post(m msg.Message) error {
	if a, ok := m.(*msg.Assign); ok {
		p.h.assigned[p.id] = a.Members
	} else {
		p.h.note("configure", p.id.String(), p.id.Partition)
	}
	return nil
}

var (
	ordersID = msg.TopicID{1}
	otherID  = msg.TopicID{2}
)

// step applies records to an image.
func step(t *testing.T, i *metadata.Image, records ...metadata.Record) (*metadata.Image, metadata.Changes) {
	t.Helper()
	d := i.Draft()
	for _, r := range records {
		if err := d.Apply(r); err != nil {
			t.Fatal(err)
		}
	}
	return d.Image(), d.Changes()
}

// cluster is an image with two nodes and a topic of two partitions: number 0 on this node, number 1 on the other.
func cluster(t *testing.T) *metadata.Image {
	t.Helper()
	i, _ := step(t, metadata.Empty(),
		metadata.ClusterFounded{ClusterID: "c", Level: 1},
		metadata.NodeRegistered{Registration: msg.Registration{ID: 1, Directory: "here", MinLevel: 1, MaxLevel: 1}},
		metadata.NodeRegistered{Registration: msg.Registration{ID: 2, Directory: "there", MinLevel: 1, MaxLevel: 1}},
		metadata.RaftIDsIssued{Next: 100},
		metadata.TopicCreated{ID: ordersID, Name: "orders"},
		metadata.PartitionCreated{Topic: ordersID, Number: 0, Replicas: []metadata.Replica{{Node: 1, Directory: "here", RaftID: 2}}},
		metadata.PartitionCreated{Topic: ordersID, Number: 1, Replicas: []metadata.Replica{{Node: 2, Directory: "there", RaftID: 3}}},
	)
	return i
}

func newReplicas(disk ...string) (*replicas, *fakeHost) {
	h := &fakeHost{running: map[msg.TopicPartition]bool{}, assigned: map[msg.TopicPartition][]msg.Placed{}, disk: disk}
	return &replicas{node: 1, directory: "here", host: h, logs: h, log: zerolog.Nop(), told: map[msg.TopicID]msg.TopicConfig{}}, h
}

func TestStartingFromTheWholeImage(t *testing.T) {
	mine := msg.TopicPartition{Topic: ordersID}.String()
	deleted := msg.TopicPartition{Topic: otherID, Partition: 3}.String()
	moved := msg.TopicPartition{Topic: ordersID, Partition: 1}.String()
	r, h := newReplicas(mine, deleted, moved, metadataPartition.String(), "no-partition")
	r.startAll(cluster(t))
	// What is no partition's log is not ours to delete.
	if got, want := h.took(), "remove "+moved+", remove "+deleted+", start orders/0"; got != want {
		t.Errorf("did %s\nwant %s", got, want)
	}
}

func TestAReplicaInAnotherDirectoryIsNotOurs(t *testing.T) {
	r, h := newReplicas()
	r.directory = "wiped and new"
	r.startAll(cluster(t))
	if got := h.took(); got != "" {
		t.Errorf("did %s", got)
	}
}

func TestFollowingChanges(t *testing.T) {
	r, h := newReplicas()
	image := cluster(t)
	r.startAll(image)
	h.took()
	replica := []metadata.Replica{{Node: 1, Directory: "here", RaftID: 4}}
	orders := msg.TopicPartition{Topic: ordersID}.String()
	for _, c := range []struct {
		name    string
		records []metadata.Record
		want    string
	}{
		{"a topic is made", []metadata.Record{
			metadata.TopicCreated{ID: otherID, Name: "other"}, metadata.PartitionCreated{Topic: otherID, Number: 0, Replicas: replica},
		}, "start other/0"},
		{"a topic grows: the old partition runs on", []metadata.Record{
			metadata.PartitionCreated{Topic: ordersID, Number: 2, Replicas: replica},
		}, "start orders/2"},
		{"a topic is configured", []metadata.Record{
			metadata.SetConfig(msg.TopicResource, "orders", "retention.ms", "1000"),
		}, "configure " + orders + "/0, configure " + orders[:len(orders)-1] + "2/2"},
		{"a default changes for those that have no value of their own", []metadata.Record{
			metadata.SetConfig(msg.BrokerResource, "", "log.retention.ms", "2000"),
		}, "configure " + msg.TopicPartition{Topic: otherID}.String() + "/0"},
		{"a default that concerns no topic", []metadata.Record{
			metadata.SetConfig(msg.BrokerResource, "", "num.partitions", "3"),
		}, ""},
		{"a topic is deleted", []metadata.Record{
			metadata.TopicDeleted{ID: otherID},
		}, "delete " + msg.TopicPartition{Topic: otherID}.String() + "/0"},
	} {
		var changes metadata.Changes
		image, changes = step(t, image, c.records...)
		r.change(image, changes)
		r.remove(changes.Deleted)
		if got := h.took(); got != c.want {
			t.Errorf("%s: did %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestMovesAreFollowed(t *testing.T) {
	r, h := newReplicas()
	image := cluster(t)
	r.startAll(image)
	h.took()
	id := msg.TopicPartition{Topic: ordersID, Partition: 1}
	there, here := metadata.Replica{Node: 2, Directory: "there", RaftID: 3}, metadata.Replica{Node: 1, Directory: "here", RaftID: 9}
	for _, c := range []struct {
		name     string
		record   metadata.Record
		want     string
		assigned []msg.Placed
	}{
		{"it comes here", metadata.PartitionMoving{Topic: ordersID, Number: 1, Target: []metadata.Replica{here}}, "start orders/1", []msg.Placed{{Node: 1, RaftID: 9}}},
		{"it is here", metadata.PartitionMoved{Topic: ordersID, Number: 1, Replicas: []metadata.Replica{here}}, "", []msg.Placed{{Node: 1, RaftID: 9}}},
		{"it is to leave", metadata.PartitionMoving{Topic: ordersID, Number: 1, Target: []metadata.Replica{there}}, "", []msg.Placed{{Node: 2, RaftID: 3}}},
		{"it has left", metadata.PartitionMoved{Topic: ordersID, Number: 1, Replicas: []metadata.Replica{there}}, "delete " + id.String() + "/1", nil},
	} {
		var changes metadata.Changes
		image, changes = step(t, image, c.record)
		clear(h.assigned)
		r.change(image, changes)
		if got := h.took(); got != c.want || !slices.Equal(h.assigned[id], c.assigned) {
			t.Errorf("%s: did %s and assigned %v\nwant %s and %v", c.name, got, h.assigned[id], c.want, c.assigned)
		}
	}
}

// A move that is cancelled, or given another target, may have gone so far that the replicas of its target are the group, and nobody else
// has what was acknowledged since. They stay until the group is known to do without them.
func TestReplicasOfATargetGivenUpStayWhileTheGroupMayHaveThem(t *testing.T) {
	i := cluster(t)
	id := msg.TopicPartition{Topic: ordersID, Partition: 1}
	there, here := metadata.Replica{Node: 2, Directory: "there", RaftID: 3}, metadata.Replica{Node: 1, Directory: "here", RaftID: 10}
	r, h := newReplicas(id.String())
	r.startAll(i)
	for _, c := range []struct {
		record metadata.Record
		want   string
	}{
		{metadata.PartitionMoving{Topic: ordersID, Number: 1, Target: []metadata.Replica{here}}, "start orders/1"},
		{metadata.PartitionMoving{Topic: ordersID, Number: 1}, ""},
		{metadata.PartitionMoved{Topic: ordersID, Number: 1, Replicas: []metadata.Replica{there}}, "delete " + id.String() + "/1"},
	} {
		h.took()
		var changes metadata.Changes
		i, changes = step(t, i, c.record)
		r.change(i, changes)
		if got := h.took(); got != c.want {
			t.Errorf("after %T did %q, want %q", c.record, got, c.want)
		}
		if again, g := newReplicas(id.String()); c.want == "" {
			if again.startAll(i); g.took() != "start orders/0, start orders/1" || len(g.assigned[id]) != 1 || g.assigned[id][0].RaftID != there.RaftID {
				t.Errorf("a node that starts meanwhile did not start the replica, or told it %v", g.assigned[id])
			}
		}
	}
}

func TestLogsAreNamedAfterPartitions(t *testing.T) {
	for _, want := range []msg.TopicPartition{{Topic: ordersID, Partition: 7}, metadataPartition, {Topic: msg.TopicID{0xff, 0xff, 0xfe}, Partition: 123456}} {
		if got, err := parsePartition(want.String()); err != nil || got != want {
			t.Errorf("%s: %v, %v", want, got, err)
		}
	}
	for _, name := range []string{"", "orders", "orders-0", "-0", ordersID.String(), ordersID.String() + "-", ordersID.String() + "-x"} {
		if got, err := parsePartition(name); err == nil {
			t.Errorf("%q is taken for %v", name, got)
		}
	}
}
