package cluster

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	door "github.com/seed-e634fa49/troupe/gateway/http"
)

// operator is a client that looks at a cluster and changes it.
type operator struct {
	*kadm.Client
	raw     *kgo.Client
	cluster *Cluster
}

func admin(t testing.TB, c *Cluster) operator {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return operator{kadm.NewClient(cl), cl, c}
}

// metadata asks some node now: kadm would show what it remembers. Nil: it was not answered.
func (o operator) metadata(t testing.TB, topics ...string) *kmsg.MetadataResponse {
	t.Helper()
	q := kmsg.NewPtrMetadataRequest()
	q.Topics = []kmsg.MetadataRequestTopic{}
	for _, name := range topics {
		topic := kmsg.NewMetadataRequestTopic()
		topic.Topic = kmsg.StringPtr(name)
		q.Topics = append(q.Topics, topic)
	}
	answer, err := q.RequestWith(t.Context(), o.raw)
	if err != nil {
		t.Logf("asking for metadata: %v", err)
		return nil
	}
	return answer
}

// brokers are the ids of the nodes that a client is told of.
func (o operator) brokers(t testing.TB) []msg.NodeID {
	t.Helper()
	var ids []msg.NodeID
	if meta := o.metadata(t); meta != nil {
		for _, b := range meta.Brokers {
			ids = append(ids, b.NodeID)
		}
	}
	return ids
}

// partitions are those of a topic, by number.
func (o operator) partitions(t testing.TB, topic string) map[int32]kmsg.MetadataResponseTopicPartition {
	t.Helper()
	all := map[int32]kmsg.MetadataResponseTopicPartition{}
	if meta := o.metadata(t, topic); meta != nil {
		for _, p := range meta.Topics[0].Partitions {
			all[p.Partition] = p
		}
	}
	return all
}

// whole reports whether every partition of a topic has n replicas, all in sync, and a leader whose group has no other members, and
// whether the controller knows of no move: until a move is done, a majority of the old replicas is needed too.
func (o operator) whole(t testing.TB, topic string, n int) bool {
	t.Helper()
	all := o.partitions(t, topic)
	for number, p := range all {
		if len(p.Replicas) != n || len(p.ISR) != n || p.Leader < 1 || p.ErrorCode != 0 || o.voters(t, topic, number) != n {
			return false
		}
	}
	moves, err := kmsg.NewPtrListPartitionReassignmentsRequest().RequestWith(t.Context(), o.raw)
	return err == nil && len(moves.Topics) == 0 && len(all) > 0
}

// voters is how many members with a vote a partition's group has, as its leader sees it; 0 if there are others too, or no answer.
func (o operator) voters(t testing.TB, topic string, partition int32) int {
	t.Helper()
	for _, n := range o.cluster.All() {
		resp, err := http.Get(fmt.Sprintf("http://%s/admin/partitions/%s/%d", n.HTTP, topic, partition))
		if err != nil {
			continue
		}
		defer resp.Body.Close()
		var told door.Partition
		if resp.StatusCode != http.StatusOK || json.NewDecoder(resp.Body).Decode(&told) != nil {
			return 0
		}
		if slices.ContainsFunc(told.Replicas, func(r door.Replica) bool { return !r.Voter }) {
			return 0
		}
		return len(told.Replicas)
	}
	return 0
}

// holds is how many partitions of a topic a node has a replica of.
func (o operator) holds(t testing.TB, node msg.NodeID, topic string) int {
	t.Helper()
	dirs, err := o.DescribeBrokerLogDirs(t.Context(), node, nil)
	if err != nil {
		return 0
	}
	n := 0
	dirs.EachPartition(func(p kadm.DescribedLogDirPartition) {
		if p.Topic == topic {
			n++
		}
	})
	return n
}

// leaderOf waits until a partition has a leader.
func (o operator) leaderOf(t testing.TB, topic string, partition int32) msg.NodeID {
	t.Helper()
	var leader msg.NodeID
	await(t, 10*time.Second, "the partition has a leader", func() bool {
		p, there := o.partitions(t, topic)[partition]
		leader = p.Leader
		return there && leader > 0
	})
	return leader
}

// await waits until something holds.
func await(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(within); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %s: %s", within, what)
}

// fetchedFrom counts the records that a client fetched, by node.
type fetchedFrom struct {
	mu    sync.Mutex
	nodes map[int32]int
}

var _ kgo.HookFetchBatchRead = (*fetchedFrom)(nil)

// OnFetchBatchRead implements kgo.HookFetchBatchRead.
func (f *fetchedFrom) OnFetchBatchRead(meta kgo.BrokerMetadata, _ string, _ int32, m kgo.FetchBatchMetrics) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nodes[meta.NodeID] += m.NumRecords
}

// most is the node that most records came from.
func (f *fetchedFrom) most() (node int32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, n := range f.nodes {
		if n > f.nodes[node] {
			node = id
		}
	}
	return node
}
