package metadata

import (
	"strings"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Topic is a topic with its partitions. It is not changed once it is in an image: a wider topic is another Topic.
type Topic struct {
	ID         msg.TopicID
	Name       string
	Internal   bool
	Partitions []Partition // index = partition number
}

// Partition says where a partition lives. Who leads it is not here: partitions elect by themselves.
type Partition struct {
	// Replicas has at least one, on nodes that differ, the preferred leader first.
	Replicas []Replica
}

// Replica is one copy, in order of preference.
type Replica struct {
	Node      msg.NodeID `json:"node"`
	Directory string     `json:"directory"`
	// RaftID is the replica's id in its raft group, never used again in the cluster's life.
	RaftID uint64 `json:"raftId"`
}

// unified is a topic's name as metrics see it, where '.' and '_' are the same; "" for a name that has neither.
func unified(name string) string {
	if !strings.ContainsAny(name, "._") {
		return ""
	}
	return strings.ReplaceAll(name, ".", "_")
}
