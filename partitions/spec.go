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
	// Voters are the group's first members, the same at each of its replicas. One that is not among them replays the log, and
	// learns from it who the members are now.
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
