package controller

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// raiseLevel takes the cluster to this program's feature level when every node can follow.
func (c *core) raiseLevel(r *round) {
	image := r.image()
	if image.Level() >= metadata.FeatureLevel {
		return
	}
	for _, n := range image.Nodes() {
		if n.MaxLevel < metadata.FeatureLevel {
			return
		}
	}
	r.must(metadata.LevelRaised{Level: metadata.FeatureLevel, Secret: c.founding.Secret, Founders: c.founding.Quorum})
}

// registerNode decides RegisterNode.
func (r *round) registerNode(q *msg.RegisterNode) {
	n := &q.Node
	if err := r.checkNode(n.ID, n.Directory); err != nil {
		r.refuse(q, err)
		return
	}
	if level := r.image().Level(); n.MinLevel > level || n.MaxLevel < level {
		r.refuse(q, msg.Errorf(kerr.UnsupportedVersion, "registering node %d: it works at feature levels %d to %d and the cluster at %d: start a version of the program that knows that level", n.ID, n.MinLevel, n.MaxLevel, level))
		return
	}
	r.core.leases.hear(n.ID, n.Incarnation, r.core.now)
	known, ok := r.image().Node(n.ID)
	if ok && known.Registration.Equal(n) {
		return
	}
	r.grant(q, metadata.NodeRegistered{Registration: *n})
}

// checkNode holds that a node may come with a data directory: it is not that of a node that was decommissioned, and no
// other node with its id is alive. One directory can't be used by two processes: a node that comes back with its own is not
// kept waiting for its old lease.
func (r *round) checkNode(id msg.NodeID, directory string) error {
	if id < 0 || directory == "" {
		return msg.Errorf(kerr.InvalidRequest, "taking in node %d with directory %q: it needs an id that is not negative and a directory", id, directory)
	}
	if r.image().Removed(directory) {
		return msg.Errorf(kerr.BrokerIDNotRegistered, "taking in node %d: its data directory %s was decommissioned; give the node an empty one", id, directory)
	}
	if n, ok := r.image().Node(id); ok && !n.Fenced && n.Directory != directory {
		return msg.Errorf(kerr.DuplicateBrokerRegistration, "taking in node %d with directory %s: a node %d with directory %s is alive; if that is the same node before its directory was lost, wait until its lease has run out, else give one of the two another id", id, directory, id, n.Directory)
	}
	return nil
}

func notRegistered(node msg.NodeID) error {
	return msg.Errorf(kerr.BrokerIDNotRegistered, "node %d is not registered: it has to register first", node)
}

func staleIncarnation(node msg.NodeID) error {
	return msg.Errorf(kerr.StaleBrokerEpoch, "node %d was started again since: this incarnation is not the one that is registered", node)
}

// joinCluster decides JoinCluster: the node gets a replica of the metadata log, which follows until it is picked as a voter.
// A node whose directory was lost takes its old place, with its vote, under a new raft id.
func (r *round) joinCluster(q *msg.JoinCluster) {
	if err := r.checkNode(q.Node, q.Directory); err != nil {
		r.refuse(q, err)
		return
	}
	q.ClusterID = r.image().ClusterID()
	for _, f := range r.image().Founders() {
		q.Founders = append(q.Founders, msg.Placed{Node: f.Node, RaftID: f.RaftID})
	}
	old, ok := r.image().QuorumOf(q.Node)
	if ok && old.Directory == q.Directory {
		q.RaftID = old.RaftID
		return
	}
	q.RaftID = r.image().NextRaftID()
	member := metadata.Quorum{Node: q.Node, Directory: q.Directory, RaftID: q.RaftID, Voter: old.Voter}
	quorum := slices.Clone(r.image().Quorum())
	if at := slices.Index(quorum, old); ok {
		quorum[at] = member
	} else {
		quorum = append(quorum, member)
	}
	r.grant(q, metadata.RaftIDsIssued{Next: q.RaftID + 1}, metadata.QuorumChanged{Quorum: quorum})
}

// changeNode decides ChangeNode: the wish is written down; leaders.go, moves.go and quorum.go fulfil it.
func (r *round) changeNode(q *msg.ChangeNode) {
	n, ok := r.image().Node(q.Node)
	if !ok {
		if q.Change != msg.DecommissionNode || !r.core.dropMember(r, q.Node) {
			r.refuse(q, msg.Errorf(kerr.BrokerIDNotRegistered, "changing node %d: no such node is registered", q.Node))
		}
		return
	}
	var changes []metadata.Record
	switch q.Change {
	case msg.DrainNode:
		if !n.Draining {
			changes = append(changes, metadata.NodeDraining{Node: n.ID, Draining: true})
		}
	case msg.UndrainNode:
		if n.Draining {
			changes = append(changes, metadata.NodeDraining{Node: n.ID})
			r.core.leaders.look(r.core.now)
		}
		if n.Leaving {
			changes = append(changes, metadata.NodeLeaving{Node: n.ID})
		}
	case msg.DecommissionNode:
		if err := r.checkLeaving(n); err != nil {
			r.refuse(q, err)
			return
		}
		if !n.Leaving {
			changes = append(changes, metadata.NodeLeaving{Node: n.ID, Leaving: true})
		}
	default:
		r.refuse(q, msg.Errorf(kerr.InvalidRequest, "changing node %d: unknown change %d", n.ID, q.Change))
		return
	}
	r.grant(q, changes...)
}

// checkLeaving refuses a decommission that could never end: with fewer nodes than a partition has replicas.
func (r *round) checkLeaving(leaving *metadata.Node) error {
	stay := 0
	for _, n := range r.image().Nodes() {
		if !n.Leaving && n.ID != leaving.ID {
			stay++
		}
	}
	if stay == 0 {
		return msg.Errorf(kerr.InvalidRequest, "decommissioning node %d: it is the last one", leaving.ID)
	}
	for _, t := range r.image().Topics() {
		for n, p := range t.Partitions {
			if m := p.Members(); len(m) > stay && slices.ContainsFunc(m, func(r metadata.Replica) bool { return r.Node == leaving.ID }) {
				return msg.Errorf(kerr.InvalidReplicationFactor, "decommissioning node %d: partition %d of topic %q has %d replicas and %d nodes would be left to hold them; add a node, or move the partition to fewer first", leaving.ID, n, t.Name, len(m), stay)
			}
		}
	}
	return nil
}
