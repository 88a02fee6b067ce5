package actors

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// defaultMailboxBytes is the budget of a mailbox whose Spec names none.
const defaultMailboxBytes = 16 << 20

// Options of an actor system.
type Options struct {
	Node msg.NodeID
	// Clock is the time; nil is the machine's.
	Clock clock.Clock
	Log   zerolog.Logger
	// Dispatcher runs actors; nil is goroutines.
	Dispatcher Dispatcher
}

// System is a node's actors. It is safe for concurrent use, unless its dispatcher is Deterministic.
type System struct {
	clock      clock.Clock
	log        zerolog.Logger
	dispatcher Dispatcher
	node       msg.NodeID
	proto      *actor.ActorSystem
	// root spawns under our supervisor.
	root   *actor.RootContext
	fabric atomic.Pointer[Fabric]

	full, restarts atomic.Uint64

	mu sync.Mutex
	// cells are the actors that have not stopped yet, by name.
	cells map[string]*cell
	born  uint64
	// closing: Shutdown has begun, and nothing is spawned any more.
	closing bool
}

// NewSystem makes a system without actors.
func NewSystem(o Options) *System {
	s := &System{clock: o.Clock, log: o.Log, dispatcher: o.Dispatcher, node: o.Node, cells: map[string]*cell{}}
	if s.clock == nil {
		s.clock = clock.System()
	}
	if s.dispatcher == nil {
		s.dispatcher = Goroutines()
	}
	s.proto = actor.NewActorSystem(actor.WithLoggerFactory(protoLogger(o.Log)))
	s.root = s.proto.Root.Copy().WithGuardian(supervisor{s})
	s.address()
	return s
}

// Clock is the clock that the system's actors live by.
func (s *System) Clock() clock.Clock { return s.clock }

// Spawn starts an actor. Its name is its address and must be free.
func (s *System) Spawn(spec Spec) (Ref, error) {
	if spec.Name == "" || spec.New == nil {
		return Ref{}, fmt.Errorf("spawning actor %q: it needs a name and a New", spec.Name)
	}
	if spec.MailboxBytes == 0 {
		spec.MailboxBytes = defaultMailboxBytes
	}
	if spec.Restart == nil {
		spec.Restart = defaultRestart
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return Ref{}, fmt.Errorf("spawning actor %s: the node's actors are being stopped", spec.Name)
	}
	c := &cell{system: s, spec: spec, born: s.born}
	c.box = newMailbox(c, spec.MailboxBytes, &s.full)
	if err := s.hatch(c); err != nil {
		return Ref{}, fmt.Errorf("spawning actor %s: %w", spec.Name, err)
	}
	s.born++
	s.cells[spec.Name] = c
	return Ref{c.box}, nil
}

// hatch gives the cell to protoactor, which schedules its first step.
func (s *System) hatch(c *cell) error {
	props := actor.PropsFromProducer(func() actor.Actor { return c },
		actor.WithMailbox(func() actor.Mailbox { return c.box }),
		actor.WithDispatcher(s.dispatcher))
	_, err := s.root.SpawnNamed(props, c.spec.Name)
	if errors.Is(err, actor.ErrNameExists) {
		return errors.New("the name is taken; stop its owner first, and wait until it has stopped")
	}
	return err
}

// Lookup finds a local actor; a Ref to nobody answers every Post with ErrStopped.
func (s *System) Lookup(name string) Ref {
	if c := s.find(name); c != nil {
		return Ref{c.box}
	}
	return nobody(name)
}

func (s *System) find(name string) *cell {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cells[name]
}

// forget takes a stopped actor off the books and returns what is to be called.
func (s *System) forget(c *cell) []func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cells, c.spec.Name)
	done := c.stopped
	c.stopped = nil
	return done
}
