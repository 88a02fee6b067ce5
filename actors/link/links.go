package link

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Links are a node's links to all others. Safe for concurrent use.
type Links struct {
	o        Options
	handlers [256]func(from msg.NodeID, payload []byte)
	// ctx ends with Close.
	ctx   context.Context
	close context.CancelFunc
	// running are the peers' keepers and the handshakes under way.
	running   sync.WaitGroup
	strangers chan struct{}
	// sessions numbers those that this node dials.
	sessions atomic.Uint64
	cluster  atomic.Pointer[string]
	said     said

	mu    sync.RWMutex
	peers map[msg.NodeID]*peer
}

// New makes links to nobody.
func New(o Options) *Links {
	if o.QueueBytes == 0 {
		o.QueueBytes = 16 << 20
	}
	if o.PingInterval == 0 {
		o.PingInterval = 100 * time.Millisecond
	}
	if o.DeadAfter == 0 {
		o.DeadAfter = time.Second
	}
	l := &Links{o: o, strangers: make(chan struct{}, mostStrangers), peers: map[msg.NodeID]*peer{}}
	l.ctx, l.close = context.WithCancel(context.Background())
	l.cluster.Store(&o.Self.Cluster)
	return l
}

// SetCluster tells which cluster the node belongs to, once that is founded or joined. While it belongs to none links are refused, and
// only Asks are answered.
func (l *Links) SetCluster(id string) { l.cluster.Store(&id) }

func (l *Links) self() Identity {
	id := l.o.Self
	id.Cluster = *l.cluster.Load()
	return id
}

// Handle has f called for every frame of kind k. It is called before Serve and Connect. f owns the payload. While it runs nothing
// else of that lane of that peer is handled, and TCP pushes back; on the urgent lane pings are not answered meanwhile. A kind has
// one handler: a second would take the first one's frames without a word, so it is a mistake in the program, and panics.
func (l *Links) Handle(k Kind, f func(from msg.NodeID, payload []byte)) {
	if l.handlers[k] != nil {
		panic(fmt.Sprintf("link: frames of kind %d have a handler already", k))
	}
	l.handlers[k] = f
}

// Connect keeps a link to node, which is reached at an address. Called again it changes the address; a link that stands stays.
func (l *Links) Connect(node msg.NodeID, at msg.Endpoint) {
	if node == l.o.Self.Node || node < 0 {
		return
	}
	if p, err := l.peer(node); err == nil {
		p.want(at)
		p.release()
	}
}

// Disconnect ends the link to node, and no longer dials it. If node dials, Admit decides.
func (l *Links) Disconnect(node msg.NodeID) {
	if p := l.find(node); p != nil {
		p.leave(errDisconnected, false)
	}
}

// Send queues one frame that is made of the pieces, which must not change any more. False: there is no link, or its queue is full.
// True is no promise: a link that breaks loses what is on its way.
func (l *Links) Send(to msg.NodeID, lane Lane, k Kind, payload ...[]byte) bool {
	p := l.find(to)
	if p == nil {
		return false
	}
	s := p.live.Load()
	f := newFrame(k, payload)
	return s != nil && f.length <= maxPayload[lane] && s.lanes[lane].queue.put(f)
}

// Echo is when the last ping that node has answered was sent, by the clock's monotonic time; zero while there is no link.
func (l *Links) Echo(node msg.NodeID) time.Time {
	p := l.find(node)
	if p == nil {
		return time.Time{}
	}
	s := p.live.Load()
	if s == nil {
		return time.Time{}
	}
	echo, _ := s.pulse.latest()
	return echo
}

// Peers lists the links, by node.
func (l *Links) Peers() []PeerStatus {
	l.mu.RLock()
	peers := make([]*peer, 0, len(l.peers))
	for _, p := range l.peers {
		peers = append(peers, p)
	}
	l.mu.RUnlock()
	all := make([]PeerStatus, len(peers))
	for i, p := range peers {
		all[i] = p.status()
	}
	slices.SortFunc(all, func(a, b PeerStatus) int { return int(a.Node - b.Node) })
	return all
}

// Close ends all links, and returns when nothing of them runs any more.
func (l *Links) Close() {
	l.mu.Lock()
	l.close()
	for _, p := range l.peers {
		p.leave(errClosed, true)
	}
	l.mu.Unlock()
	l.running.Wait()
}

func (l *Links) find(node msg.NodeID) *peer {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.peers[node]
}

var errClosed = errors.New("the node is stopping")

// peer finds a peer, or begins to look after it. The caller releases it.
func (l *Links) peer(node msg.NodeID) (*peer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return nil, errClosed
	}
	p := l.peers[node]
	if p == nil {
		p = &peer{links: l, node: node, accepted: make(chan *session, 1), nudge: make(chan struct{}, 1), since: l.o.Clock.Now()}
		l.peers[node] = p
		defer l.running.Go(p.keep)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.callers++
	return p, nil
}

// forget drops a peer that nobody wants, and reports whether it did.
func (l *Links) forget(p *peer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !p.idleUnwanted() {
		return false
	}
	delete(l.peers, p.node)
	return true
}

// after is a timer on the clock: due is sent to once.
func (l *Links) after(d time.Duration) (due <-chan struct{}, stop func() bool) {
	c := make(chan struct{}, 1)
	return c, l.o.Clock.AfterFunc(d, func() { c <- struct{}{} }).Stop
}

// pause waits, but not longer than until Close.
func (l *Links) pause(d time.Duration) {
	due, stop := l.after(d)
	defer stop()
	select {
	case <-due:
	case <-l.ctx.Done():
	}
}

// said remembers what was last logged about each node, so that a reason is logged once and not with every attempt.
type said struct {
	mu   sync.Mutex
	last map[msg.NodeID]string
}

// mostSaid bounds how many nodes are remembered: anybody can claim any id.
const mostSaid = 1000

func (s *said) first(node msg.NodeID, what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last[node] == what {
		return false
	}
	if s.last == nil || len(s.last) >= mostSaid {
		s.last = map[msg.NodeID]string{}
	}
	s.last[node] = what
	return true
}

func (s *said) forget(node msg.NodeID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.last, node)
}
