package interop

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/seed-e634fa49/troupe/test/process"
)

// crew is consumers of one group, which tell each record that they got.
type crew struct {
	t    *testing.T
	node *process.Node
	opts []kgo.Opt

	mu  sync.Mutex
	got map[string]int
}

// hire adds a consumer that commits what it has read, until dismiss.
func (c *crew) hire() (dismiss func()) {
	c.t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(c.node.Bootstrap), kgo.ConsumerGroup("crew"), kgo.ConsumeTopics("work"), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
		kgo.SessionTimeout(6 * time.Second), kgo.HeartbeatInterval(200 * time.Millisecond),
	}, c.opts...)...)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			fetches := cl.PollRecords(ctx, 100)
			c.mu.Lock()
			fetches.EachRecord(func(r *kgo.Record) { c.got[string(r.Value)]++ })
			c.mu.Unlock()
			if err := cl.CommitUncommittedOffsets(context.Background()); err != nil && !errors.Is(err, context.Canceled) {
				c.t.Errorf("committing: %v", err)
			}
			cl.AllowRebalance()
		}
	}()
	return func() {
		cancel()
		<-done
		cl.CloseAllowingRebalance()
	}
}

func (c *crew) distinct() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.got)
}

// await waits until n different records were read.
func (c *crew) await(n int) {
	c.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for c.distinct() < n {
		if time.Now().After(deadline) {
			c.t.Fatalf("%d of %d records were read", c.distinct(), n)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Consumers come and go while records are written: each record is read, and none twice, as everybody commits before it hands
// its partitions over. A node that is killed in between knows how far they were.
func TestAGroupReadsEverythingOnce(t *testing.T) {
	for name, opts := range map[string][]kgo.Opt{
		"cooperative": {kgo.Balancers(kgo.CooperativeStickyBalancer())},
		"eager":       {kgo.Balancers(kgo.RangeBalancer())},
		"consumer":    {kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer())},
	} {
		t.Run(name, func(t *testing.T) {
			node := process.Start(t, process.Args("--set", "group.initial.rebalance.delay.ms=100", "--set", "offsets.topic.num.partitions=4",
				"--set", "group.consumer.heartbeat.interval.ms=200", "--set", "group.consumer.min.heartbeat.interval.ms=100"))
			c := &crew{t: t, node: node, opts: opts, got: map[string]int{}}
			producer, err := kgo.NewClient(kgo.SeedBrokers(node.Bootstrap), kgo.DefaultProduceTopic("work"))
			if err != nil {
				t.Fatal(err)
			}
			defer producer.Close()
			adm := kadm.NewClient(producer)
			if _, err := adm.CreateTopic(t.Context(), 12, 1, nil, "work"); err != nil {
				t.Fatal(err)
			}
			sent := 0
			send := func(n int) {
				for range n {
					producer.Produce(t.Context(), kgo.KeySliceRecord(fmt.Append(nil, sent), fmt.Append(nil, sent)), nil)
					sent++
				}
				if err := producer.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			send(1000)
			first := c.hire()
			second := c.hire()
			c.await(1000)
			third := c.hire()
			send(1000)
			first()
			c.await(2000)
			send(1000)
			second()
			c.await(3000)
			third()
			for value, times := range c.got {
				if times != 1 {
					t.Errorf("record %s was read %d times", value, times)
				}
			}
			lags, err := adm.Lag(t.Context(), "crew")
			if err != nil {
				t.Fatal(err)
			}
			if lag := lags["crew"].Lag.Total(); lag != 0 || lags["crew"].State != "Empty" && name != "consumer" {
				t.Errorf("the group is %s with a lag of %d", lags["crew"].State, lag)
			}
		})
	}
}
