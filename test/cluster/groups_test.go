package cluster

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// TestACoordinatorIsKilledUnderCommits commits one offset after the other, kills the node that coordinates the group, by SIGKILL, and
// checks that what was acknowledged is never lost and never goes back, and how long nobody coordinated.
func TestACoordinatorIsKilledUnderCommits(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	c := Start(t, Nodes(3), Set("offsets.topic.num.partitions", "4"))
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...), kgo.MetadataMinAge(20*time.Millisecond), kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	if _, err := adm.CreateTopic(t.Context(), 1, 3, nil, "work"); err != nil {
		t.Fatal(err)
	}
	next := int64(1)
	commit := func(within time.Duration) bool {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		err := adm.CommitAllOffsets(ctx, "crew", kadm.Offsets{"work": {0: {Topic: "work", At: next, LeaderEpoch: -1}}})
		return err == nil
	}
	await(t, 30*time.Second, "the first commit", func() bool { return commit(5 * time.Second) })
	var longest time.Duration
	for range 3 {
		coordinator := coordinatorOf(t, adm, "crew")
		for range 50 {
			next++
			await(t, 10*time.Second, "a commit", func() bool { return commit(5 * time.Second) })
		}
		acked := next
		c.Node(coordinator).Kill()
		killed := time.Now()
		next++
		await(t, 20*time.Second, "a commit after the coordinator's end", func() bool { return commit(2 * time.Second) })
		longest = max(longest, time.Since(killed))
		got, err := adm.FetchOffsets(t.Context(), "crew")
		if o, ok := got.Lookup("work", 0); err != nil || !ok || o.At < acked+1 {
			t.Fatalf("offset %d was acknowledged, and %d is committed, error %v", acked+1, o.At, err)
		}
		c.Node(coordinator).Start()
		await(t, 30*time.Second, "the node to be back", func() bool { return len(admin(t, c).brokers(t)) == 3 })
	}
	t.Logf("longest time without a coordinator: %s", longest)
	if longest > 10*time.Second {
		t.Errorf("nobody coordinated for %s", longest)
	}
}

func coordinatorOf(t *testing.T, adm *kadm.Client, group string) msg.NodeID {
	t.Helper()
	found := adm.FindGroupCoordinators(t.Context(), group)
	if err := found[group].Err; err != nil {
		t.Fatal(err)
	}
	return found[group].NodeID
}
