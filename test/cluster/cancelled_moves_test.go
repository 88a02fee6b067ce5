package cluster

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/test/traffic"
)

// reassign asks for the replicas of a partition of the traffic's topic; none: cancels its move. What is refused is refused.
func reassign(ctx context.Context, client *kgo.Client, partition int32, replicas []int32) error {
	p := kmsg.NewAlterPartitionAssignmentsRequestTopicPartition()
	p.Partition, p.Replicas = partition, replicas
	topic := kmsg.NewAlterPartitionAssignmentsRequestTopic()
	topic.Topic, topic.Partitions = traffic.Topic, append(topic.Partitions, p)
	req := kmsg.NewPtrAlterPartitionAssignmentsRequest()
	req.Topics = append(req.Topics, topic)
	_, err := req.RequestWith(ctx, client)
	return err
}

// Moves are cancelled, and given other targets, wherever they have got to: what was acknowledged by then is kept, though its only
// replica may be one that the move has just been taken away from.
func TestMovesThatAreGivenUpLoseNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	const partitions = 4
	c := Start(t)
	work := traffic.New(c.Bootstrap()...)
	if err := work.Create(t.Context(), partitions, 1); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- work.Run(ctx, 0) }()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); last(r, 0, 150) {
		var replicas []int32 // cancels
		if r.IntN(2) == 0 {
			replicas = []int32{1 + r.Int32N(3)}
		}
		if err := reassign(ctx, client, r.Int32N(partitions), replicas); err != nil {
			t.Error(err)
		}
	}
	if err := flows(work, 20*time.Second); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	verify(t, work)
	t.Logf("seed %d", seed)
}
