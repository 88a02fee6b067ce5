package partitions

import (
	"errors"
	"fmt"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Voter is a replica in the configuration that a partition's raft group starts with.
type Voter struct {
	Node   msg.NodeID
	RaftID uint64
}

// Spec says which partition, and this node's part in it.
type Spec struct {
	ID    msg.TopicPartition
	Topic string
	Self  uint64 // this replica's raft id
	// Voters are the group's first members. A replica that is told none waits for a leader to take it in.
	Voters []Voter
	Config msg.TopicConfig
}

// check refuses what would make raft panic or two replicas count as one.
func (s Spec) check() error {
	if s.Self == 0 {
		return errors.New("a replica needs a raft id that is not 0")
	}
	seen := map[uint64]bool{}
	for _, v := range s.Voters {
		if v.RaftID == 0 || seen[v.RaftID] {
			return fmt.Errorf("raft id %d of node %d is zero or named twice among the voters", v.RaftID, v.Node)
		}
		seen[v.RaftID] = true
	}
	return nil
}

// node is the node of the replica with a raft id, or NoNode.
func (s Spec) node(raftID uint64) msg.NodeID {
	for _, v := range s.Voters {
		if v.RaftID == raftID {
			return v.Node
		}
	}
	return msg.NoNode
}
