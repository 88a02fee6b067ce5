package metadata

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// history makes n records that apply after each other.
func history(rnd *rand.Rand, n int) []Record {
	draft := Empty().Draft()
	founders := []Quorum{{Node: 1, Directory: "d", RaftID: 2, Voter: true}}
	records := []Record{ClusterFounded{ClusterID: "c", Level: 2, Secret: "s", Founders: founders}, NodeRegistered{msg.Registration{ID: 1, Directory: "d"}}}
	for _, r := range records {
		must(draft.Apply(r))
	}
	for len(records) < n {
		r := anyRecord(rnd, draft.Image())
		must(draft.Apply(r))
		records = append(records, r)
	}
	return records
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// anyRecord is a record that applies to an image.
func anyRecord(rnd *rand.Rand, i *Image) Record {
	var topic *Topic
	if topics := i.Topics(); len(topics) > 0 {
		topic = topics[rnd.IntN(len(topics))]
	}
	if r := anyClusterRecord(rnd, i, topic); r != nil && rnd.IntN(3) == 0 {
		return r
	}
	switch dice := rnd.IntN(10); {
	case topic == nil || dice < 2:
		for {
			name := fmt.Sprintf("t%c%d", "._-"[rnd.IntN(3)], rnd.IntN(200))
			_, taken := i.Topic(name)
			if _, collides := i.Colliding(name); !taken && !collides {
				var id msg.TopicID
				for at := range id {
					id[at] = byte(rnd.Uint32())
				}
				return TopicCreated{ID: id, Name: name, Internal: rnd.IntN(5) == 0, AutoFactor: rnd.IntN(2) == 0}
			}
		}
	case dice < 4:
		return RaftIDsIssued{i.NextRaftID() + 1 + rnd.Uint64N(3)}
	case dice < 6 && i.NextRaftID() > 1:
		return PartitionCreated{Topic: topic.ID, Number: int32(len(topic.Partitions)), Replicas: []Replica{{1, "d", i.NextRaftID() - 1}}}
	case dice < 7:
		return TopicDeleted{topic.ID}
	case dice < 8:
		return RemoveConfig(msg.TopicResource, topic.Name, fmt.Sprint("k", rnd.IntN(3)))
	case dice < 9:
		return SetConfig(msg.TopicResource, topic.Name, fmt.Sprint("k", rnd.IntN(3)), fmt.Sprint(rnd.IntN(3)))
	}
	id := msg.NodeID(1 + rnd.IntN(5))
	directory := map[msg.NodeID]string{1: "d"}[id]
	for directory == "" || i.Removed(directory) {
		directory = fmt.Sprint("d", rnd.IntN(1000))
	}
	return NodeRegistered{msg.Registration{ID: id, Directory: directory, Incarnation: fmt.Sprint(rnd.IntN(9))}}
}

// anyClusterRecord is a record about nodes and what they hold that applies to an image; nil if the dice fall on none.
func anyClusterRecord(rnd *rand.Rand, i *Image, topic *Topic) Record {
	node := i.Nodes()[rnd.IntN(len(i.Nodes()))]
	on := func(raftID uint64) []Replica { return []Replica{{node.ID, node.Directory, raftID}} }
	switch rnd.IntN(10) {
	case 0:
		return NodeFenced{node.ID}
	case 1:
		return NodeUnfenced{node.ID}
	case 2:
		return NodeDraining{node.ID, rnd.IntN(2) == 0}
	case 3:
		return NodeLeaving{node.ID, rnd.IntN(2) == 0}
	case 4:
		if i.held(node.ID) == "" && len(i.Nodes()) > 1 {
			return NodeRemoved{node.ID, node.Directory}
		}
	case 5:
		quorum := []Quorum{{Node: 1, Directory: "d", RaftID: 2, Voter: true}}
		if node.ID != 1 {
			quorum = append(quorum, Quorum{Node: node.ID, Directory: node.Directory, RaftID: 1, Voter: rnd.IntN(2) == 0})
		}
		return QuorumChanged{quorum}
	case 6:
		return ProducerIDsAllocated{1, i.NextProducerID() + 1}
	case 7:
		return SetConfig(msg.BrokerResource, []string{"", "1"}[rnd.IntN(2)], "k", fmt.Sprint(rnd.IntN(3)))
	case 8:
		return SetConfig(msg.GroupResource, "g", "k", fmt.Sprint(rnd.IntN(3)))
	}
	if topic == nil {
		return nil
	}
	if len(topic.Partitions) == 0 {
		return TopicFactorFixed{topic.ID}
	}
	number := int32(rnd.IntN(len(topic.Partitions)))
	switch rnd.IntN(3) {
	case 0:
		return PartitionMoving{topic.ID, number, on(i.NextRaftID() - 1)}
	case 1:
		return PartitionMoving{Topic: topic.ID, Number: number}
	}
	return PartitionMoved{topic.ID, number, on(i.NextRaftID() - 1)}
}

// The same records lead to the same image however they were cut into batches, and no image changes while the next ones are
// made from it.
func TestImagesAgree(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		records := history(rnd, 300)
		var whole, steps *Image = apply(Empty(), records), Empty()
		type kept struct {
			image *Image
			shown string
		}
		var all []kept
		for rest := records; len(rest) > 0; {
			n := 1 + rnd.IntN(min(10, len(rest)))
			steps, rest = apply(steps, rest[:n]), rest[n:]
			all = append(all, kept{steps, show(steps)})
		}
		if !reflect.DeepEqual(whole, steps) {
			t.Fatalf("seed %d: in one batch\n%s\nin several\n%s", seed, show(whole), show(steps))
		}
		for _, k := range all {
			if now := show(k.image); now != k.shown {
				t.Fatalf("seed %d: an image was\n%s\nand is\n%s", seed, k.shown, now)
			}
		}
		checkIndexes(t, steps)
	}
}

func apply(i *Image, records []Record) *Image {
	d := i.Draft()
	for _, r := range records {
		must(d.Apply(r))
	}
	return d.Image()
}

// checkIndexes compares an image's indexes with its list of topics.
func checkIndexes(t *testing.T, i *Image) {
	t.Helper()
	partitions, last := 0, ""
	for _, topic := range i.Topics() {
		byName, _ := i.Topic(topic.Name)
		byID, _ := i.TopicByID(topic.ID)
		if byName != topic || byID != topic || topic.Name <= last {
			t.Errorf("topic %s is not found, or out of order", topic.Name)
		}
		if other, ok := i.Colliding(topic.Name); ok != (unified(topic.Name) != "") || ok && other != topic.Name {
			t.Errorf("topic %s collides with %q", topic.Name, other)
		}
		partitions, last = partitions+len(topic.Partitions), topic.Name
	}
	if len(i.byName) != len(i.topics) || len(i.byID) != len(i.topics) || i.Partitions() != partitions {
		t.Errorf("%d topics, %d by name, %d by id, %d partitions of %d", len(i.topics), len(i.byName), len(i.byID), i.Partitions(), partitions)
	}
}

// 10,000 topics cost one copy when they come in one draft, not ten thousand: copying each time takes tens of seconds.
func TestManyTopicsAreCopiedOnce(t *testing.T) {
	draft := apply(Empty(), []Record{NodeRegistered{msg.Registration{ID: 1}}, RaftIDsIssued{10_001}}).Draft()
	begun := time.Now()
	for n := range 10_000 {
		id := msg.TopicID{0: 1, 14: byte(n >> 8), 15: byte(n)}
		must(draft.Apply(TopicCreated{ID: id, Name: fmt.Sprintf("topic-%d", n*7919%10_000)}))
		must(draft.Apply(PartitionCreated{Topic: id, Replicas: []Replica{{1, "d", uint64(n + 1)}}}))
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("applying 10,000 topics took %v", took)
	}
	if got := draft.Image().Partitions(); got != 10_000 {
		t.Errorf("%d partitions", got)
	}
}
