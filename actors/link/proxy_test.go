package link

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// proxy stands between a node that dials and one that listens, and does what networks do.
type proxy struct {
	t        *testing.T
	listener net.Listener
	target   string
	// forth is from who dials to who listens, back the other way.
	forth, back way
	// dead: new connections are accepted and nothing comes of them.
	dead    atomic.Bool
	running sync.WaitGroup
	mu      sync.Mutex
	pipes   []net.Conn
}

// way is one direction.
type way struct {
	cut   atomic.Bool  // bytes vanish
	stall atomic.Bool  // bytes are not taken
	flip  atomic.Bool  // one bit of the next bytes is turned
	delay atomic.Int64 // nanoseconds
}

func newProxy(t *testing.T, target string) *proxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, listener: listener, target: target}
	p.running.Go(p.serve)
	return p
}

func (p *proxy) endpoint() msg.Endpoint { return endpointOf(p.listener) }

func endpointOf(l net.Listener) msg.Endpoint {
	return msg.Endpoint{Host: "127.0.0.1", Port: int32(l.Addr().(*net.TCPAddr).Port)}
}

func (p *proxy) serve() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.keep(in)
		if p.dead.Load() {
			continue
		}
		out, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = in.Close()
			continue
		}
		p.keep(out)
		p.running.Go(func() { p.carry(in, out, &p.forth) })
		p.running.Go(func() { p.carry(out, in, &p.back) })
	}
}

func (p *proxy) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pipes = append(p.pipes, c)
}

func (p *proxy) carry(from, to net.Conn, w *way) {
	b := make([]byte, 64<<10)
	for {
		for w.stall.Load() {
			if _, err := from.Write(nil); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
		_ = from.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		n, err := from.Read(b)
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			continue
		}
		if n > 0 && !w.cut.Load() {
			time.Sleep(time.Duration(w.delay.Load()))
			if w.flip.CompareAndSwap(true, false) {
				b[n-1] ^= 4
			}
			if _, err := to.Write(b[:n]); err != nil {
				_ = from.Close()
				return
			}
		}
		if err != nil {
			if w.cut.Load() {
				return // nor does the end get through
			}
			_ = to.Close()
			return
		}
	}
}

// reset breaks every connection.
func (p *proxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.pipes {
		_ = c.Close()
	}
	p.pipes = nil
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.forth.stall.Store(false)
	p.back.stall.Store(false)
	p.reset()
	p.running.Wait()
}
