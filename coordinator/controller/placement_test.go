package controller

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// nodesIn makes nodes 1, 2, 3 … in the racks named, one letter each.
func nodesIn(racks string) []*metadata.Node {
	var nodes []*metadata.Node
	for i, rack := range racks {
		nodes = append(nodes, &metadata.Node{Registration: msg.Registration{ID: msg.NodeID(i + 1), Rack: strings.TrimSpace(string(rack))}})
	}
	return nodes
}

func TestPlacement(t *testing.T) {
	for _, c := range []struct {
		why                         string
		racks                       string
		start, partitions, replicas int
		want                        string
	}{
		{"one node holds all", " ", 0, 3, 1, "[1] [1] [1]"},
		{"leaders go round", "   ", 0, 4, 1, "[1] [2] [3] [1]"},
		{"beginning at start", "   ", 2, 4, 1, "[3] [1] [2] [3]"},
		{"followers come next on the ring, one further each time round", "    ", 0, 8, 2, "[1 2] [2 3] [3 4] [4 1] [1 3] [2 4] [3 1] [4 2]"},
		{"all nodes hold it", "   ", 1, 3, 3, "[2 3 1] [3 1 2] [1 2 3]"},
		{"racks take turns", "aabb", 0, 4, 1, "[1] [3] [2] [4]"},
		{"two replicas, two racks", "aabb", 0, 4, 2, "[1 3] [3 2] [2 4] [4 1]"},
		{"a rack with one node takes its share of replicas", "aaab", 0, 4, 2, "[1 4] [4 2] [2 4] [3 4]"},
		{"more replicas than racks: as even as can be", "aabb", 0, 2, 3, "[1 3 2] [3 2 4]"},
		{"nodes without a rack are together in one", "a a ", 0, 2, 2, "[2 1] [1 4]"},
	} {
		var got []string
		for _, nodes := range place(nodesIn(c.racks), c.start, c.partitions, c.replicas) {
			got = append(got, fmt.Sprint(nodes))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.why, s, c.want)
		}
	}
}

// What place promises, for many shapes of a cluster.
func TestPlacementPromises(t *testing.T) {
	for _, racks := range []string{" ", "  ", "abc", "aabbcc", "aaabbc", "abcdefgh", "       ", "aaaab"} {
		nodes := nodesIn(racks)
		for replicas := 1; replicas <= min(len(nodes), 5); replicas++ {
			for start := range nodes {
				checkPlacement(t, nodes, start, 3*len(nodes), replicas)
			}
		}
	}
}

func checkPlacement(t *testing.T, nodes []*metadata.Node, start, partitions, replicas int) {
	t.Helper()
	rackOf, rackSize := map[msg.NodeID]string{}, map[string]int{}
	for _, n := range nodes {
		rackOf[n.ID] = n.Rack
		rackSize[n.Rack]++
	}
	leads := map[msg.NodeID]int{}
	for p, on := range place(nodes, start, partitions, replicas) {
		where := fmt.Sprintf("%d nodes, start %d, %d replicas, partition %d on %v", len(nodes), start, replicas, p, on)
		leads[on[0]]++
		seen, perRack := map[msg.NodeID]bool{}, map[string]int{}
		for _, n := range on {
			seen[n] = true
			perRack[rackOf[n]]++
		}
		if len(on) != replicas || len(seen) != replicas {
			t.Fatalf("%s: not %d nodes that differ", where, replicas)
		}
		for rack, n := range perRack {
			for other, size := range rackSize {
				if n > perRack[other]+1 && perRack[other] < size {
					t.Fatalf("%s: rack %q has %d and rack %q, with %d nodes, %d", where, rack, n, other, size, perRack[other])
				}
			}
		}
	}
	for n, led := range leads {
		if led != partitions/len(nodes) {
			t.Fatalf("%d nodes, start %d: node %d leads %d of %d", len(nodes), start, n, led, partitions)
		}
	}
}

// Where racks do not matter, every node holds as many replicas as any other.
func TestPlacementIsEven(t *testing.T) {
	nodes := nodesIn("abcdef")
	holds := map[msg.NodeID]int{}
	for _, on := range place(nodes, 4, 30, 3) {
		for _, n := range on {
			holds[n]++
		}
	}
	for n, held := range holds {
		if held != 15 {
			t.Errorf("node %d holds %d of 90 replicas, want 15", n, held)
		}
	}
}
