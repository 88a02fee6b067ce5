package sim

import (
	cryptorand "crypto/rand"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Each part draws from a stream of its own, so that one that draws more does not change the others.
const (
	streamCluster = iota
	streamRaft
	streamNetwork
	streamWork
	streamFaults
	streamDisks // and one for each node
)

// Cluster is a simulated cluster. Everything in it happens inside the calls of its methods, which one goroutine makes.
type Cluster struct {
	t     testing.TB
	o     options
	knobs knobs

	clock   *clock.Virtual
	steps   *actors.Deterministic
	random  *rand.Rand
	log     zerolog.Logger
	trace   *trace
	network *network
	nodes   []*node
	topics  []*topic
	clients *clients
	checks  checks
	// broken is the first promise that did not hold; the cluster stands still from then on.
	broken error
	// healed: the faults that are still planned do not come any more.
	healed bool

	restore io.Reader
}

// topic is a topic that the simulation has made, and watches.
type topic struct {
	name       string
	partitions []msg.TopicPartition
}

// metadataLog is watched like any other topic.
var metadataLog = &topic{msg.MetadataTopic, []msg.TopicPartition{{Topic: msg.MetadataTopicID}}}

type options struct {
	seed  uint64
	nodes int
	to    io.Writer
}

// Option is an option of New.
type Option func(*options)

// Seed is what everything follows from.
func Seed(n uint64) Option { return func(o *options) { o.seed = n } }

// Nodes is how many nodes there are, with ids from 1.
func Nodes(n int) Option { return func(o *options) { o.nodes = n } }

// Verbose has what happens written to standard error as it happens.
func Verbose() Option { return func(o *options) { o.to = os.Stderr } }

// knobs are what a seed draws once, so that seeds differ in kind.
type knobs struct {
	throughput int           // messages that an actor takes in a step
	skew       time.Duration // between the nodes' times of day
	drift      float64       // how much clocks run apart
	inFlight   int           // batches that a producer has under way
	records    int           // in a batch, at most
	pause      time.Duration // between a producer's batches, on average
}

func drawKnobs(r *rand.Rand) knobs {
	return knobs{
		throughput: []int{1, 1, 4, 64}[r.IntN(4)],
		skew:       time.Duration(r.IntN(3)) * time.Minute,
		drift:      []float64{0, 0, 0.001, 0.01}[r.IntN(4)],
		inFlight:   1 + r.IntN(5),
		records:    1 + r.IntN(4),
		pause:      []time.Duration{20, 40, 100}[r.IntN(3)] * time.Millisecond,
	}
}

// running is the simulation that has crypto/rand.Reader.
var running atomic.Bool

// New makes a cluster whose nodes have just been started, and stops it at the end of the test. There is one at a time.
func New(t testing.TB, opts ...Option) *Cluster {
	t.Helper()
	c, err := open(opts...)
	if err != nil {
		t.Fatal(err)
	}
	c.t = t
	t.Cleanup(c.Close)
	return c
}

func open(opts ...Option) (*Cluster, error) {
	o := options{seed: 1, nodes: 3}
	for _, opt := range opts {
		opt(&o)
	}
	if o.nodes < 1 {
		return nil, fmt.Errorf("simulating %d nodes: there is at least one", o.nodes)
	}
	if !running.CompareAndSwap(false, true) {
		return nil, fmt.Errorf("simulating seed %d: another simulation runs in this process, and both would draw from crypto/rand.Reader; close that one first", o.seed)
	}
	c := &Cluster{o: o, clock: clock.NewVirtual(epoch), trace: newTrace(), log: zerolog.Nop(), topics: []*topic{metadataLog}}
	c.trace.to = o.to
	c.random = c.stream(streamCluster)
	c.steps = actors.NewDeterministic(o.seed)
	c.knobs = drawKnobs(c.random)
	c.restore, cryptorand.Reader = cryptorand.Reader, c.bytes(streamRaft)
	for i := range o.nodes {
		c.nodes = append(c.nodes, &node{cluster: c, id: msg.NodeID(i + 1), disk: newDisk(c, uint64(streamDisks+i))})
	}
	c.clients = newClients(c)
	c.checks = newChecks(c)
	for _, n := range c.nodes {
		n.start()
	}
	c.network = newNetwork(c)
	c.trace.line(0, "seed %d, %d nodes, %+v", o.seed, o.nodes, c.knobs)
	return c, nil
}

// Close ends the simulation. It may be called twice.
func (c *Cluster) Close() {
	if c.restore == nil {
		return
	}
	cryptorand.Reader, c.restore = c.restore, nil
	running.Store(false)
}

// stream is a source of chance of its own.
func (c *Cluster) stream(n uint64) *rand.Rand { return rand.New(rand.NewPCG(c.o.seed, n)) }

// bytes is the same for those who read bytes.
func (c *Cluster) bytes(n uint64) io.Reader {
	var key [32]byte
	r := c.stream(n)
	for i := range key {
		key[i] = byte(r.Uint32())
	}
	return rand.NewChaCha8(key)
}

// Now is how long the cluster has been running.
func (c *Cluster) Now() time.Duration { return c.clock.Now().Sub(epoch) }

// stepsAtOnce is how many steps actors may make while no time passes.
const stepsAtOnce = 200_000

// Run lets time pass, unless a promise is broken.
func (c *Cluster) Run(d time.Duration) {
	end := c.Now() + d
	for c.settle(); c.broken == nil; c.settle() {
		next, waits := c.clock.Next()
		if !waits || c.Now()+next > end {
			c.clock.Advance(end - c.Now())
			return
		}
		c.clock.Advance(next)
	}
}

// settle runs actors until they wait for time to pass.
func (c *Cluster) settle() {
	for n := 0; c.broken == nil && c.steps.Step(); n++ {
		if n == stepsAtOnce {
			c.violated("progress", "actors made %d steps while no time passed", n)
		}
	}
}
