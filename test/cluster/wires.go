package cluster

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// way is the direction from one node to another.
type way struct{ from, to msg.NodeID }

// wires are the proxies between nodes, and what they do to what flows through them.
type wires struct {
	mu    sync.Mutex
	cut   map[way]bool
	delay map[way]time.Duration
	// changed is closed, and made anew, whenever cut or delay change.
	changed   chan struct{}
	closed    bool
	listeners []net.Listener
	conns     map[net.Conn]bool
}

func newWires() *wires {
	return &wires{cut: map[way]bool{}, delay: map[way]time.Duration{}, changed: make(chan struct{}), conns: map[net.Conn]bool{}}
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
	if !w.open(forth) { // a connection is not even made over a cut wire
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
	w.conns[near], w.conns[far] = true, true
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

// pass copies one direction until either end closes. While the way is cut nothing gets through, and both ends think that it is
// on its way.
func (w *wires) pass(to, from net.Conn, along way) {
	defer func() {
		to.Close()
		from.Close()
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !w.open(along) {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// open waits while the way is cut, and then for as long as it delays. False: the wires are taken down.
func (w *wires) open(along way) bool {
	for {
		w.mu.Lock()
		cut, delay, changed, closed := w.cut[along], w.delay[along], w.changed, w.closed
		w.mu.Unlock()
		if closed {
			return false
		}
		if !cut {
			time.Sleep(delay)
			return true
		}
		<-changed
	}
}

// change alters what is cut or delayed.
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
