package metadata

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func (r ClusterFounded) apply(d *Draft) error {
	switch {
	case d.next.clusterID != "":
		return fmt.Errorf("cluster %s is founded a second time, as %q", d.next.clusterID, r.ClusterID)
	case r.ClusterID == "" || r.Level < 1:
		return fmt.Errorf("a cluster is founded with id %q and feature level %d: both are needed", r.ClusterID, r.Level)
	}
	if err := d.setLevel(r.Level); err != nil {
		return err
	}
	d.next.clusterID = r.ClusterID
	return d.found(r.Secret, r.Founders)
}

func (r LevelRaised) apply(d *Draft) error {
	if r.Level <= d.next.level {
		return fmt.Errorf("the feature level is raised to %d and is %d already", r.Level, d.next.level)
	}
	if err := d.setLevel(r.Level); err != nil {
		return err
	}
	for _, t := range d.next.topics {
		if t.Internal {
			d.writeTopic(t).AutoFactor = true
		}
	}
	if len(d.next.founders) > 0 {
		return nil
	}
	return d.found(r.Secret, r.Founders)
}

func (d *Draft) setLevel(level int) error {
	if level > FeatureLevel {
		return fmt.Errorf("the cluster works at feature level %d and this node knows %d: it is too old for the cluster; upgrade it", level, FeatureLevel)
	}
	d.next.level = level
	return nil
}

// found gives the cluster its secret and the first members of the metadata log's group, whose raft ids are spent with that.
func (d *Draft) found(secret string, founders []Quorum) error {
	for _, f := range founders {
		d.next.nextRaftID = max(d.next.nextRaftID, f.RaftID+1)
	}
	if err := d.checkQuorum(founders); err != nil {
		return fmt.Errorf("the founders of the metadata log: %w", err)
	}
	d.next.secret, d.next.founders, d.next.quorum = secret, founders, founders
	d.touched.quorum = d.touched.quorum || len(founders) > 0
	return nil
}

func (r QuorumChanged) apply(d *Draft) error {
	if err := d.checkQuorum(r.Quorum); err != nil {
		return fmt.Errorf("the quorum of the metadata log: %w", err)
	}
	if !slices.ContainsFunc(r.Quorum, func(q Quorum) bool { return q.Voter }) {
		return fmt.Errorf("the quorum of the metadata log changes to %v, where nobody has a vote", r.Quorum)
	}
	d.next.quorum = r.Quorum
	d.touched.quorum = true
	return nil
}

// checkQuorum holds what Image.Quorum promises.
func (d *Draft) checkQuorum(members []Quorum) error {
	for at, m := range members {
		if m.RaftID == 0 || m.RaftID >= d.next.nextRaftID {
			return fmt.Errorf("node %d has raft id %d, which was not issued: the next one is %d", m.Node, m.RaftID, d.next.nextRaftID)
		}
		for _, other := range members[:at] {
			if other.Node == m.Node || other.RaftID == m.RaftID {
				return fmt.Errorf("two members have node %d, raft id %d", m.Node, m.RaftID)
			}
		}
	}
	return nil
}

func (r NodeRegistered) apply(d *Draft) error {
	if r.ID < 0 {
		return fmt.Errorf("node %d is registered: ids are not negative", r.ID)
	}
	if d.next.Removed(r.Directory) {
		return fmt.Errorf("node %d is registered with directory %s, which was removed from the cluster", r.ID, r.Directory)
	}
	n := Node{Registration: r.Registration}
	if old, ok := d.next.Node(r.ID); ok {
		n.Draining, n.Leaving = old.Draining, old.Leaving
	}
	d.putNode(&n)
	return nil
}

// changeNode puts a changed copy of a registered node in its place.
func (d *Draft) changeNode(id msg.NodeID, how string, change func(*Node)) error {
	old, ok := d.next.Node(id)
	if !ok {
		return fmt.Errorf("node %d is %s and is not registered", id, how)
	}
	n := *old
	change(&n)
	d.putNode(&n)
	return nil
}

func (r NodeFenced) apply(d *Draft) error {
	return d.changeNode(r.Node, "fenced", func(n *Node) { n.Fenced = true })
}

func (r NodeUnfenced) apply(d *Draft) error {
	return d.changeNode(r.Node, "unfenced", func(n *Node) { n.Fenced = false })
}

func (r NodeDraining) apply(d *Draft) error {
	return d.changeNode(r.Node, "drained", func(n *Node) { n.Draining = r.Draining })
}

func (r NodeLeaving) apply(d *Draft) error {
	return d.changeNode(r.Node, "decommissioned", func(n *Node) { n.Leaving = r.Leaving })
}

// apply removes the node. In a snapshot the node may be gone already: then only its directory is remembered.
func (r NodeRemoved) apply(d *Draft) error {
	if r.Directory == "" {
		return fmt.Errorf("node %d is removed without its directory", r.Node)
	}
	at, found := slices.BinarySearchFunc(d.next.removed, r, func(a, b NodeRemoved) int { return cmp.Compare(a.Directory, b.Directory) })
	if !found {
		d.next.removed = slices.Insert(slices.Clone(d.next.removed), at, r)
	}
	n, ok := d.next.Node(r.Node)
	if !ok || n.Directory != r.Directory {
		return nil
	}
	if held := d.next.held(r.Node); held != "" {
		return fmt.Errorf("node %d is removed and still holds %s", r.Node, held)
	}
	d.removeNode(r.Node)
	return nil
}

// held names something that a node holds, "" if it holds nothing.
func (i *Image) held(node msg.NodeID) string {
	if _, ok := i.QuorumOf(node); ok {
		return "a replica of the metadata log"
	}
	return i.partitionOn(node)
}

// partitionOn names a partition that has a replica on a node, or is moving one there.
func (i *Image) partitionOn(node msg.NodeID) string {
	on := func(r Replica) bool { return r.Node == node }
	for _, t := range i.topics {
		for n, p := range t.Partitions {
			if slices.ContainsFunc(p.Replicas, on) || slices.ContainsFunc(p.Target, on) || slices.ContainsFunc(p.Dropped, on) {
				return fmt.Sprintf("partition %d of topic %q", n, t.Name)
			}
		}
	}
	return ""
}
