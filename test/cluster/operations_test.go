package cluster

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/test/traffic"
)

// ask posts to the operators' door of the first node.
func (o operator) ask(t testing.TB, path string) {
	t.Helper()
	resp, err := http.Post(fmt.Sprintf("http://%s/admin/%s", o.cluster.Node(1).HTTP, path), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body)
	t.Logf("POST /admin/%s: %s", path, bytes.TrimSpace(answer))
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("POST /admin/%s: %s", path, resp.Status)
	}
}

// leads is how many partitions of a topic a node leads, -1 if that can't be told now.
func (o operator) leads(t testing.TB, node msg.NodeID, topic string) int {
	t.Helper()
	all := o.partitions(t, topic)
	if len(all) == 0 {
		return -1
	}
	n := 0
	for _, p := range all {
		if p.Leader == node {
			n++
		}
	}
	return n
}

// TestANodeIsAddedDrainedAndDecommissioned takes a node through its life under load. No partition ever has fewer than three replicas.
func TestANodeIsAddedDrainedAndDecommissioned(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	c := Start(t)
	adm := admin(t, c)
	work := underLoad(t, c, 8)
	fewest := 3
	until := func(what string, holds func() bool) {
		t.Helper()
		await(t, 20*time.Second, what, func() bool {
			for _, p := range adm.partitions(t, traffic.Topic) {
				fewest = min(fewest, len(p.Replicas))
			}
			return holds()
		})
		work.goesOn(what)
	}
	c.Add()
	adm.ask(t, "balance")
	until("the new node holds replicas", func() bool { return adm.holds(t, 4, traffic.Topic) >= 4 && adm.whole(t, traffic.Topic, 3) })
	adm.ask(t, "balance") // of leaders, now that there are replicas to lead
	until("it leads", func() bool { return adm.leads(t, 4, traffic.Topic) > 0 })
	adm.ask(t, "nodes/4/drain")
	until("drained, it leads nothing", func() bool { return adm.leads(t, 4, traffic.Topic) == 0 })
	adm.ask(t, "nodes/4/undrain")
	adm.ask(t, "balance")
	until("undrained, it leads again", func() bool { return adm.leads(t, 4, traffic.Topic) > 0 })
	adm.ask(t, "nodes/4/decommission")
	until("decommissioned, it holds nothing", func() bool {
		for _, p := range adm.partitions(t, traffic.Topic) {
			if slices.Contains(p.Replicas, 4) {
				return false
			}
		}
		return adm.whole(t, traffic.Topic, 3) && len(adm.brokers(t)) == 3
	})
	c.Node(4).Kill()
	work.goesOn("it is gone")
	if fewest < 3 {
		t.Errorf("a partition had only %d replicas meanwhile", fewest)
	}
	work.ends()
}

// TestConsumersFetchFromTheirRack has a consumer in each of three racks read from the node that stands there (KIP-392).
func TestConsumersFetchFromTheirRack(t *testing.T) {
	c := Start(t, Racks("a", "b", "c"), Set("replica.selector.class", "org.apache.kafka.common.replica.RackAwareReplicaSelector"))
	adm := admin(t, c)
	if _, err := adm.CreateTopic(t.Context(), 1, 3, nil, traffic.Topic); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if err := adm.raw.ProduceSync(t.Context(), &kgo.Record{Topic: traffic.Topic, Value: fmt.Append(nil, i)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	await(t, 10*time.Second, "all replicas are in sync", func() bool { return adm.whole(t, traffic.Topic, 3) })
	for id, rack := range map[int32]string{1: "a", 2: "b", 3: "c"} {
		from := &fetchedFrom{nodes: map[int32]int{}}
		cl, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...), kgo.Rack(rack), kgo.ConsumeTopics(traffic.Topic),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(200*time.Millisecond), kgo.WithHooks(from))
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		await(t, 10*time.Second, "a consumer in rack "+rack+" reads at its own node", func() bool {
			got += cl.PollFetches(t.Context()).NumRecords()
			return got == 10 && from.most() == id
		})
		cl.Close()
	}
}
