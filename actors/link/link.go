package link

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Identity is what a node says of itself in a handshake.
type Identity struct {
	// Cluster is the id of the cluster that the node belongs to, "" while it belongs to none.
	Cluster string `json:"cluster"`
	// Directory is the id of its data directory, Incarnation is new at each start of its process.
	Directory   string     `json:"directory"`
	Incarnation string     `json:"incarnation"`
	Node        msg.NodeID `json:"node"`
	// Peer is where its links are reached.
	Peer msg.Endpoint `json:"peer"`
}

// Dial opens a connection, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Options of Links. Callbacks are called one at a time for each peer, must not block long, and must not call Close.
type Options struct {
	Self  Identity
	Clock clock.Clock
	Log   zerolog.Logger
	// Dial is net.Dialer's where it is nil.
	Dial Dial
	// TLS is used for both directions, so it has certificates, RootCAs and ClientCAs; nil is plain TCP.
	TLS *tls.Config
	// Admit refuses a peer whose identity is sound as far as the link can see; nil admits all.
	Admit func(Identity) error
	// Asked answers an Ask; nil refuses them.
	Asked func(from Identity, request []byte) (reply []byte)
	// Up is called when both lanes of a link stand, before anything of it is handled; Down when it is lost, once for each Up. Down is
	// not called by Close.
	Up   func(Identity)
	Down func(node msg.NodeID, why error)
	// QueueBytes bounds what waits for one peer on one lane; 0 is 16 MiB.
	QueueBytes int
	// PingInterval is how often each side pings, 0 is 100 ms. A link is dead after DeadAfter without a byte, 0 is 1 s.
	PingInterval, DeadAfter time.Duration
}

// PeerStatus is how a link stands.
type PeerStatus struct {
	Node msg.NodeID
	Up   bool
	// Since is when it came up, or went down; Lost is how often it went down.
	Since time.Time
	Lost  uint64
	// Queued is the bytes that wait, by lane.
	Queued [lanes]int
	// RoundTrip is that of the last ping that was answered.
	RoundTrip time.Duration
}
