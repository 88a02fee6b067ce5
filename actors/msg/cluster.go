package msg

import "maps"

// The requests of this file run the cluster. Nodes, sessions and partition leaders send them to the controller of the node that
// leads the metadata log, over the fabric where that is another node; another controller refuses them with NOT_CONTROLLER.
// Like those of controller.go they are answered when the change is committed and applied.

// Endpoint is where a door is reached.
type Endpoint struct {
	Host string `json:"host"`
	Port int32  `json:"port"`
}

// Registration is what a node says of itself when it starts.
type Registration struct {
	ID          NodeID `json:"id"`
	Incarnation string `json:"incarnation"`    // new at each start of the process
	Directory   string `json:"directory"`      // id of its data directory
	Rack        string `json:"rack,omitempty"` // "": none
	// Listeners are the advertised Kafka addresses by listener name.
	Listeners map[string]Endpoint `json:"listeners,omitempty"`
	// Peer is the advertised address of the node's links, Routes that of its bus; zero where there is none.
	Peer   Endpoint `json:"peer,omitzero"`
	Routes Endpoint `json:"routes,omitzero"`
	// MinLevel and MaxLevel are the lowest and the highest feature level that the node can work at.
	MinLevel int `json:"minLevel"`
	MaxLevel int `json:"maxLevel"`
}

// Equal reports whether two registrations say the same.
func (r *Registration) Equal(o *Registration) bool {
	return r.ID == o.ID && r.Incarnation == o.Incarnation && r.Directory == o.Directory && r.Rack == o.Rack &&
		r.Peer == o.Peer && r.Routes == o.Routes && r.MinLevel == o.MinLevel && r.MaxLevel == o.MaxLevel &&
		maps.Equal(r.Listeners, o.Listeners)
}

// JoinCluster asks for a place in the metadata log's group, for a node whose data directory is empty or was lost. Asked
// again with the same node and directory it gets the same answer.
type JoinCluster struct {
	Asked
	Node      NodeID
	Directory string
	// Peer is where the others reach it.
	Peer Endpoint

	// ClusterID is the cluster that it now belongs to, RaftID its replica's id in the metadata log's group, Founders that
	// group's first voters.
	ClusterID string   `json:"-"`
	RaftID    uint64   `json:"-"`
	Founders  []Placed `json:"-"`
}

// RegisterNode asks to take a node that has started, or that changed, into the image.
type RegisterNode struct {
	Asked
	Node Registration
}

// Heartbeat renews a node's lease. A node whose lease has run out is fenced: it keeps its replicas, is given no new ones, and
// clients are not told of it until it is heard again. STALE_BROKER_EPOCH is answered to an incarnation that was replaced,
// BROKER_ID_NOT_REGISTERED to a node that has to register.
type Heartbeat struct {
	Asked
	Node        NodeID
	Incarnation string
	// Applied is the offset of the last metadata record that the node has applied.
	Applied int64
	// Stopping says that the node is about to stop cleanly: it is fenced at once.
	Stopping bool
	// Bytes are those of the logs that the node holds, Led how many partitions it leads.
	DiskBytes int64
	Led       int
}

// MoveDone says that a partition's group has the members that the image's target asks for. From the partition's leader.
type MoveDone struct {
	Asked
	Partition TopicPartition
	// RaftIDs are the group's voters now, Move the Assign's that asked for them.
	RaftIDs []uint64
	Move    uint64
}

// AlterAssignments moves partitions to other nodes, or cancels moves (Kafka's AlterPartitionReassignments, KIP-455).
type AlterAssignments struct {
	Asked
	// AllowFactorChange permits another number of replicas than there are (KIP-860).
	AllowFactorChange bool
	Partitions        []*Reassignment
}

// Reassignment is the move of one partition.
type Reassignment struct {
	Topic     string
	Partition int32
	// Replicas are the nodes to move to, the preferred leader first; nil cancels the move under way.
	Replicas []NodeID
	Err      error `json:"-"`
}

// NodeChange is what an operator wants with a node.
type NodeChange int8

// The changes that an operator can ask for.
const (
	// DrainNode moves leadership away from a node and keeps it away, until UndrainNode.
	DrainNode NodeChange = iota
	UndrainNode
	// DecommissionNode moves every replica away from a node, then takes the node out of the image.
	DecommissionNode
)

// ChangeNode drains, undrains or decommissions a node. It is answered when the wish is in the image, long before it is
// fulfilled.
type ChangeNode struct {
	Asked
	Node   NodeID
	Change NodeChange
}

// BalanceCluster asks to even out replicas and leaders among the nodes now, without waiting for them to be far from even.
// Answered when the first moves have begun; the others follow as those end.
type BalanceCluster struct {
	Asked
	// Moves is how many moves are under way, and for how many partitions another leader was asked for.
	Moves, Leaders int `json:"-"`
}

// StopNode tells a node's own controller that the node is about to stop cleanly. Answered when the cluster has fenced the
// node, or an error when it could not be told. From then on the controller does not say that the node is alive.
type StopNode struct{ Asked }

// Placed is a replica and where it lives.
type Placed struct {
	Node   NodeID `json:"node"`
	RaftID uint64 `json:"raftId"`
	// Learner holds a copy and has no vote.
	Learner bool `json:"learner,omitempty"`
}

// Assign tells a partition which members its group is to have, the preferred leader first. From the node (for the metadata log
// from the controller), whenever that changes; not answered. Only the leader acts on it, at its own pace: new members learn until they are caught up, and then
// replace the old ones in one joint change. When the group is as asked the leader reports it (partitions.HostOptions.Moved).
type Assign struct {
	Members []Placed
	// Move names this wish among those for the partition; the report bears it.
	Move uint64
	// Self is the raft id of this node's replica, 0 for the metadata log, whose replicas know theirs. If it is not that of the
	// replica that is told, that one was given up: it drops its log, and begins anew under this id.
	Self uint64
}

// Bytes is zero: an assignment is small.
func (*Assign) Bytes() int { return 0 }

// RecoverUnsafe makes the partition's replica on this node the only voter of its group, whose majority is lost for good. The operator's
// explicit act: what only the lost ones had is lost, and none of them can come back under its raft id. Answered when that
// is durable. ELECTION_NOT_NEEDED is answered while there is a leader.
type RecoverUnsafe struct{ Asked }

// PartitionRecovered says that a partition's group goes on without members that an unsafe recovery has banned. From its leader's node,
// once in each of its terms; whatever is done about it already changes nothing.
type PartitionRecovered struct {
	Asked
	Partition TopicPartition
	// RaftIDs are the group's voters now, Banned those that can never be of it again.
	RaftIDs, Banned []uint64
}

// ReplicaLost says that a replica can't be trusted to know what it has acknowledged, and that its group has a leader without it: it is
// to be replaced by one with another raft id, on the same node. From that node, until it is so.
type ReplicaLost struct {
	Asked
	Partition TopicPartition
	RaftID    uint64
}

// Transfer asks a partition's leader to hand its leadership to a member; answered when that member leads, or will not.
// Kafka's errors of ElectLeaders apply: ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER.
type Transfer struct {
	Asked
	// To is the node to hand over to, NoNode for any member that is caught up.
	To NodeID
}

// DescribeQuorum asks the controller that leads the metadata log how that log's group stands. It changes nothing, and is
// answered from the leader's view at once.
type DescribeQuorum struct {
	Asked

	// Leader leads in Epoch; HighWatermark is the log's.
	Leader        NodeID `json:"-"`
	Epoch         int32  `json:"-"`
	HighWatermark int64  `json:"-"`
	// Members are the group's, the leader's own replica among them.
	Members []Member `json:"-"`
}

// DescribePartition asks a partition's leader how its replicas stand. It changes nothing, and is answered at once; by another
// replica with NOT_LEADER_OR_FOLLOWER.
type DescribePartition struct {
	Asked

	// Epoch is the leader's; LogStart <= HighWatermark <= LogEnd are its log's.
	Epoch                           int32
	LogStart, HighWatermark, LogEnd int64
	// Members are the group's, the leader's own replica among them.
	Members []Member
}
