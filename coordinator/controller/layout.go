package controller

import (
	"cmp"
	"slices"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// layout is how replicas lie on the nodes, as it will be when the moves under way are done.
type layout struct {
	image *metadata.Image
	// receivers are the nodes that may be given replicas: alive, not draining, not leaving; by id.
	receivers []*metadata.Node
	// replicas and first count each node's replicas, and the partitions that prefer it as their leader.
	replicas, first map[msg.NodeID]int
	bytes           map[msg.NodeID]int64
	// moving is how many moves are under way that can end.
	moving int
	// nextRaftID is the raft id that the next new replica gets.
	nextRaftID uint64
}

func newLayout(image *metadata.Image, loads *leases) *layout {
	l := &layout{
		image: image, replicas: map[msg.NodeID]int{}, first: map[msg.NodeID]int{}, bytes: map[msg.NodeID]int64{},
		nextRaftID: image.NextRaftID(),
	}
	for _, n := range image.Nodes() {
		l.bytes[n.ID] = loads.load(n.ID).DiskBytes
		if !n.Fenced && !n.Draining && !n.Leaving {
			l.receivers = append(l.receivers, n)
		}
	}
	for _, t := range image.Topics() {
		for i := range t.Partitions {
			p := &t.Partitions[i]
			l.count(p.Members(), 1)
			if p.Target != nil && l.canEnd(p) {
				l.moving++
			}
		}
	}
	return l
}

// count adds a partition's replicas to the counts, or takes them away again.
func (l *layout) count(members []metadata.Replica, by int) {
	for _, r := range members {
		l.replicas[r.Node] += by
	}
	l.first[members[0].Node] += by
}

// node is the node of a replica. There always is one: see Image.
func (l *layout) node(r metadata.Replica) *metadata.Node {
	n, _ := l.image.Node(r.Node)
	return n
}

// lives reports that a replica is where it says, on a node that is alive.
func (l *layout) lives(r metadata.Replica) bool {
	n := l.node(r)
	return !n.Fenced && n.Directory == r.Directory
}

// majority reports that a partition's group can change: most of its replicas live.
func (l *layout) majority(p *metadata.Partition) bool {
	alive := 0
	for _, r := range p.Replicas {
		if l.lives(r) {
			alive++
		}
	}
	return 2*alive > len(p.Replicas)
}

// canEnd reports that a move makes progress: its group can change, and the new replicas' nodes are alive.
func (l *layout) canEnd(p *metadata.Partition) bool {
	for _, r := range p.Target {
		if !l.lives(r) && !slices.Contains(p.Replicas, r) {
			return false
		}
	}
	return l.majority(p)
}

// pick finds the best node for one more replica beside others: the rack that has the fewest of them, then the node that
// holds least. false if there is none.
func (l *layout) pick(beside []metadata.Replica) (*metadata.Node, bool) {
	perRack := map[string]int{}
	for _, r := range beside {
		perRack[l.node(r).Rack]++
	}
	var best *metadata.Node
	for _, n := range l.receivers {
		if slices.ContainsFunc(beside, func(r metadata.Replica) bool { return r.Node == n.ID }) {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(perRack[n.Rack], perRack[best.Rack]), cmp.Compare(l.replicas[n.ID], l.replicas[best.ID]), cmp.Compare(l.bytes[n.ID], l.bytes[best.ID])) < 0 {
			best = n
		}
	}
	return best, best != nil
}

// replicaOf is a partition's replica on a node: the one that it has there, or is getting, or a new one, under a raft id of its
// own.
func (l *layout) replicaOf(p *metadata.Partition, n *metadata.Node) metadata.Replica {
	if r, ok := placedOn(p, n.ID, n.Directory); ok {
		return r
	}
	id := l.nextRaftID
	l.nextRaftID++
	return metadata.Replica{Node: n.ID, Directory: n.Directory, RaftID: id}
}

// racks is how many racks replicas are in.
func (l *layout) racks(replicas []metadata.Replica) int {
	seen := map[string]bool{}
	for _, r := range replicas {
		seen[l.node(r).Rack] = true
	}
	return len(seen)
}
