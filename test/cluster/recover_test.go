package cluster

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	door "github.com/seed-e634fa49/troupe/gateway/http"
)

// replicas are the members of a partition's group by raft id, as its leader sees them; nil: it was not answered.
func (o operator) replicas(t testing.TB, topic string, partition int32) map[uint64]msg.NodeID {
	t.Helper()
	for _, n := range o.cluster.All() {
		resp, err := http.Get(fmt.Sprintf("http://%s/admin/partitions/%s/%d", n.HTTP, topic, partition))
		if err != nil {
			continue
		}
		defer resp.Body.Close()
		var told door.Partition
		if resp.StatusCode != http.StatusOK || json.NewDecoder(resp.Body).Decode(&told) != nil {
			continue
		}
		all := map[uint64]msg.NodeID{}
		for _, r := range told.Replicas {
			all[r.RaftID] = r.Node
		}
		return all
	}
	return nil
}

// recover makes a replica the only one of its partition, asking another node for it.
func (o operator) recover(t testing.TB, through *Node, topic string, survivor msg.NodeID) error {
	t.Helper()
	resp, err := http.Post(fmt.Sprintf("http://%s/admin/partitions/%s/0/recover-unsafe?node=%d", through.HTTP, topic, survivor), "", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, text)
	}
	return nil
}

// say produces one record, and waits for it.
func say(t testing.TB, c *Cluster, topic, text string) error {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...), kgo.RecordDeliveryTimeout(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	return cl.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: []byte(text)}).FirstErr()
}

// said is what a topic holds.
func said(t testing.TB, c *Cluster, topic string, n int) []string {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	var all []string
	await(t, 20*time.Second, "all records are read", func() bool {
		cl.PollRecords(t.Context(), n).EachRecord(func(r *kgo.Record) { all = append(all, string(r.Value)) })
		return len(all) >= n
	})
	return all
}

// create makes a topic of one partition.
func (o operator) create(t testing.TB, topic string, replicas int16, configs map[string]*string) []msg.NodeID {
	t.Helper()
	if _, err := o.CreateTopic(t.Context(), 1, replicas, configs, topic); err != nil {
		t.Fatal(err)
	}
	o.leaderOf(t, topic, 0)
	return o.partitions(t, topic)[0].Replicas
}

// Two of three replicas are gone for good, with their disks. The third is made to go on, and what comes back on the others' nodes are
// other replicas.
func TestAPartitionIsRecoveredByItsLastReplica(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	c := Start(t, Nodes(5), Room(0)) // so that the metadata log keeps its majority
	adm := admin(t, c)
	on := adm.create(t, "orders", 3, nil)
	if err := say(t, c, "orders", "one"); err != nil {
		t.Fatal(err)
	}
	await(t, 10*time.Second, "all three have it", func() bool { return adm.whole(t, "orders", 3) })
	old := adm.replicas(t, "orders", 0)
	survivor, lost := on[2], on[:2]
	through := c.All()[slices.IndexFunc(c.All(), func(n *Node) bool { return !slices.Contains(on, n.ID) })]
	if err := adm.recover(t, through, "orders", survivor); err == nil {
		t.Fatal("a partition that has a leader was recovered")
	}
	for _, id := range lost {
		c.Node(id).Kill()
		c.Node(id).Wipe()
	}
	var err error
	await(t, 10*time.Second, "the recovery is taken", func() bool {
		err = adm.recover(t, through, "orders", survivor)
		return err == nil
	})
	if err := say(t, c, "orders", "two"); err != nil {
		t.Fatalf("the recovered partition takes nothing: %v", err)
	}
	await(t, 10*time.Second, "the controller knows", func() bool {
		p := adm.partitions(t, "orders")[0]
		return p.Leader == survivor && len(p.Replicas) == 3 // the new ones on their way
	})
	for _, id := range lost {
		if err := c.Node(id).launch(); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range lost {
		if err := c.Node(id).awaitReady(); err != nil {
			t.Fatal(err)
		}
	}
	await(t, 60*time.Second, "there are three replicas again", func() bool { return adm.whole(t, "orders", 3) })
	for id, node := range adm.replicas(t, "orders", 0) {
		if _, was := old[id]; was && node != survivor {
			t.Errorf("node %d is back as %d, which it was before", node, id)
		}
	}
	// What is there now counts: the survivor may go.
	c.Node(survivor).Kill()
	if err := say(t, c, "orders", "three"); err != nil {
		t.Fatal(err)
	}
	if got := said(t, c, "orders", 3); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("the topic holds %v", got)
	}
}

// The others are not gone: they were only away, and come back with their disks. They are replicas of the past all the same.
func TestWhoWasLeftBehindComesBackAsAnother(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	c := Start(t, Nodes(5), Room(0))
	adm := admin(t, c)
	on := adm.create(t, "orders", 3, nil)
	if err := say(t, c, "orders", "one"); err != nil {
		t.Fatal(err)
	}
	await(t, 10*time.Second, "all three have it", func() bool { return adm.whole(t, "orders", 3) })
	old := adm.replicas(t, "orders", 0)
	survivor, left := on[0], on[1:]
	for _, id := range left {
		c.Node(id).Kill()
	}
	await(t, 10*time.Second, "the recovery is taken", func() bool { return adm.recover(t, c.Node(survivor), "orders", survivor) == nil })
	if err := say(t, c, "orders", "two"); err != nil {
		t.Fatal(err)
	}
	await(t, 10*time.Second, "the controller knows", func() bool {
		moves, err := kmsg.NewPtrListPartitionReassignmentsRequest().RequestWith(t.Context(), adm.raw)
		return err == nil && len(moves.Topics) == 1
	})
	c.StartAll()
	await(t, 60*time.Second, "there are three replicas again", func() bool { return adm.whole(t, "orders", 3) })
	for id, node := range adm.replicas(t, "orders", 0) {
		if _, was := old[id]; was && node != survivor {
			t.Errorf("node %d is back as %d, which it was before", node, id)
		}
	}
	c.Node(survivor).Kill()
	if got := said(t, c, "orders", 2); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("the topic holds %v", got)
	}
}
