package link

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Links are a node's links to all others. Safe for concurrent use.
type Links struct{ o Options }

// New makes links to nobody.
func New(o Options) *Links { return &Links{o: o} }

// SetCluster tells which cluster the node belongs to, once it is founded or joined; until then links are refused, and only Asks are
// answered.
func (l *Links) SetCluster(id string) {}

// Serve takes connections until Close.
func (l *Links) Serve(on net.Listener) error { return nil }

// Close ends all links.
func (l *Links) Close() {}

// Handle has f called for every frame of kind k. It is called before Serve and Connect. f owns the payload. While it runs nothing else of
// that lane of that peer is handled, and TCP pushes back.
func (l *Links) Handle(k Kind, f func(from msg.NodeID, payload []byte)) {}

// Connect keeps a link to node, which is reached at an address.
func (l *Links) Connect(node msg.NodeID, at msg.Endpoint) {}

// Disconnect ends the link to node, and no longer dials it.
func (l *Links) Disconnect(node msg.NodeID) {}

// Send queues one frame that is made of the pieces, which must not change any more. False: there is no link, or its queue is full.
func (l *Links) Send(to msg.NodeID, lane Lane, k Kind, payload ...[]byte) bool { return false }

// Echo is when the last ping that node has answered was sent, by the clock's monotonic time; zero while there is no link.
func (l *Links) Echo(node msg.NodeID) time.Time { return time.Time{} }

// Peers lists the links, by node.
func (l *Links) Peers() []PeerStatus { return nil }

// Ask puts one question to whoever listens at address, on a connection of its own.
func Ask(ctx context.Context, dial Dial, t *tls.Config, address string, self Identity, request []byte) (peer Identity, reply []byte, err error) {
	return Identity{}, nil, nil
}
