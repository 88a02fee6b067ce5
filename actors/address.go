package actors

import (
	"strconv"
	"strings"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Fabric carries messages to the actors of other nodes.
type Fabric interface {
	// Send takes m for the actor of that name on that node. Like Target.Post it does not block, and an error means that m
	// was not taken. A request that was taken is answered whatever becomes of it.
	Send(node msg.NodeID, name string, m msg.Message) error
}

// addressPrefix begins a node's address in a protoactor PID.
const addressPrefix = "node/"

func addressOf(node msg.NodeID) string { return addressPrefix + strconv.Itoa(int(node)) }

func nodeAt(address string) msg.NodeID {
	digits, ok := strings.CutPrefix(address, addressPrefix)
	id, err := strconv.ParseInt(digits, 10, 32)
	if !ok || err != nil || id < 0 {
		return msg.NoNode
	}
	return msg.NodeID(id)
}

// UseFabric has messages for other nodes carried by f from now on.
func (s *System) UseFabric(f Fabric) { s.fabric.Store(&f) }

// At is the address of an actor anywhere in the cluster. Nobody there, or no fabric to get there, is known only when a
// message is posted: it is not taken (ErrStopped).
func (s *System) At(node msg.NodeID, name string) msg.Target {
	if node == s.node {
		return s.Lookup(name)
	}
	return &foreign{system: s, node: node, name: name}
}

// address gives this node's address to protoactor's registry, so that its PIDs mean the same on every node, and leads PIDs
// of other nodes to the fabric. What protoactor can't deliver it publishes as a dead letter; requests among them are
// answered.
func (s *System) address() {
	s.proto.ProcessRegistry.Address = addressOf(s.node)
	s.proto.ProcessRegistry.RegisterAddressResolver(func(pid *actor.PID) (actor.Process, bool) {
		return &foreign{system: s, node: nodeAt(pid.Address), name: pid.Id}, true
	})
	s.proto.EventStream.Subscribe(func(event any) {
		if dead, ok := event.(*actor.DeadLetterEvent); ok {
			s.refuseAny(dead.Message, dead.PID.Id)
		}
	})
}

func (s *System) refuseAny(message any, name string) {
	if m, ok := message.(msg.Message); ok {
		s.refuse(m, unavailable(name, msg.ErrStopped))
	}
}

// foreign is an actor of another node: a target for our messages, and a process for protoactor's.
type foreign struct {
	system *System
	node   msg.NodeID
	name   string
}

var (
	_ msg.Target    = (*foreign)(nil)
	_ actor.Process = (*foreign)(nil)
)

// Post hands m to the fabric.
func (f *foreign) Post(m msg.Message) error {
	fabric := f.system.fabric.Load()
	if fabric == nil || f.node == msg.NoNode {
		return msg.ErrStopped
	}
	return (*fabric).Send(f.node, f.name, m)
}

// SendUserMessage posts what protoactor sends to the PID; as there is no way to say no, a request that isn't taken is
// refused.
func (f *foreign) SendUserMessage(_ *actor.PID, message any) {
	_, inner, _ := actor.UnwrapEnvelope(message)
	m, ok := inner.(msg.Message)
	if !ok {
		return
	}
	if err := f.Post(m); err != nil {
		f.system.refuse(m, unavailable(addressOf(f.node)+"/"+f.name, err))
	}
}

// SendSystemMessage does nothing: an actor's life is its own node's affair.
func (f *foreign) SendSystemMessage(*actor.PID, any) {}

// Stop does nothing, for the same reason.
func (f *foreign) Stop(*actor.PID) {}
