package partitions

import (
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// PeerLinks are what Peers need of a node's links; *link.Links is the real one.
type PeerLinks interface {
	Handle(k link.Kind, f func(from msg.NodeID, payload []byte))
	Send(to msg.NodeID, lane link.Lane, k link.Kind, payload ...[]byte) bool
	Echo(node msg.NodeID) time.Time
}

// Peers is the Transport over a node's links.
type Peers struct{ links PeerLinks }

var _ Transport = (*Peers)(nil)

// NewPeers takes raft messages from the links to the partitions of a host, and back.
func NewPeers(links PeerLinks, host func() *Host) *Peers { return &Peers{links: links} }

// Send hands messages of one group to a node.
func (p *Peers) Send(to msg.NodeID, id msg.TopicPartition, messages []*raftpb.Message) {}

// Echo is that of the links.
func (p *Peers) Echo(node msg.NodeID) time.Time { return p.links.Echo(node) }
