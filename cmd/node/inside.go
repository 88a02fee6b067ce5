package node

import (
	"context"
	"fmt"

	"github.com/seed-e634fa49/troupe/actors/fabric"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/partitions"
)

// surroundings are what a node's actors stand on.
type surroundings struct {
	store     Store
	transport partitions.Transport
	files     partitions.FileLinks
	actors    fabric.Links
	bus       fabric.Bus
	routes    msg.Endpoint
	// follow is told of every image that has other nodes than the one before.
	follow func(*metadata.Image)
}

// surround gives the actors this node's own directory, links, and bus.
func (n *Node) surround(context.Context) error {
	n.around = surroundings{
		store: partitions.OnDisk(n.store), transport: n.transport, files: n.late, actors: actorLink{n.late}, bus: n.bus,
		routes: n.routesAddress(), follow: n.followNodes,
	}
	return nil
}

// Store is where a node's logs are.
type Store interface {
	partitions.Store
	Logs() ([]string, error)
}

// Surroundings are what a simulation gives to a node's inside, in place of a directory, links, and a bus.
type Surroundings struct {
	// Cluster and Secret are the cluster's, Directory is the id of the data directory, Incarnation that of this start.
	Cluster, Secret, Directory, Incarnation string
	// RaftID is this directory's replica of the metadata log, Founders are that log's first voters.
	RaftID   uint64
	Founders []metadata.Replica

	Store Store
	// Transport reaches the partitions of other nodes. It is asked for before there is a host.
	Transport func(host func() *partitions.Host) partitions.Transport
	// Actors reaches the actors of other nodes.
	Actors fabric.Links
	// Announce sends a frame of announced leaders to a node, where Inside.Hear takes it; false: it was not sent.
	Announce func(to msg.NodeID, frame []byte) bool
}

// Inside is what a node is behind its doors: the actors, and the partitions that follow the metadata image. It runs on the
// dispatcher, the clock and the randomness of its Options, and starts no goroutines; it ends by being forgotten.
type Inside struct{ n *Node }

// NewInside starts a node's inside.
func NewInside(o Options, s Surroundings) (*Inside, error) {
	n := newNode(o.withDefaults())
	n.identity.Store(&identity{
		Version: identityVersion, Node: o.ID, Directory: s.Directory, Cluster: s.Cluster, Secret: s.Secret, RaftID: s.RaftID, Founders: s.Founders,
	})
	n.incarnation = s.Incarnation
	n.announcer = newAnnouncer(o.ID, n.o.Clock, n.log)
	n.announcer.send = s.Announce
	n.around = surroundings{
		store: s.Store, transport: s.Transport(func() *partitions.Host { return n.host }), actors: s.Actors, follow: func(*metadata.Image) {},
	}
	if err := n.startActors(n.running); err != nil {
		return nil, fmt.Errorf("starting the inside of node %d: %w", o.ID, err)
	}
	return &Inside{n}, nil
}

// Host holds the node's partitions.
func (i *Inside) Host() *partitions.Host { return i.n.host }

// Image is the cluster as the node shows it: empty until it is up to date for the first time.
func (i *Inside) Image() *metadata.Image { return i.n.Image() }

// Controller is the controller of the node that leads the metadata log, as far as this one knows: where admin requests go.
func (i *Inside) Controller() msg.Target { return i.n.controllerOfAll() }

// Linked and Unlinked tell of links to other nodes.
func (i *Inside) Linked(peer msg.NodeID)   { i.n.linked(peer) }
func (i *Inside) Unlinked(peer msg.NodeID) { i.n.unlinked(peer) }

// Hear takes a frame that another node has announced.
func (i *Inside) Hear(from msg.NodeID, frame []byte) { i.n.announcer.hear(from, frame) }
