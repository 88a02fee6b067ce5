package bus

import (
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/seed-e634fa49/troupe/actors/bus/presence"
	"github.com/seed-e634fa49/troupe/actors/clock"
)

// reconnectWait is how soon the node's own connection is made again, should the server ever cut it.
const reconnectWait = 50 * time.Millisecond

// Bus is a node's end of the bus. It is safe for concurrent use.
type Bus struct {
	options         Options
	clock           clock.Clock
	presenceSubject string

	server *server.Server
	conn   *nats.Conn
	// subscribers are the goroutines that call subscribers' functions.
	subscribers sync.WaitGroup

	peersMu sync.Mutex
	peers   peers

	mu        sync.Mutex
	closed    bool
	announced bool
	presence  *presence.Presence
	nextBeat  clock.Timer
	// hurry is how many beats are still to follow each other soon.
	hurry         int
	subscriptions []*nats.Subscription
}

// Start opens the bus. The node hears the others, and is not heard before Announce. An error says which door could not be
// opened, and then nothing is left open.
func Start(o Options) (*Bus, error) {
	b, err := open(o)
	if err != nil {
		return nil, fmt.Errorf("starting the bus of node %d: %w", o.Node, err)
	}
	return b, nil
}

func open(o Options) (*Bus, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	b := &Bus{options: o, clock: o.Clock, presence: presence.New(o.Node), presenceSubject: fmt.Sprint(presenceSubject, o.Node)}
	if b.clock == nil {
		b.clock = clock.System()
	}
	var err error
	if b.server, err = startServer(o, &serverLog{log: o.Log, closed: o.Clients == ""}); err != nil {
		return nil, err
	}
	if err := b.connect(); err != nil {
		b.server.Shutdown()
		return nil, err
	}
	if err := b.Subscribe(presenceSubject+"*", b.beatHeard); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// connect makes the node's own connection. What can't be sent at once is an error, never kept for later: its sender
// knows another way, or says it again.
func (b *Bus) connect() (err error) {
	b.conn, err = nats.Connect("",
		nats.InProcessServer(b.server),
		nats.Name(serverName(b.options)),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectBufSize(-1),
		nats.ErrorHandler(b.trouble))
	if err != nil {
		return fmt.Errorf("connecting to the embedded server: %w", err)
	}
	return nil
}

// RoutesAddress is where the routes door listens, "" if there is none.
func (b *Bus) RoutesAddress() string {
	if address := b.server.ClusterAddr(); address != nil {
		return address.String()
	}
	return ""
}

// ClientsAddress is where the door for NATS clients listens, "" if there is none.
func (b *Bus) ClientsAddress() string {
	if b.options.Clients == "" {
		return ""
	}
	return b.server.Addr().String()
}

// Close leaves the bus. When it returns, no subscriber's function runs any more.
func (b *Bus) Close() {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	b.closed = true
	if b.nextBeat != nil {
		b.nextBeat.Stop()
	}
	b.mu.Unlock()
	b.forgetPeers()
	b.conn.Close()
	b.subscribers.Wait()
	b.server.Shutdown()
}
