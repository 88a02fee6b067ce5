package metadata

import "github.com/seed-e634fa49/troupe/actors/msg"

// ClusterFounded is the first record of a log. Written when a node leads an empty log; gives the cluster its id and the
// feature level that all its nodes must know.
type ClusterFounded struct {
	ClusterID string `json:"clusterId"`
	Level     int    `json:"level"`
	// Secret and Founders are those of the image. From version 2 on.
	Secret   string   `json:"secret,omitempty"`
	Founders []Quorum `json:"founders,omitempty"`
}

// LevelRaised is written when every node of the cluster can work at a higher feature level. A cluster that was founded at
// level 1 is given its secret and the founders of its metadata log with it.
type LevelRaised struct {
	Level    int      `json:"level"`
	Secret   string   `json:"secret,omitempty"`
	Founders []Quorum `json:"founders,omitempty"`
}

// NodeRegistered is written when a node has started, with all that it says of itself; replaces what an earlier
// registration of the same id said. The node is not fenced; whether it is draining or leaving stays as it was.
type NodeRegistered struct {
	msg.Registration
}

// NodeFenced is written when a node was not heard for as long as its lease, or stops.
type NodeFenced struct {
	Node msg.NodeID `json:"node"`
}

// NodeUnfenced is written when a fenced node is heard again.
type NodeUnfenced struct {
	Node msg.NodeID `json:"node"`
}

// NodeDraining is written for ChangeNode: a node that is draining shall lead nothing.
type NodeDraining struct {
	Node     msg.NodeID `json:"node"`
	Draining bool       `json:"draining"`
}

// NodeLeaving is written for ChangeNode: a node that is leaving shall hold nothing, and then be removed.
type NodeLeaving struct {
	Node    msg.NodeID `json:"node"`
	Leaving bool       `json:"leaving"`
}

// NodeRemoved is written when a leaving node holds nothing any more. Its data directory can't come back.
type NodeRemoved struct {
	Node      msg.NodeID `json:"node"`
	Directory string     `json:"directory"`
}

// QuorumChanged is written when a node joins the metadata log's group or leaves it, and when voters are picked; replaces
// the quorum.
type QuorumChanged struct {
	Quorum []Quorum `json:"quorum"`
}

// PartitionMoving is written when a partition is to move to other replicas, with all of them; without any, when the move is
// cancelled. The raft ids that are new are issued by a RaftIDsIssued before it.
type PartitionMoving struct {
	Topic  msg.TopicID `json:"topic"`
	Number int32       `json:"number"`
	Target []Replica   `json:"target,omitempty"`
}

// PartitionMoved is written when a partition's group has the members that were asked for, or when only the order of its
// replicas changes; ends the move. Replicas that are not named are deleted.
type PartitionMoved struct {
	Topic    msg.TopicID `json:"topic"`
	Number   int32       `json:"number"`
	Replicas []Replica   `json:"replicas"`
}

// SnapshotBegun begins a snapshot: from here to SnapshotEnded, the records describe the image as it is, from nothing. Written
// by the leader when the log is much longer than that; the log's start is moved here when it is complete. One that is begun
// again has replaced what there was of it.
type SnapshotBegun struct{}

// SnapshotEnded ends a snapshot.
type SnapshotEnded struct{}
