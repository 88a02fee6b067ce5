package metadata

import (
	"slices"
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
	// Dropped are replicas of targets that were given up. Its group may have them still, even with all the votes, so they stay until
	// the group is known to have exactly the members that are asked for.
	Dropped []Replica
	// Move counts the times that it was told where to move, or not to: so an answer to an earlier one is known as that.
	Move uint64
}

// Moving reports that the partition's group may have other members than Replicas.
func (p *Partition) Moving() bool { return p.Target != nil || p.Dropped != nil }

// retarget gives the partition another target, nil to stay where it is.
func (p *Partition) retarget(target []Replica) {
	before := slices.Concat(p.Target, p.Dropped)
	p.Target, p.Dropped = target, nil
	for _, r := range before {
		if !slices.Contains(p.Replicas, r) && !slices.Contains(p.Target, r) {
			p.Dropped = append(p.Dropped, r)
		}
	}
	p.Move++
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
