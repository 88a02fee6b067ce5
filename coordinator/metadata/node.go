package metadata

import "github.com/seed-e634fa49/troupe/actors/msg"

// Node is a registered node: what it says of itself, and how it stands in the cluster. It is not changed once it is in an
// image.
type Node struct {
	msg.Registration
	// Fenced says that its lease has run out or that it has stopped: it is given nothing, and clients are not told of it.
	Fenced bool
	// Draining says that it shall lead nothing, Leaving that it shall hold nothing and then be removed.
	Draining, Leaving bool
}

// Endpoint is where clients reach a listener.
type Endpoint = msg.Endpoint

// Quorum is a member of the metadata log's group.
type Quorum struct {
	Node msg.NodeID `json:"node"`
	// Directory is the id of the data directory that holds the replica.
	Directory string `json:"directory"`
	RaftID    uint64 `json:"raftId"`
	// Voter is a member with a vote; the others follow.
	Voter bool `json:"voter,omitempty"`
}
