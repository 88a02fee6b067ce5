package node

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
	"github.com/seed-e634fa49/troupe/wal"
)

// Options of a node. Only Dir and Kafka must be given.
type Options struct {
	// ID is Kafka's node.id, from 0.
	ID msg.NodeID
	// Dir is the data directory. It is made if it is not there.
	Dir string
	// Kafka are the doors for clients, at least one.
	Kafka []Listener
	// HTTP is HOST:PORT of the operators' door; "" keeps it closed. Pprof serves profiles there, AdminAnywhere
	// has it take requests to change the cluster from other machines, too.
	HTTP          string
	Pprof         bool
	AdminAnywhere bool
	Rack          string

	// Peer is HOST:PORT of the door for other nodes, "" keeps it closed: the node stays alone. PeerAdvertise is what they are
	// told; "" is where the door is bound, port 0 the bound port.
	Peer, PeerAdvertise string
	// Routes is HOST:PORT of the routes of the embedded NATS server, "" keeps them closed; requests between nodes then go over the
	// links only. RoutesAdvertise is what other nodes are told.
	Routes, RoutesAdvertise string
	// NATS is HOST:PORT of the door for NATS clients, "" keeps it closed.
	NATS string
	// Seeds are the addresses, HOST:PORT, of the peer doors of nodes to find a cluster through, or to found one with. An empty
	// node without seeds founds a cluster of its own.
	Seeds []string

	// Static are broker configs from flags, environment and file, by Kafka's names. What the other options say
	// (OwnConfigs) must not be in it.
	Static map[string]string
	Log    zerolog.Logger

	// TailMemory, SegmentBytes and Reserve are the store's budgets (wal.Options); 0 is a default, the store's for the reserve.
	TailMemory   int64
	SegmentBytes int64
	Reserve      int64
	// LedWithin bounds how long Start waits for the partitions of this node to be led; 0 is 30 s. Those that are not by
	// then (damage, say) are logged, and the rest is served.
	LedWithin time.Duration

	// What a node takes from its surroundings: the machine's, unless a simulation brings its own.
	Clock      clock.Clock
	Random     io.Reader
	Dispatcher actors.Dispatcher
	Listen     func(network, address string) (net.Listener, error)
	Dial       link.Dial
	// Reach is where an address that another node advertises is dialled, nil: there. It is for networks that translate addresses.
	Reach func(address string) string
	Disk  wal.Disk
	// Boot identifies the boot of the machine, "" is what its kernel says.
	Boot string
	// Fatal is called once when a sync has failed: the process must end before it answers anything else. By default it
	// does, with ExitStorage.
	Fatal func(error)
}

// ExitStorage is the exit code of a process that could not make durable what it wrote.
const ExitStorage = 3

// Listener is a door for Kafka clients.
type Listener struct {
	// Name is Kafka's listener name, such as PLAINTEXT.
	Name string
	// Bind is HOST:PORT to listen on; port 0 takes a free one.
	Bind string
	// Advertise is the HOST:PORT that clients are told; "" is where the listener is bound. Port 0 is the bound port.
	Advertise string
}

// Budgets that keep a node small: the tail buffers are the largest part of a node's memory under load.
const (
	defaultTailMemory   = 48 << 20
	defaultSegmentBytes = 16 << 20
	defaultLedWithin    = 30 * time.Second
)

// OwnConfigs are the broker configs that say what other options already do, with the flag that does.
var OwnConfigs = map[string]string{
	"node.id": "--node-id", "broker.id": "--node-id", "broker.rack": "--rack",
	"log.dir": "--data", "log.dirs": "--data",
	"listeners": "--kafka", "advertised.listeners": "--kafka-advertise",
}

func (o Options) withDefaults() Options {
	if o.TailMemory == 0 {
		o.TailMemory = defaultTailMemory
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = defaultSegmentBytes
	}
	if o.LedWithin == 0 {
		o.LedWithin = defaultLedWithin
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Listen == nil {
		o.Listen = net.Listen
	}
	if o.Fatal == nil {
		o.Fatal = func(error) { os.Exit(ExitStorage) }
	}
	return o
}

// Check says everything that is wrong with the options.
func (o Options) Check() error {
	var wrong []error
	if o.ID < 0 {
		wrong = append(wrong, fmt.Errorf("node id %d: node ids begin at 0", o.ID))
	}
	if o.Dir == "" {
		wrong = append(wrong, errors.New("no data directory is given"))
	}
	if len(o.Kafka) == 0 {
		wrong = append(wrong, errors.New("no listener for Kafka clients is given"))
	}
	names := map[string]bool{}
	for _, l := range o.Kafka {
		if names[l.Name] {
			wrong = append(wrong, fmt.Errorf("two listeners are named %s", l.Name))
		}
		names[l.Name] = true
		wrong = append(wrong, l.check())
	}
	wrong = append(wrong, o.checkDoors())
	return errors.Join(append(wrong, CheckStatic(o.Static))...)
}

// checkDoors says which addresses of doors other than Kafka's are none.
func (o Options) checkDoors() error {
	var wrong []error
	for what, address := range map[string]string{
		"the HTTP door": o.HTTP, "the peer door": o.Peer, "the peer door's advertised address": o.PeerAdvertise,
		"the door for routes": o.Routes, "the advertised address of routes": o.RoutesAdvertise, "the NATS door": o.NATS,
	} {
		if address != "" {
			wrong = append(wrong, checkAddress(what, address))
		}
	}
	for _, seed := range o.Seeds {
		wrong = append(wrong, checkAddress("seed", seed))
	}
	if len(o.Seeds) > 0 && o.Peer == "" {
		wrong = append(wrong, errors.New("seeds are given, but the peer door is closed: open it with --peer"))
	}
	return errors.Join(wrong...)
}

func (l Listener) check() error {
	if l.Name == "" || strings.Trim(l.Name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return fmt.Errorf("listener name %q: letters, digits, _ and - are allowed", l.Name)
	}
	err := checkAddress("listener "+l.Name, l.Bind)
	if l.Advertise != "" {
		err = errors.Join(err, checkAddress("the advertised address of listener "+l.Name, l.Advertise))
	}
	return err
}

func checkAddress(what, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%s: %q is not HOST:PORT", what, address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%s: %q is no port, which is a number from 0 to 65535", what, port)
	}
	return nil
}

// CheckStatic says which static broker configs do not exist or do not parse, and what to do about it.
func CheckStatic(static map[string]string) error {
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(static)) {
		if flag, own := OwnConfigs[name]; own {
			wrong = append(wrong, fmt.Errorf("config %s: say it with %s", name, flag))
			continue
		}
		key, ok := configs.Lookup(msg.BrokerResource, name)
		if !ok {
			wrong = append(wrong, unknownConfig(name))
			continue
		}
		if err := key.Parse(static[name]); err != nil {
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}

// unknownConfig says what was probably meant: the broker config behind a topic's, or one with a similar name.
func unknownConfig(name string) error {
	if topic, ok := configs.Lookup(msg.TopicResource, name); ok && topic.Synonym != "" {
		return fmt.Errorf("config %s is a topic's; %s is its default for all topics of this node", name, topic.Synonym)
	}
	var similar []string
	for _, k := range configs.Keys(msg.BrokerResource) {
		if strings.Contains(k.Name, name) || strings.HasSuffix(name, "."+k.Name) {
			similar = append(similar, k.Name)
		}
	}
	if len(similar) > 0 {
		return fmt.Errorf("there is no broker config %s; there is %s", name, strings.Join(similar[:min(len(similar), 5)], ", "))
	}
	return fmt.Errorf("there is no broker config %s; `troupe config --all` lists those there are", name)
}

// static are the static configs with those that the other options stand for, as DescribeConfigs shows them.
func (n *Node) static() map[string]string {
	all := maps.Clone(n.o.Static)
	if all == nil {
		all = map[string]string{}
	}
	id := strconv.Itoa(int(n.o.ID))
	all["node.id"], all["broker.id"] = id, id
	if dir, err := filepath.Abs(n.o.Dir); err == nil {
		all["log.dirs"] = dir
	}
	if n.o.Rack != "" {
		all["broker.rack"] = n.o.Rack
	}
	var bound, advertised []string
	for _, d := range n.doors {
		bound = append(bound, d.name+"://"+d.listener.Addr().String())
		advertised = append(advertised, fmt.Sprintf("%s://%s", d.name, net.JoinHostPort(d.advertised.Host, strconv.Itoa(int(d.advertised.Port)))))
	}
	all["listeners"], all["advertised.listeners"] = strings.Join(bound, ","), strings.Join(advertised, ",")
	return all
}
