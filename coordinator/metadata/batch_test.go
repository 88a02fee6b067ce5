package metadata

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// batchAt is a batch of the log.
func batchAt(base int64, changes ...Record) record.Batch {
	var records []record.Record
	for _, c := range changes {
		records = append(records, Encode(c))
	}
	b := record.Build(records, time.UnixMilli(1))
	b.Stamp(base, 1)
	return b
}

func TestApplyFollowsTheLog(t *testing.T) {
	image, changes, err := Empty().Apply(batchAt(0, ClusterFounded{ClusterID: "c", Level: 1}, NodeRegistered{msg.Registration{ID: 1}}))
	if err != nil || image.Offset() != 1 || image.ClusterID() != "c" || !changes.Nodes {
		t.Fatalf("%s\n%+v, %v", show(image), changes, err)
	}
	control := batchAt(2, TopicDeleted{msg.TopicID{1}})
	control[22] |= 0x20
	next, changes, err := image.Apply(control)
	if err != nil || next.Offset() != 2 || !reflect.DeepEqual(changes, Changes{}) {
		t.Errorf("a control batch: offset %d, %+v, %v", next.Offset(), changes, err)
	}
	for _, c := range []struct {
		batch record.Batch
		want  string
	}{
		{batchAt(1, RaftIDsIssued{9}), "applying the metadata batch at offset 1: the image is at offset 1 already"},
		{batchAt(2, RaftIDsIssued{9}, TopicDeleted{msg.TopicID{15: 9}}), "applying the metadata record at offset 3: topic id AAAAAAAAAAAAAAAAAAAACQ is deleted and does not exist"},
		{batchAt(2, RaftIDsIssued{9})[:record.HeaderSize], "reading the metadata batch at offset 2: "},
	} {
		before := show(image)
		after, _, err := image.Apply(c.batch)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || after != nil {
			t.Errorf("%v, want %s", err, c.want)
		}
		if now := show(image); now != before {
			t.Errorf("%s: the image was\n%s\nand is\n%s", c.want, before, now)
		}
	}
}

// Two drafts of one image do not share what they write.
func TestDraftsAreApart(t *testing.T) {
	id := msg.TopicID{15: 9}
	base := apply(Empty(), []Record{NodeRegistered{msg.Registration{ID: 1}}, RaftIDsIssued{9}, TopicCreated{ID: id, Name: "t"}})
	for n := range int32(5) {
		base = apply(base, []Record{PartitionCreated{Topic: id, Number: n, Replicas: []Replica{{1, "d", uint64(n + 1)}}}})
	}
	one := base.Draft()
	must(one.Apply(PartitionCreated{Topic: id, Number: 5, Replicas: []Replica{{1, "one", 6}}}))
	two := base.Draft()
	must(two.Apply(PartitionCreated{Topic: id, Number: 5, Replicas: []Replica{{1, "two", 7}}}))
	for want, draft := range map[string]*Draft{"one": one, "two": two} {
		topic, _ := draft.Image().TopicByID(id)
		if got := topic.Partitions[5].Replicas[0].Directory; got != want {
			t.Errorf("the partition of draft %s is on %s", want, got)
		}
	}
}

func TestLayers(t *testing.T) {
	image := apply(Empty(), []Record{
		TopicCreated{ID: msg.TopicID{15: 9}, Name: "t"},
		SetConfig(msg.TopicResource, "t", "k", "topic"),
		SetConfig(msg.BrokerResource, "", "k", "cluster"),
		SetConfig(msg.BrokerResource, "7", "k", "node"),
	})
	topic, _ := image.Topic("t")
	l := image.Layers(topic, 7, map[string]string{"k": "static"})
	got := fmt.Sprint(l.Own["k"], " ", l.Node["k"], " ", l.Cluster["k"], " ", l.Static["k"])
	if got != "topic node cluster static" {
		t.Error(got)
	}
}
