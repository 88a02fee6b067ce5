package cluster

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/test/traffic"
)

func TestANodeJoinsThroughOneSeed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	c := Start(t, Nodes(1), Room(2))
	adm := admin(t, c)
	if _, err := adm.CreateTopic(t.Context(), 3, -1, nil, traffic.Topic); err != nil {
		t.Fatal(err)
	}
	work := traffic.New(c.Bootstrap()...)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- work.Run(ctx, 0) }()
	c.Add()
	c.Add()
	await(t, 5*time.Second, "all three nodes are there for clients", func() bool { return len(adm.brokers(t)) == 3 })
	// A topic that nobody asked a number of replicas for gets three.
	await(t, 30*time.Second, "the topic has three replicas", func() bool { return adm.whole(t, traffic.Topic, 3) })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	// The first node is no longer needed.
	c.Node(1).Kill()
	verify(t, traffic.Continued(work, c.Bootstrap()[1:]...))
}

// verify checks what was promised.
func verify(t testing.TB, work *traffic.Traffic) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	broken, err := work.Verify(ctx)
	if err != nil {
		t.Error(err)
	}
	for _, b := range broken[:min(len(broken), 20)] {
		t.Error(b)
	}
	t.Logf("%d records acknowledged, %d promises broken", work.Count(), len(broken))
}

func TestAWipedNodeComesBackAsANewReplica(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	c := Start(t)
	adm := admin(t, c)
	work := traffic.New(c.Bootstrap()...)
	if err := work.Create(t.Context(), 6, 3); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- work.Run(ctx, 0) }()
	await(t, 10*time.Second, "work is under way", func() bool { return work.Count() > 5000 })
	n := c.Node(2)
	n.Kill()
	n.Wipe()
	n.Start()
	await(t, 20*time.Second, "the wiped node holds every partition again", func() bool { return adm.holds(t, 2, traffic.Topic) == 6 })
	await(t, 60*time.Second, "every partition has three replicas in sync", func() bool { return adm.whole(t, traffic.Topic, 3) })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	// What the wiped node has now counts: another one may go.
	c.Node(1).Kill()
	verify(t, work)
}

func TestWipedSeedsFoundNoSecondCluster(t *testing.T) {
	c := Start(t)
	for _, id := range []msg.NodeID{1, 2} {
		c.Node(id).Kill()
		c.Node(id).Wipe()
	}
	c.Node(3).Kill()
	for _, id := range []msg.NodeID{1, 2} {
		if err := c.Node(id).launch(); err != nil {
			t.Fatal(err)
		}
	}
	await(t, 10*time.Second, "the wiped seeds wait for the third", func() bool {
		return strings.Contains(c.Node(1).Log(), "no answer from seeds") && strings.Contains(c.Node(2).Log(), "no answer from seeds")
	})
	time.Sleep(time.Second) // they must go on waiting
	for _, id := range []msg.NodeID{1, 2} {
		select {
		case <-c.Node(id).ready:
			t.Errorf("node %d serves: there are two clusters now", id)
		default:
		}
	}
}

// A node that was killed is shown to clients until its lease has run out. One that is stopped says goodbye.
func TestClientsAreNotToldOfANodeThatHasStopped(t *testing.T) {
	c := Start(t)
	adm := admin(t, c)
	for _, id := range []msg.NodeID{2, 1} { // the first founder leads the metadata log, as a rule
		if err := c.Node(id).Stop(); err != nil {
			t.Fatal(err)
		}
		await(t, time.Second, "clients are told of two nodes", func() bool { return len(adm.brokers(t)) == 2 })
		c.Node(id).Start()
		await(t, 5*time.Second, "clients are told of three nodes again", func() bool { return len(adm.brokers(t)) == 3 })
	}
}

func TestTheSameNodeIDTwice(t *testing.T) {
	c := Start(t)
	again := c.launch(c.seeds())
	again.Kill()
	again.spec.ID = 2 // in a directory of its own
	again.Wipe()
	if err := again.launch(); err != nil {
		t.Fatal(err)
	}
	await(t, 10*time.Second, "the second one is told that there is a first", func() bool {
		return strings.Contains(again.Log(), "is alive")
	})
	adm := admin(t, c)
	if got := adm.brokers(t); len(got) != 3 {
		t.Errorf("brokers %v", got)
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Node(2).Kafka))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.Ping(t.Context()); err != nil {
		t.Errorf("the first node 2: %v", err)
	}
}

func TestAllNodesComeBack(t *testing.T) {
	c := Start(t)
	work := traffic.New(c.Bootstrap()...)
	if err := work.Create(t.Context(), 12, 3); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- work.Run(ctx, 0) }()
	await(t, 10*time.Second, "work is under way", func() bool { return work.Count() > 5000 })
	c.KillAll()
	begun := time.Now()
	c.StartAll()
	before := work.Count()
	await(t, 5*time.Second, "records are acknowledged again", func() bool { return work.Count() > before })
	t.Logf("killed all at once, whole again %s after their start", time.Since(begun).Round(time.Millisecond))
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	verify(t, work)
}
