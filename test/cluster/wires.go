package cluster

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// way is the direction from one node to another.
type way struct{ from, to msg.NodeID }

// delay is how much later everything arrives, at least, and at most by jitter more.
type delay struct{ by, jitter time.Duration }

// wires are the proxies between nodes, and what they do to what flows through them.
type wires struct {
	mu     sync.Mutex
	cut    map[way]bool
	silent map[way]bool
	delay  map[way]delay
	// changed is closed, and made anew, whenever cut, silent or delay change.
	changed   chan struct{}
	closed    bool
	listeners []net.Listener
	conns     map[net.Conn]way // by who dialled whom
}

func newWires() *wires {
	return &wires{
		cut: map[way]bool{}, silent: map[way]bool{}, delay: map[way]delay{},
		changed: make(chan struct{}), conns: map[net.Conn]way{},
	}
}

// lay opens a proxy through which one node reaches an address of another, and returns where it listens.
func (w *wires) lay(t testing.TB, from, to msg.NodeID, address string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.listeners = append(w.listeners, l)
	w.mu.Unlock()
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go w.join(near, way{from, to}, address)
		}
	}()
	return l.Addr().String()
}

// join passes bytes between an accepted connection and the address behind the proxy.
func (w *wires) join(near net.Conn, forth way, address string) {
	defer near.Close()
	if _, open := w.open(forth); !open { // nothing is dialled over a cut wire: to the node it is accepted, and silent
		return
	}
	far, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return
	}
	defer far.Close()
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return
	}
	w.conns[near], w.conns[far] = forth, forth
	w.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { w.pass(far, near, forth) })
	both.Go(func() { w.pass(near, far, way{forth.to, forth.from}) })
	both.Wait()
	w.mu.Lock()
	delete(w.conns, near)
	delete(w.conns, far)
	w.mu.Unlock()
}

// piece is some bytes on their way, and when they arrive.
type piece struct {
	bytes []byte
	due   time.Time
}

// underWay bounds the pieces of one direction that have been sent and have not arrived.
const underWay = 256

// pass copies one direction until either end closes. While the way is cut nothing gets through, and both ends think that it is
// on its way. Once the way was silent, nothing of this connection gets through any more.
func (w *wires) pass(to, from net.Conn, along way) {
	pieces := make(chan piece, underWay)
	defer close(pieces)
	go arrive(to, from, pieces)
	lost := false
	for {
		buffer := make([]byte, 16<<10)
		n, err := from.Read(buffer)
		if n > 0 {
			later, open := w.open(along)
			if !open {
				return
			}
			if lost = lost || w.isSilent(along); !lost {
				pieces <- piece{buffer[:n], time.Now().Add(later)}
			}
		}
		if err != nil {
			return
		}
	}
}

// arrive writes each piece when it is due. What is left when either end closes is written before the other one is closed, too.
func arrive(to, from net.Conn, pieces <-chan piece) {
	defer to.Close()
	defer from.Close()
	broken := false
	for p := range pieces {
		if broken {
			continue
		}
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.bytes); err != nil {
			broken = true
			from.Close()
		}
	}
}

// open waits while the way is cut, and tells how much later something arrives that is sent now. False: the wires are taken down.
func (w *wires) open(along way) (later time.Duration, open bool) {
	for {
		w.mu.Lock()
		cut, d, changed, closed := w.cut[along], w.delay[along], w.changed, w.closed
		w.mu.Unlock()
		if closed {
			return 0, false
		}
		if !cut {
			if d.jitter > 0 {
				d.by += rand.N(d.jitter)
			}
			return d.by, true
		}
		<-changed
	}
}

func (w *wires) isSilent(along way) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.silent[along]
}

// drop closes the connections that one node has made to another.
func (w *wires) drop(forth way) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c, along := range w.conns {
		if along == forth {
			c.Close()
		}
	}
}

// change alters what the wires do.
func (w *wires) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	close(w.changed)
	w.changed = make(chan struct{})
}

// takeDown closes everything.
func (w *wires) takeDown() {
	w.change(func() { w.closed = true })
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.listeners {
		l.Close()
	}
	for c := range w.conns {
		c.Close()
	}
}
