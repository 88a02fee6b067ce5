package partitions

import (
	"sync"
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

// Peers is the Transport over a node's links: it takes raft messages from this node's partitions to those of other nodes.
//
// MsgApp and MsgSnap go on the bulk lane, each alone, with the entries' frames as they lie; also a MsgApp without entries, which
// speaks of those before it and must not overtake them. All others go on the urgent lane, those of all groups together. So
// between two members the messages of one lane arrive in the order in which they were sent, or not at all.
type Peers struct {
	links PeerLinks
	host  func() *Host
	// behind runs a function soon, and not inside the call.
	behind func(func())

	mu sync.RWMutex
	// outboxes gather what is urgent, by node. There are as many as nodes were ever sent to.
	outboxes map[msg.NodeID]*outbox
}

var _ Transport = (*Peers)(nil)

// NewPeers takes raft messages from the links to the partitions of a host, and back. host is asked with each payload, and may
// still return nil.
func NewPeers(links PeerLinks, host func() *Host) *Peers {
	return NewPeersBehind(links, host, func(f func()) { go f() })
}

// NewPeersBehind is NewPeers with another way to do things behind than a goroutine, for simulations. behind must not run the
// function before it returns.
func NewPeersBehind(links PeerLinks, host func() *Host, behind func(func())) *Peers {
	p := &Peers{links: links, host: host, behind: behind, outboxes: map[msg.NodeID]*outbox{}}
	links.Handle(link.Raft, p.takeUrgent)
	links.Handle(link.RaftEntries, p.takeBulk)
	links.Handle(link.Files, p.takeFiles)
	return p
}

// Send hands messages of one group to a node. Those that don't find room are dropped; raft sends again.
func (p *Peers) Send(to msg.NodeID, id msg.TopicPartition, messages []*raftpb.Message) {
	var box *outbox
	for _, m := range messages {
		switch t := m.GetType(); {
		case !travels(t):
		case t == raftpb.MsgApp, t == raftpb.MsgSnap:
			p.links.Send(to, link.Bulk, link.RaftEntries, bulkPieces(id, m)...)
		default:
			if box == nil {
				box = p.outbox(to)
			}
			box.add(id, m)
		}
	}
}

// Echo is that of the links.
func (p *Peers) Echo(node msg.NodeID) time.Time { return p.links.Echo(node) }

func (p *Peers) outbox(to msg.NodeID) *outbox {
	p.mu.RLock()
	o := p.outboxes[to]
	p.mu.RUnlock()
	if o != nil {
		return o
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.outboxes[to] == nil {
		p.outboxes[to] = &outbox{links: p.links, to: to, behind: p.behind}
	}
	return p.outboxes[to]
}

// takeUrgent hands a payload's messages to their partitions. A payload that can't be read is dropped from there on, like one that
// was lost: its checksum was right, so it is of a version that this node does not know.
func (p *Peers) takeUrgent(from msg.NodeID, payload []byte) {
	_ = decodeUrgent(payload, func(r *received) { p.deliver(from, r) })
}

func (p *Peers) takeBulk(from msg.NodeID, payload []byte) {
	if r, err := decodeBulk(payload); err == nil {
		p.deliver(from, r)
	}
}

// takeFiles hands on what is said about files (snapshot.go).
func (p *Peers) takeFiles(from msg.NodeID, payload []byte) {
	if host := p.host(); host != nil {
		host.TakeFiles(from, payload)
	}
}

// deliver posts a message to its partition's actor. It is dropped if that is not here or can't take it.
func (p *Peers) deliver(from msg.NodeID, r *received) {
	host := p.host()
	if host == nil {
		return
	}
	if to, here := host.Partition(r.id); here {
		r.step.From = from
		_ = to.Post(&r.step)
	}
}
