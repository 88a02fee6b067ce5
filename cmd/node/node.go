package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/bus"
	"github.com/seed-e634fa49/troupe/actors/fabric"
	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/group"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/gateway/admin"
	"github.com/seed-e634fa49/troupe/gateway/http"
	"github.com/seed-e634fa49/troupe/gateway/kafka"
	"github.com/seed-e634fa49/troupe/partitions"
	"github.com/seed-e634fa49/troupe/wal"
)

// Node is a running node. Its methods may be called from any goroutine.
type Node struct {
	o        Options
	log      zerolog.Logger
	identity atomic.Pointer[identity]
	// incarnation names this start of the process. Once the image holds it, the image is as new as this start.
	incarnation string
	registry    *prometheus.Registry
	started     prometheus.Gauge

	doors        []door
	peerListener net.Listener
	peerAt       msg.Endpoint
	httpListener net.Listener
	http         *http.Server
	kafka        *kafka.Server
	admin        atomic.Pointer[admin.Client] // set with kafka

	peers     *book
	links     *link.Links
	transport *partitions.Peers
	announcer *announcer
	late      *lateLinks
	bus       *bus.Bus
	fabric    *fabric.Fabric

	store        *wal.Store
	around       surroundings
	system       *actors.System
	host         *partitions.Host
	controller   actors.Ref
	replicas     *replicas           // touched on the controller's step only
	coordinators *group.Coordinators // the same

	image atomic.Pointer[metadata.Image]
	// upToDate is closed when the image holds this start's registration.
	upToDate chan struct{}
	// failed takes the first error that ends the node's work outside of a sync: an image that can't be applied.
	failed chan error

	// renewed is when the controller has last renewed this node's lease, nil for not yet.
	renewed atomic.Pointer[time.Time]
	// waits is what the start waits for, nil for nothing in particular.
	waits atomic.Pointer[error]
	// running ends when the node is stopped.
	running context.Context
	halt    context.CancelFunc

	// reached is how far the start has come: what a stage made may be used by others once it is reached.
	reached atomic.Int32

	served    sync.WaitGroup // goroutines that serve listeners
	stopping  atomic.Bool
	fatalOnce sync.Once
}

// Start starts a node and returns when it serves: its image is up to date, its doors are open, and its partitions are led,
// but for those that did not make it within LedWithin. After an error nothing is left running. An end of ctx gives up.
func Start(ctx context.Context, o Options) (*Node, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	n := newNode(o)
	begun := o.Clock.Now()
	if err := n.start(ctx); err != nil {
		stop, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return nil, errors.Join(err, n.Stop(stop))
	}
	took := o.Clock.Now().Sub(begun)
	n.measureStart(took)
	n.log.Info().Str("cluster", n.identity.Load().Cluster).Dur("took_ms", took).Int("partitions", len(n.host.All())).Msg("serving")
	return n, nil
}

// newNode is a node that has not done anything yet.
func newNode(o Options) *Node {
	n := &Node{
		o: o, log: o.Log.With().Int32("node", o.ID).Logger(), registry: prometheus.NewRegistry(),
		started: newStartGauge(), upToDate: make(chan struct{}), failed: make(chan error, 1),
	}
	n.running, n.halt = context.WithCancel(context.Background())
	n.image.Store(metadata.Empty())
	return n
}

func (n *Node) start(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		n.bind, n.serveHTTP, n.openDirectory, n.openLinks, n.joinCluster, n.openBus, n.surround, n.startActors, n.linkUpWithCluster, n.awaitImage,
		n.serveKafka, n.awaitLeaders,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// awaitImage waits until this start's own registration has come back through the metadata log.
func (n *Node) awaitImage(ctx context.Context) error {
	select {
	case <-n.upToDate:
		return nil
	case err := <-n.failed:
		return err
	case <-ctx.Done():
		return fmt.Errorf("waiting for the cluster's metadata: %w", context.Cause(ctx))
	}
}

// How often a start looks whether the partitions that are not led yet have failed for good.
const lookForFailures = 100 * time.Millisecond

// awaitLeaders waits until the partitions of this node are led, those aside that have failed, or until it has waited long
// enough.
func (n *Node) awaitLeaders(ctx context.Context) error {
	led := make(chan struct{})
	n.host.WhenLed(n.host.All(), func() { close(led) })
	deadline := n.o.Clock.Now().Add(n.o.LedWithin)
	for {
		look := make(chan struct{})
		timer := n.o.Clock.AfterFunc(lookForFailures, func() { close(look) })
		select {
		case <-led:
			timer.Stop()
			return nil
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("waiting for partitions to be led: %w", context.Cause(ctx))
		case <-look:
		}
		if h := n.health(); h.coming == 0 || n.o.Clock.Now().After(deadline) {
			n.log.Error().Err(h.err()).Msg("serving without some partitions")
			return nil
		}
	}
}

// Ready says why the node does not serve everything it should, or nil when it does.
func (n *Node) Ready() error {
	if n.stopping.Load() {
		return errors.New("the node is stopping")
	}
	select {
	case <-n.upToDate:
	default:
		if waits := n.waits.Load(); waits != nil && *waits != nil {
			return *waits
		}
		return n.waitsForMetadata()
	}
	if self, ok := n.image.Load().Node(n.o.ID); ok && self.Fenced {
		return errors.New("the cluster does not hear this node and has fenced it: clients are not told of it")
	}
	return n.healthSoon().err()
}

// An election, or the hand-over of a partition, is no reason to send clients elsewhere.
const (
	electionWithin = 500 * time.Millisecond
	electionLook   = 20 * time.Millisecond
)

// healthSoon is the node's health, after elections that are under way have ended if they end soon.
func (n *Node) healthSoon() health {
	for until := n.o.Clock.Now().Add(electionWithin); ; {
		h := n.health()
		if h.coming == 0 || n.o.Clock.Now().After(until) || n.sleep(n.running, electionLook) != nil {
			return h
		}
	}
}

// waitsForMetadata says what an image that is not up to date yet waits for.
func (n *Node) waitsForMetadata() error {
	if n.stage() < actorsRun {
		return errors.New("the node is being started")
	}
	leader, known := n.host.Leadership(metadataPartition)
	if known && leader.Leader != msg.NoNode {
		return fmt.Errorf("the cluster's metadata is not applied yet; node %d leads its log", leader.Leader)
	}
	up := 0
	peers := n.links.Peers()
	for _, p := range peers {
		if p.Up {
			up++
		}
	}
	return fmt.Errorf("nobody leads the cluster's metadata log yet, which takes a majority of its voters; %d of %d other nodes are linked", up, len(peers))
}

// stage is a step of the start.
type stage int32

// actorsRun says that the store, the actor system and the host of partitions are there.
const actorsRun stage = 1

func (n *Node) stage() stage { return stage(n.reached.Load()) }

// KafkaAddr is where the first listener for Kafka clients is bound, HTTPAddr the operators' door ("" when closed).
func (n *Node) KafkaAddr() string { return n.doors[0].listener.Addr().String() }

// KafkaAddrs are the bound addresses by listener name.
func (n *Node) KafkaAddrs() map[string]string {
	all := map[string]string{}
	for _, d := range n.doors {
		all[d.name] = d.listener.Addr().String()
	}
	return all
}

// PeerAddr is where the door for other nodes is bound, "" when it is closed.
func (n *Node) PeerAddr() string {
	if n.peerListener == nil {
		return ""
	}
	return n.peerListener.Addr().String()
}

// peerAddress is what other nodes are told of the peer door.
func (n *Node) peerAddress() msg.Endpoint { return n.peerAt }

// HTTPAddr is where the operators' door is bound, "" when it is closed.
func (n *Node) HTTPAddr() string {
	if n.httpListener == nil {
		return ""
	}
	return n.httpListener.Addr().String()
}

// ClusterID is the id of the cluster that the node belongs to.
func (n *Node) ClusterID() string { return n.identity.Load().Cluster }

// Image is the cluster as this node knows it. Never nil.
func (n *Node) Image() *metadata.Image { return n.image.Load() }
