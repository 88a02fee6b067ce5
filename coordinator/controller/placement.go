package controller

import (
	"cmp"
	"slices"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// place puts new partitions on nodes: leaders go round the nodes, beginning at start, so that each node leads as many as
// any other; the other replicas follow on the ring, shifted by one more each time the leaders have gone round, so that the
// partitions of a node that dies do not all go to its neighbour. No node holds a partition twice, and no rack holds more
// replicas of a partition than it must.
//
// The ring alternates the racks. The result depends on the arguments alone. There are at least as many nodes as replicas.
func place(nodes []*metadata.Node, start, partitions, replicas int) [][]msg.NodeID {
	ring := ringOf(nodes)
	out := make([][]msg.NodeID, partitions)
	for p := range out {
		first := (start + p) % len(ring)
		out[p] = placeOne(ring, first, p/len(ring), replicas)
	}
	return out
}

// placeOne takes the leader at first, and then, as often as needed, the next node on the ring whose rack has the fewest
// replicas so far.
func placeOne(ring []*metadata.Node, first, shift, replicas int) []msg.NodeID {
	out := []msg.NodeID{ring[first].ID}
	perRack := map[string]int{ring[first].Rack: 1}
	for len(out) < replicas {
		var best *metadata.Node
		for k := range len(ring) - 1 {
			n := ring[(first+1+(shift+k)%(len(ring)-1))%len(ring)]
			if slices.Contains(out, n.ID) {
				continue
			}
			if best == nil || perRack[n.Rack] < perRack[best.Rack] {
				best = n
			}
		}
		out = append(out, best.ID)
		perRack[best.Rack]++
	}
	return out
}

// ringOf lays the nodes in a ring in which the racks take turns: the first node of each rack, then the second of each that
// has one, and so on; racks by name, nodes by id.
func ringOf(nodes []*metadata.Node) []*metadata.Node {
	turn := map[msg.NodeID]int{}
	perRack := map[string]int{}
	for _, n := range nodes { // by id
		turn[n.ID] = perRack[n.Rack]
		perRack[n.Rack]++
	}
	ring := slices.Clone(nodes)
	slices.SortStableFunc(ring, func(a, b *metadata.Node) int {
		return cmp.Or(cmp.Compare(turn[a.ID], turn[b.ID]), cmp.Compare(a.Rack, b.Rack), cmp.Compare(a.ID, b.ID))
	})
	return ring
}
