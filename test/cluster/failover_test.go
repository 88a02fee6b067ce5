package cluster

import (
	"context"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// pulse produces to one partition without a pause and notes when each record was acknowledged.
type pulse struct {
	mu   sync.Mutex
	acks []time.Time
}

func (p *pulse) beat(ctx context.Context, t testing.TB, bootstrap []string, topic string, partition int32) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(bootstrap...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0),
		kgo.MetadataMinAge(20*time.Millisecond), kgo.RetryBackoffFn(func(int) time.Duration { return 10 * time.Millisecond }))
	if err != nil {
		t.Error(err)
		return
	}
	defer cl.Close()
	for ctx.Err() == nil {
		if cl.ProduceSync(ctx, &kgo.Record{Topic: topic, Partition: partition, Value: []byte("beat")}).FirstErr() == nil {
			p.mu.Lock()
			p.acks = append(p.acks, time.Now())
			p.mu.Unlock()
			time.Sleep(2 * time.Millisecond) // a pulse, not a load
		}
	}
}

// after waits for an acknowledgement that comes after a moment.
func (p *pulse) after(at time.Time, within time.Duration) bool {
	for until := time.Now().Add(within); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		p.mu.Lock()
		n := len(p.acks)
		later := n > 0 && p.acks[n-1].After(at)
		p.mu.Unlock()
		if later {
			return true
		}
	}
	return false
}

// failovers is how often each kind of end is tried; TROUPE_FAILOVERS makes it more.
func failovers() int {
	if n, err := strconv.Atoi(os.Getenv("TROUPE_FAILOVERS")); err == nil {
		return n
	}
	return 3
}

// TestFailover ends a partition's leader, by SIGKILL and cleanly, and takes the time to the next acknowledged record.
func TestFailover(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	for _, c := range []struct {
		name string
		end  func(n *Node) error
		// median is what is promised on a machine that has nothing else to do, with room for one that does; most is for every one.
		median, most time.Duration
	}{
		{"killed", func(n *Node) error { n.Kill(); return nil }, time.Second, 2500 * time.Millisecond},
		{"stopped", (*Node).Stop, 100 * time.Millisecond, 500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			gaps := failover(t, c.end)
			slices.Sort(gaps)
			t.Logf("a leader is %s: median %s, worst %s of %d", c.name, gaps[len(gaps)/2].Round(time.Millisecond), gaps[len(gaps)-1].Round(time.Millisecond), len(gaps))
			if median := gaps[len(gaps)/2]; median > c.median {
				t.Errorf("the median is %s, want at most %s", median, c.median)
			}
			if worst := gaps[len(gaps)-1]; worst > c.most {
				t.Errorf("the worst took %s, want at most %s", worst, c.most)
			}
		})
	}
}

func failover(t *testing.T, end func(*Node) error) []time.Duration {
	t.Helper()
	c := Start(t)
	adm := admin(t, c)
	if _, err := adm.CreateTopic(t.Context(), 1, 3, nil, "pulse"); err != nil {
		t.Fatal(err)
	}
	p := &pulse{}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.beat(ctx, t, c.Bootstrap(), "pulse", 0)
	}()
	defer func() {
		stop()
		<-done
	}()
	var gaps []time.Duration
	for range failovers() {
		time.Sleep(time.Second) // all are in sync and at rest again
		leader := adm.leaderOf(t, "pulse", 0)
		begun := time.Now()
		if err := end(c.Node(leader)); err != nil {
			t.Fatal(err)
		}
		if !p.after(time.Now(), 20*time.Second) {
			t.Fatal("nothing is acknowledged any more")
		}
		gaps = append(gaps, p.longestSince(begun))
		c.Node(leader).Start()
	}
	return gaps
}

// longestSince is the longest time between two acknowledgements from a moment on.
func (p *pulse) longestSince(at time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var longest time.Duration
	last := at
	for _, ack := range p.acks {
		if ack.After(at) {
			longest = max(longest, ack.Sub(last))
			last = ack
		}
	}
	return longest
}
