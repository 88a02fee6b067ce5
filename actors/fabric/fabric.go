package fabric

import (
	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Bus is what the fabric needs of the bus (actors/bus).
type Bus interface {
	Heard(node msg.NodeID) bool
	Publish(subject string, data []byte) error
	Subscribe(subject string, f func(subject string, data []byte)) error
}

// Links is what the fabric needs of the peer links: the frames of its kind, on the urgent lane.
type Links interface {
	// Send sends one frame made of the pieces; false means that nothing was sent.
	Send(to msg.NodeID, payload ...[]byte) bool
	// Handle has f called with each frame. f owns the payload and must not block.
	Handle(f func(from msg.NodeID, payload []byte))
}

// Options of a fabric.
type Options struct {
	// System holds this node's actors. It is to use the fabric (System.UseFabric).
	System *actors.System
	Node   msg.NodeID
	// Bus and Links are the two ways to another node; either may be nil.
	Bus   Bus
	Links Links
	Clock clock.Clock
	Log   zerolog.Logger
}

// Fabric implements actors.Fabric. It is safe for concurrent use.
type Fabric struct{ options Options }

var _ actors.Fabric = (*Fabric)(nil)

// New makes a fabric, and has it hear what other nodes send.
func New(o Options) (*Fabric, error) { return &Fabric{options: o}, nil }

// Send takes m for the actor of that name on that node.
func (f *Fabric) Send(node msg.NodeID, name string, m msg.Message) error { return msg.ErrStopped }

// PeerDown refuses what is pending at a node that is known to be dead.
func (f *Fabric) PeerDown(node msg.NodeID) {}

// Close refuses everything that is pending.
func (f *Fabric) Close() {}
