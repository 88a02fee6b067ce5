package cluster

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

var cached = map[string]*string{"write.caching": new("true")}

// standsAside waits until a node has said that a replica here may have forgotten something.
func standsAside(t *testing.T, c *Cluster, id msg.NodeID) {
	t.Helper()
	await(t, 20*time.Second, "the replica stands aside", func() bool {
		return strings.Contains(c.Node(id).Log(), "it gives up its vote")
	})
}

// One machine of three goes down. Its replica of a topic with write.caching comes back as another; that of a topic without stays.
func TestAMachineThatWentDownGivesUpWhatItKeptInItsCache(t *testing.T) {
	c := Start(t, Room(0))
	adm := admin(t, c)
	adm.create(t, "cached", 3, cached)
	adm.create(t, "synced", 3, nil)
	for _, topic := range []string{"cached", "synced"} {
		if err := say(t, c, topic, "one"); err != nil {
			t.Fatal(err)
		}
		await(t, 20*time.Second, "all have it", func() bool { return adm.whole(t, topic, 3) })
	}
	before := map[string]map[uint64]msg.NodeID{"cached": adm.replicas(t, "cached", 0), "synced": adm.replicas(t, "synced", 0)}
	c.Node(2).Reboot()
	c.Node(2).Start()
	standsAside(t, c, 2)
	for _, topic := range []string{"cached", "synced"} {
		await(t, 30*time.Second, "there are three replicas of "+topic+" again", func() bool {
			all := adm.replicas(t, topic, 0)
			same := slices.Equal(ids(all), ids(before[topic]))
			return adm.whole(t, topic, 3) && same == (topic == "synced")
		})
		for id, node := range adm.replicas(t, topic, 0) {
			if _, was := before[topic][id]; was == (topic == "cached" && node == 2) {
				t.Errorf("the replica of %s on node %d is %d; before they were %v", topic, node, id, before[topic])
			}
		}
	}
	// What came back has everything, and counts.
	c.Node(1).Kill()
	if err := say(t, c, "cached", "two"); err != nil {
		t.Fatal(err)
	}
	if got := said(t, c, "cached", 2); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("the topic holds %v", got)
	}
}

func ids(replicas map[uint64]msg.NodeID) []uint64 {
	var all []uint64
	for id := range replicas {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}

// All machines go down at once. Nobody is left who surely knows what was acknowledged: the partition is down until an operator chooses.
func TestNobodyLeadsAfterAllMachinesWentDown(t *testing.T) {
	c := Start(t, Room(0))
	adm := admin(t, c)
	adm.create(t, "cached", 3, cached)
	adm.create(t, "alone", 1, cached)
	for _, topic := range []string{"cached", "alone"} {
		if err := say(t, c, topic, "one"); err != nil {
			t.Fatal(err)
		}
	}
	await(t, 20*time.Second, "all have it", func() bool { return adm.whole(t, "cached", 3) })
	for _, n := range c.All() {
		n.Reboot()
	}
	c.StartAll()
	for _, n := range c.All() {
		standsAside(t, c, n.ID)
	}
	// A replica that is alone goes on with what it has.
	if err := say(t, c, "alone", "two"); err != nil {
		t.Error(err)
	}
	// Longer than an election takes; after another start of the same boot, too.
	c.Node(1).Kill()
	c.Node(1).Start()
	for until := time.Now().Add(4 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		if p := adm.partitions(t, "cached")[0]; p.Leader > 0 {
			t.Fatalf("node %d leads, and may have forgotten what was acknowledged", p.Leader)
		}
	}
	var err error
	await(t, 10*time.Second, "the recovery is taken", func() bool {
		err = adm.recover(t, c.Node(1), "cached", 3)
		return err == nil
	})
	await(t, 60*time.Second, "there are three replicas again", func() bool { return adm.whole(t, "cached", 3) })
	if err := say(t, c, "cached", "two"); err != nil {
		t.Fatal(err)
	}
	if got := said(t, c, "cached", 2); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("the topic holds %v", got)
	}
}
