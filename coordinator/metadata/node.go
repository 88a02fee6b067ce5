package metadata

import (
	"maps"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Node is a registered node. It is not changed once it is in an image.
type Node struct {
	ID          msg.NodeID `json:"id"`
	Incarnation string     `json:"incarnation"`    // new at each start of the process
	Directory   string     `json:"directory"`      // id of its data directory
	Rack        string     `json:"rack,omitempty"` // "": none
	// Listeners are the advertised Kafka addresses by listener name.
	Listeners map[string]Endpoint `json:"listeners,omitempty"`
	// Levels are the lowest and the highest feature level that the node can work at.
	MinLevel int `json:"minLevel"`
	MaxLevel int `json:"maxLevel"`
}

// Endpoint is where clients reach a listener.
type Endpoint struct {
	Host string `json:"host"`
	Port int32  `json:"port"`
}

// Equal reports whether two registrations say the same.
func (n *Node) Equal(o *Node) bool {
	return n.ID == o.ID && n.Incarnation == o.Incarnation && n.Directory == o.Directory && n.Rack == o.Rack &&
		n.MinLevel == o.MinLevel && n.MaxLevel == o.MaxLevel && maps.Equal(n.Listeners, o.Listeners)
}
