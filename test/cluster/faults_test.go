package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/test/traffic"
)

// faultTime is how long faults are injected in all; TROUPE_FAULT_MINUTES makes it longer.
func faultTime() time.Duration {
	if n, err := strconv.Atoi(os.Getenv("TROUPE_FAULT_MINUTES")); err == nil {
		return time.Duration(n) * time.Minute
	}
	return 20 * time.Second
}

// fault breaks something, and mends it after it has lasted for a while.
type fault struct {
	name string
	run  func(c *Cluster, r *rand.Rand)
}

var faults = []fault{
	{"kill a node", func(c *Cluster, r *rand.Rand) {
		n := anyOf(c, r)
		n.Kill()
		last(r, 500, 3000)
		n.Start()
	}},
	{"kill all nodes", func(c *Cluster, r *rand.Rand) {
		c.KillAll()
		last(r, 0, 500)
		c.StartAll()
	}},
	{"pause a node", func(c *Cluster, r *rand.Rand) {
		n := anyOf(c, r)
		n.Pause()
		last(r, 2000, 8000)
		n.Resume()
	}},
	{"restart all nodes, one after the other", func(c *Cluster, r *rand.Rand) {
		for _, n := range c.All() {
			if err := n.Stop(); err != nil {
				c.t.Error(err)
			}
			n.Start()
			last(r, 500, 1000)
		}
	}},
	{"cut two nodes from each other", func(c *Cluster, r *rand.Rand) {
		a, b := twoOf(c, r)
		c.Cut(a, b)
		last(r, 1000, 5000)
		c.Heal()
	}},
	{"cut one way", func(c *Cluster, r *rand.Rand) {
		a, b := twoOf(c, r)
		c.CutOneWay(a, b)
		last(r, 1000, 5000)
		c.Heal()
	}},
	{"isolate a node", func(c *Cluster, r *rand.Rand) {
		c.Isolate(anyOf(c, r).ID)
		last(r, 1000, 5000)
		c.Heal()
	}},
	{"leave a link half open", func(c *Cluster, r *rand.Rand) {
		a, b := twoOf(c, r)
		c.HalfOpen(a, b)
		last(r, 1000, 5000)
		c.Heal()
	}},
	{"drop a link", func(c *Cluster, r *rand.Rand) {
		c.Drop(twoOf(c, r))
		last(r, 0, 1000)
	}},
	{"delay a link", func(c *Cluster, r *rand.Rand) {
		a, b := twoOf(c, r)
		c.Delay(a, b, 100*time.Millisecond, 100*time.Millisecond)
		c.Delay(b, a, 100*time.Millisecond, 100*time.Millisecond)
		last(r, 1000, 4000)
		c.Heal()
	}},
	{"slow a disk", func(c *Cluster, r *rand.Rand) {
		n := anyOf(c, r)
		n.SlowDisk(200 * time.Millisecond)
		last(r, 1000, 4000)
		n.SlowDisk(0)
	}},
}

func anyOf(c *Cluster, r *rand.Rand) *Node { return c.nodes[r.IntN(len(c.nodes))] }

func twoOf(c *Cluster, r *rand.Rand) (a, b msg.NodeID) {
	i := r.IntN(len(c.nodes))
	j := (i + 1 + r.IntN(len(c.nodes)-1)) % len(c.nodes)
	return c.nodes[i].ID, c.nodes[j].ID
}

// last lets a fault last for some milliseconds.
func last(r *rand.Rand, least, most int) {
	time.Sleep(time.Duration(least+r.IntN(most-least+1)) * time.Millisecond)
}

// TestNothingAcknowledgedIsLost breaks a cluster of three again and again under four idempotent acks=all producers and a reader: what
// was acknowledged is there, once, in order, and what was read at an offset stays there.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	c := Start(t)
	work := traffic.New(c.Bootstrap()...)
	if err := work.Create(t.Context(), 12, 3); err != nil {
		t.Fatal(err)
	}
	working, stop := context.WithCancel(t.Context())
	done := make(chan error, 2)
	go func() { done <- work.Run(working, 0) }()
	go func() { done <- work.Follow(working) }()
	counts := map[string]int{}
	for until := time.Now().Add(faultTime()); time.Now().Before(until); {
		f := faults[r.IntN(len(faults))]
		counts[f.name]++
		before := work.Count()
		f.run(c, r)
		if err := flows(work, 20*time.Second); err != nil {
			t.Errorf("after %q: %v", f.name, err)
			break
		}
		t.Logf("%s: %d acknowledged meanwhile, longest gap %s", f.name, work.Count()-before, work.Gap().Round(time.Millisecond))
	}
	stop()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for _, err := range work.Refused() {
		t.Log("a producer was told of: ", err)
	}
	broken, err := work.Verify(ctx)
	if err != nil {
		t.Error(err)
	}
	for _, b := range broken[:min(len(broken), 20)] {
		t.Error(b)
	}
	t.Logf("seed %d: %v, %d records acknowledged, %d promises broken", seed, counts, work.Count(), len(broken))
}

// flows waits until records of every partition are acknowledged again.
func flows(work *traffic.Traffic, within time.Duration) error {
	before := work.Partitions()
	var still []int32
	for until := time.Now().Add(within); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		still = nil
		for p, n := range work.Partitions() {
			if n < before[p]+50 {
				still = append(still, p)
			}
		}
		if len(before) > 0 && len(still) == 0 {
			return nil
		}
	}
	slices.Sort(still)
	return fmt.Errorf("partitions %v acknowledged fewer than 50 records within %s", still, within)
}
