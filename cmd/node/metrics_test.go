package node

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestFollowersAreSummedUp(t *testing.T) {
	now := time.Unix(1e9, 0)
	leader := msg.Member{LogEnd: 100, LastCaughtUp: now}
	for _, c := range []struct {
		name  string
		other msg.Member
		want  partitionSums
	}{
		{"caught up", msg.Member{LogEnd: 100, LastCaughtUp: now}, partitionSums{}},
		{"a little behind", msg.Member{LogEnd: 90, LastCaughtUp: now.Add(-time.Second)}, partitionSums{lag: time.Second, lagRecords: 10}},
		{"far behind", msg.Member{LogEnd: 0, LastCaughtUp: now.Add(-time.Minute)}, partitionSums{lagging: 1, lag: time.Minute, lagRecords: 100}},
		{"not heard yet", msg.Member{LogEnd: -1}, partitionSums{lagging: 1}},
	} {
		var s partitionSums
		s.follow([]msg.Member{leader, c.other}, 100, now)
		if s != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, s, c.want)
		}
	}
}

func TestMissingReplicasAreCounted(t *testing.T) {
	all := []msg.NodeID{1, 2, 3}
	for _, c := range []struct {
		inSync, minISR  int
		under, underMin int
	}{{3, 2, 0, 0}, {2, 2, 1, 0}, {1, 2, 1, 1}, {3, 4, 0, 1}} {
		var s partitionSums
		s.replication(&msg.State{Replicas: all, InSync: all[:c.inSync]}, c.minISR)
		if s.underReplicated != c.under || s.underMinISR != c.underMin {
			t.Errorf("%d of 3 in sync with min.insync.replicas=%d: %+v", c.inSync, c.minISR, s)
		}
	}
}

// A node that is still starting, or that nobody has started, can be asked for its metrics.
func TestMetricsOfANodeThatDoesNotRun(t *testing.T) {
	n := &Node{registry: prometheus.NewRegistry(), started: newStartGauge()}
	n.collect()
	got, err := n.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range got {
		if family.GetName() == "troupe_partitions_hosted" || family.GetName() == "troupe_bus_routes" {
			t.Errorf("%s is shown", family.GetName())
		}
	}
}
