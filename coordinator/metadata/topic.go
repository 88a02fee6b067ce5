package metadata

import (
	"strings"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Topic is a topic with its partitions. It is not changed once it is in an image: a wider topic is another Topic.
type Topic struct {
	ID       msg.TopicID
	Name     string
	Internal bool
	// AutoFactor says that its partitions grow to three replicas as nodes join.
	AutoFactor bool
	Partitions []Partition // index = partition number
}

// Partition says where a partition lives. Who leads it is not here: partitions elect by themselves.
type Partition struct {
	// Replicas has at least one, on nodes that differ, the preferred leader first.
	Replicas []Replica
	// Founders are the replicas that the partition was created with: its group's first voters. They never change, and may be
	// on nodes that are gone.
	Founders []Replica
	// Target are the replicas that it is moving to, nil if it is not moving. A replica that stays is the same in both.
	Target []Replica
}

// Members are the replicas that the partition's group is to have.
func (p *Partition) Members() []Replica {
	if p.Target != nil {
		return p.Target
	}
	return p.Replicas
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
