package node

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/seed-e634fa49/troupe/actors/bus"
	"github.com/seed-e634fa49/troupe/actors/fabric"
	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/partitions"
)

// introduceEvery is how often a node tells those it is not linked to where it is.
const introduceEvery = 500 * time.Millisecond

// openLinks opens the peer door: other nodes may ask this one, and be linked to it once it belongs to a cluster.
func (n *Node) openLinks(context.Context) error {
	n.announcer = newAnnouncer(n.o.ID, n.o.Clock, n.log)
	n.peers = newBook(n.o.ID, n.log, n.connect)
	n.links = link.New(link.Options{
		Self: n.self(), Clock: n.o.Clock, Log: n.log, Dial: n.o.Dial,
		Asked: n.asked, Up: n.linkUp, Down: n.linkDown,
	})
	n.announcer.send = sendLeaders(n.links)
	n.transport = partitions.NewPeers(n.links, func() *partitions.Host { return n.host })
	n.links.Handle(link.Leaders, n.announcer.hear)
	n.late = newLateLinks(n.links, link.Actor)
	if n.peerListener != nil {
		n.serve(n.peerListener, n.links.Serve)
	}
	n.peers.open(n.o.Dir)
	return nil
}

// self is what this node says of itself to its peers.
func (n *Node) self() link.Identity {
	id := n.identity.Load()
	return link.Identity{Cluster: id.Cluster, Directory: id.Directory, Incarnation: n.incarnation, Node: n.o.ID, Peer: n.peerAddress()}
}

// connect keeps a link to a node whose address is new; a zero address ends it.
func (n *Node) connect(node msg.NodeID, at msg.Endpoint) {
	if !n.identity.Load().member() {
		return // it would be refused; the links are made when the cluster is known
	}
	if at.Port == 0 {
		n.links.Disconnect(node)
		return
	}
	reached := n.reach(net.JoinHostPort(at.Host, strconv.Itoa(int(at.Port))))
	if to, err := endpointOf(reached); err == nil {
		n.links.Connect(node, to)
	}
}

// reach is where an address of another node is dialled.
func (n *Node) reach(address string) string {
	if n.o.Reach == nil {
		return address
	}
	return n.o.Reach(address)
}

func (n *Node) linkUp(peer link.Identity) {
	n.log.Debug().Int32("peer", peer.Node).Msg("linked")
	n.peers.met(peer.Node, peer.Peer)
	n.linked(peer.Node)
}

// linked tells those inside of a link.
func (n *Node) linked(peer msg.NodeID) {
	n.announcer.linked(peer)
	if n.stage() >= actorsRun {
		n.host.PeerUp(peer)
	}
}

func (n *Node) linkDown(peer msg.NodeID, why error) {
	n.log.Info().Int32("peer", peer).Err(why).Msg("the link to a node is down")
	n.unlinked(peer)
}

// unlinked tells those inside that there is no link any more.
func (n *Node) unlinked(peer msg.NodeID) {
	n.announcer.unlinked(peer)
	if n.stage() < actorsRun {
		return
	}
	n.fabric.PeerDown(peer)
	n.host.PeerDown(peer)
}

// linkUpWithCluster lets links stand, now that it is known to which cluster the node belongs, and tells the others where it is.
func (n *Node) linkUpWithCluster(context.Context) error {
	n.links.SetCluster(n.identity.Load().Cluster)
	for node, at := range n.peers.all() {
		n.connect(node, at)
	}
	n.introduce(true)
	return nil
}

// introduce tells the nodes that this one is not linked to where it is, as they may have another address of it or none, until all
// are linked; then it looks again now and then. At first it asks its seeds, too, whoever it knows: they may be another cluster's.
func (n *Node) introduce(first bool) {
	if n.stopping.Load() {
		return
	}
	linked := map[msg.NodeID]bool{}
	for _, p := range n.links.Peers() {
		linked[p.Node] = p.Up
	}
	var strangers []string
	for node, at := range n.peers.all() {
		if !linked[node] {
			strangers = append(strangers, net.JoinHostPort(at.Host, strconv.Itoa(int(at.Port))))
		}
	}
	if first || len(linked) == 0 {
		strangers = append(strangers, n.seeds()...)
	}
	for _, address := range strangers {
		n.served.Go(func() {
			ctx, cancel := context.WithTimeout(n.running, seedWithin)
			defer cancel()
			said, err := n.ask(ctx, address, hereIAm)
			if err == nil && !n.mayBeOurs(said.Cluster) {
				n.log.Error().Str("address", address).Str("theirs", said.Cluster).Str("ours", n.identity.Load().Cluster).
					Msg("a node that this one was told of belongs to another cluster; take it out of --seeds")
			}
		})
	}
	n.o.Clock.AfterFunc(introduceEvery, func() { n.introduce(false) })
}

// openBus opens the NATS server of this node and its routes to the others.
func (n *Node) openBus(context.Context) error {
	id := n.identity.Load()
	var err error
	n.bus, err = bus.Start(bus.Options{
		Node: n.o.ID, Cluster: id.Cluster, Secret: id.Secret, Clients: n.o.NATS, Routes: n.o.Routes, RoutesAdvertise: n.o.RoutesAdvertise,
		Clock: n.o.Clock, Log: n.log,
	})
	if err != nil {
		return fmt.Errorf("opening the bus: %w", err)
	}
	n.announcer.setPublish(n.bus.Publish)
	return n.bus.Subscribe(leadersSubject, n.announcer.hearBus)
}

// routesAddress is what other nodes are told of the bus's routes; zero where they are closed.
func (n *Node) routesAddress() msg.Endpoint {
	bound := n.bus.RoutesAddress()
	if bound == "" {
		return msg.Endpoint{}
	}
	at, err := doorEndpoint(n.o.RoutesAdvertise, bound)
	if err != nil {
		n.log.Error().Err(err).Msg("the address of the bus's routes is not known; give one with --nats-routes-advertise")
	}
	return at
}

// openFabric lets actors of other nodes be addressed.
func (n *Node) openFabric() error {
	var err error
	n.fabric, err = fabric.New(fabric.Options{System: n.system, Node: n.o.ID, Bus: n.around.bus, Links: n.around.actors, Clock: n.o.Clock, Log: n.log})
	if err != nil {
		return fmt.Errorf("opening the fabric: %w", err)
	}
	n.system.UseFabric(n.fabric)
	return nil
}

// controllerOfAll is the controller that decides: that of the node which leads the metadata log, as far as this node knows.
func (n *Node) controllerOfAll() msg.Target {
	leader, _ := n.host.Leadership(metadataPartition)
	return n.system.At(leader.Leader, msg.ControllerName)
}

// followNodes keeps links and routes to the nodes of an image.
func (n *Node) followNodes(i *metadata.Image) {
	at := map[msg.NodeID]msg.Endpoint{}
	var routes []string
	for _, q := range i.Quorum() {
		at[q.Node] = msg.Endpoint{} // one that has joined and not registered has told its address itself
	}
	for _, node := range i.Nodes() {
		if node.ID == n.o.ID {
			continue
		}
		at[node.ID] = node.Peer
		if node.Routes.Port != 0 {
			routes = append(routes, n.reach(net.JoinHostPort(node.Routes.Host, strconv.Itoa(int(node.Routes.Port)))))
		}
	}
	n.peers.only(at)
	if err := n.bus.SetPeers(routes); err != nil {
		n.log.Error().Err(err).Strs("routes", routes).Msg("the bus can't be routed to the other nodes; requests between nodes go over the links")
	}
}

// lateLinks are the links for those that are made after the links have opened: frames of a kind that nobody takes yet are dropped,
// as on a link that is not up.
type lateLinks struct {
	*link.Links
	handlers map[link.Kind]*atomic.Pointer[func(from msg.NodeID, payload []byte)]
}

// newLateLinks reserves kinds of frames.
func newLateLinks(links *link.Links, kinds ...link.Kind) *lateLinks {
	l := &lateLinks{Links: links, handlers: map[link.Kind]*atomic.Pointer[func(msg.NodeID, []byte)]{}}
	for _, k := range kinds {
		handler := &atomic.Pointer[func(msg.NodeID, []byte)]{}
		l.handlers[k] = handler
		links.Handle(k, func(from msg.NodeID, payload []byte) {
			if f := handler.Load(); f != nil {
				(*f)(from, payload)
			}
		})
	}
	return l
}

// Handle has f take the frames of a reserved kind from now on.
func (l *lateLinks) Handle(k link.Kind, f func(from msg.NodeID, payload []byte)) {
	l.handlers[k].Store(&f)
}

// actorLink is the links as the fabric sees them.
type actorLink struct{ *lateLinks }

// Send implements fabric.Links.
func (l actorLink) Send(to msg.NodeID, payload ...[]byte) bool {
	return l.lateLinks.Send(to, link.Urgent, link.Actor, payload...)
}

// Handle implements fabric.Links.
func (l actorLink) Handle(f func(msg.NodeID, []byte)) { l.lateLinks.Handle(link.Actor, f) }
