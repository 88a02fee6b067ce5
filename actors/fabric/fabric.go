package fabric

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Bus is what the fabric needs of the bus (actors/bus).
type Bus interface {
	Heard(node msg.NodeID) bool
	// Publish takes data, or says why nothing was sent.
	Publish(subject string, data []byte) error
	Subscribe(subject string, f func(subject string, data []byte)) error
	// Announce lets the others hear this node, from now on.
	Announce()
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
	// Clock is the time; nil is the machine's.
	Clock clock.Clock
	Log   zerolog.Logger
}

// Fabric implements actors.Fabric. It is safe for concurrent use.
type Fabric struct {
	system *actors.System
	node   msg.NodeID
	bus    Bus
	links  Links
	log    zerolog.Logger

	known registry
	// epoch tells this fabric's requests from those of the node's earlier lives.
	epoch   uint64
	pending *table
}

var _ actors.Fabric = (*Fabric)(nil)

// subject is the bus's address of what is said to a node, up to who says it.
func subject(to msg.NodeID) string { return "troupe.actor." + strconv.Itoa(int(to)) + "." }

// New makes a fabric, and has it hear what other nodes send.
func New(o Options) (*Fabric, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	f := &Fabric{
		system: o.System, node: o.Node, bus: o.Bus, links: o.Links, log: o.Log,
		known: newRegistry(portables()), epoch: uint64(o.Clock.Now().UnixNano()), pending: newTable(o.Clock),
	}
	if f.links != nil {
		f.links.Handle(f.hear)
	}
	if f.bus == nil {
		return f, nil
	}
	own := subject(f.node)
	if err := f.bus.Subscribe(own+"*", func(at string, data []byte) { f.hearBus(strings.TrimPrefix(at, own), data) }); err != nil {
		return nil, fmt.Errorf("letting the actors of node %d be asked over the bus: %w", f.node, err)
	}
	f.bus.Announce()
	return f, nil
}

// hearBus takes a frame from the node whose number ends the subject.
func (f *Fabric) hearBus(from string, data []byte) {
	node, err := strconv.ParseInt(from, 10, 32)
	if err != nil {
		f.log.Debug().Str("from", from).Msg("a frame on the bus that names no sender")
		return
	}
	f.hear(msg.NodeID(node), data)
}

// carry sends a frame by the way that is open, and reports false when nothing was sent.
func (f *Fabric) carry(to msg.NodeID, data []byte) bool {
	if f.bus != nil && f.bus.Heard(to) {
		err := f.bus.Publish(subject(to)+strconv.Itoa(int(f.node)), data)
		if err == nil {
			return true
		}
		f.log.Debug().Err(err).Int32("to", to).Msg("the bus did not take a frame; it goes over the peer link")
	}
	return f.links != nil && f.links.Send(to, data)
}
