package fabric

import "github.com/seed-e634fa49/troupe/actors/msg"

// clusterRequests are those of actors/msg/cluster.go.
func clusterRequests() []portable {
	return []portable{
		travels("JoinCluster", 1, toController, membership, adoptMembership),
		isDone[msg.RegisterNode]("RegisterNode", 1, toController),
		isDone[msg.Heartbeat]("Heartbeat", 1, toController),
		isDone[msg.MoveDone]("MoveDone", 1, toController),
		travels("AlterAssignments", 1, toController, reassigned, adoptReassigned),
		isDone[msg.ChangeNode]("ChangeNode", 1, toController),
		travels("BalanceCluster", 1, toController, balancing, adoptBalancing),
		isDone[msg.PartitionRecovered]("PartitionRecovered", 1, toController),
		isDone[msg.ReplicaLost]("ReplicaLost", 1, toController),
		isDone[msg.RecoverUnsafe]("RecoverUnsafe", 1, toPartition),
		isDone[msg.Transfer]("Transfer", 1, toPartition),
		travels("DescribeQuorum", 1, toController, quorum, adoptQuorum),
		travels("DescribePartition", 1, toPartition, replicas, adoptReplicas),
	}
}

// joined is the answer to msg.JoinCluster.
type joined struct {
	ClusterID string       `json:"clusterId"`
	RaftID    uint64       `json:"raftId"`
	Founders  []msg.Placed `json:"founders"`
}

func membership(q *msg.JoinCluster) joined { return joined{q.ClusterID, q.RaftID, q.Founders} }

func adoptMembership(q *msg.JoinCluster, a joined) error {
	q.ClusterID, q.RaftID, q.Founders = a.ClusterID, a.RaftID, a.Founders
	return nil
}

func reassigned(q *msg.AlterAssignments) []*fault {
	answers := make([]*fault, len(q.Partitions))
	for i, p := range q.Partitions {
		answers[i] = faultOf(p.Err)
	}
	return answers
}

func adoptReassigned(q *msg.AlterAssignments, answers []*fault) error {
	return pairUp(q.Partitions, answers, func(p *msg.Reassignment, a *fault) { p.Err = a.err() })
}

// moving is the answer to msg.BalanceCluster.
type moving struct {
	Moves   int `json:"moves"`
	Leaders int `json:"leaders"`
}

func balancing(q *msg.BalanceCluster) moving { return moving{q.Moves, q.Leaders} }

func adoptBalancing(q *msg.BalanceCluster, a moving) error {
	q.Moves, q.Leaders = a.Moves, a.Leaders
	return nil
}

// described is the answer to msg.DescribeQuorum.
type described struct {
	Leader        msg.NodeID   `json:"leader"`
	Epoch         int32        `json:"epoch"`
	HighWatermark int64        `json:"highWatermark"`
	Members       []msg.Member `json:"members"`
}

func quorum(q *msg.DescribeQuorum) described {
	return described{q.Leader, q.Epoch, q.HighWatermark, q.Members}
}

func adoptQuorum(q *msg.DescribeQuorum, a described) error {
	q.Leader, q.Epoch, q.HighWatermark, q.Members = a.Leader, a.Epoch, a.HighWatermark, a.Members
	return nil
}

// standing is the answer to msg.DescribePartition.
type standing struct {
	Epoch         int32        `json:"epoch"`
	LogStart      int64        `json:"logStart"`
	HighWatermark int64        `json:"highWatermark"`
	LogEnd        int64        `json:"logEnd"`
	Members       []msg.Member `json:"members"`
}

func replicas(q *msg.DescribePartition) standing {
	return standing{q.Epoch, q.LogStart, q.HighWatermark, q.LogEnd, q.Members}
}

func adoptReplicas(q *msg.DescribePartition, a standing) error {
	q.Epoch, q.LogStart, q.HighWatermark, q.LogEnd, q.Members = a.Epoch, a.LogStart, a.HighWatermark, a.LogEnd, a.Members
	return nil
}
