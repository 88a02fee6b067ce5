package link

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// node is one end of a link in a test, and what it has seen.
type node struct {
	*Links
	t        *testing.T
	listener net.Listener
	served   chan error
	log      *journal

	mu     sync.Mutex
	events []string // "up 2", "down 2"
	got    []string
	why    error
	// stop holds the handler of kind halted up until it is closed.
	stop chan struct{}
}

// journal is what a node logs.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if os.Getenv("LINK_LOG") != "" {
		_, _ = os.Stderr.Write(p)
	}
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) count(what string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), what)
}

// Kinds of the tests.
const (
	noted  = Actor   // its payload is remembered
	sunk   = Files   // its payload is dropped
	halted = Leaders // its handler stops at node.stop
)

func options(id msg.NodeID) Options {
	return Options{
		Self:         Identity{Cluster: "c", Directory: fmt.Sprintf("d%d", id), Incarnation: fmt.Sprintf("i%d", id), Node: id},
		Clock:        clock.System(),
		PingInterval: 10 * time.Millisecond,
		DeadAfter:    300 * time.Millisecond,
	}
}

// start runs a node. Its goroutines are counted at the end of the test.
func start(t *testing.T, o Options) *node {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, o, listener)
}

func startOn(t *testing.T, o Options, listener net.Listener) *node {
	n := &node{t: t, listener: listener, served: make(chan error, 1), log: &journal{}, stop: make(chan struct{})}
	close(n.stop)
	o.Log = zerolog.New(n.log)
	o.Self.Peer = endpointOf(listener)
	o.Up = func(id Identity) { n.note(fmt.Sprintf("up %d", id.Node), nil) }
	o.Down = func(id msg.NodeID, why error) { n.note(fmt.Sprintf("down %d", id), why) }
	n.Links = New(o)
	n.Handle(noted, func(from msg.NodeID, p []byte) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.got = append(n.got, fmt.Sprintf("%d:%s", from, p))
	})
	n.Handle(sunk, func(msg.NodeID, []byte) {})
	n.Handle(halted, func(msg.NodeID, []byte) { <-n.stopped() })
	go func() { n.served <- n.Serve(listener) }()
	t.Cleanup(n.end)
	return n
}

// halt has the handler of kind halted wait until what it returns is called.
func (n *node) halt() (goOn func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	stop := make(chan struct{})
	n.stop = stop
	goOn = sync.OnceFunc(func() { close(stop) })
	n.t.Cleanup(goOn)
	return goOn
}

func (n *node) stopped() chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stop
}

func (n *node) note(event string, why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, event)
	n.why = why
}

func (n *node) end() {
	n.Close()
	if err := <-n.served; err != nil {
		n.t.Errorf("serving: %v", err)
	}
	_ = n.listener.Close()
	n.served <- nil
}

func (n *node) endpoint() msg.Endpoint { return endpointOf(n.listener) }

func (n *node) seen() (events, got string, why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.events, ", "), strings.Join(n.got, " "), n.why
}

// saw waits until the node's events are these.
func (n *node) saw(events string) {
	n.t.Helper()
	within(n.t, "events "+events, func() (string, bool) {
		now, _, why := n.seen()
		return fmt.Sprintf("%s (%v)", now, why), now == events
	})
}

func (n *node) received(got string) {
	n.t.Helper()
	within(n.t, "frames "+got, func() (string, bool) {
		_, now, _ := n.seen()
		return now, now == got
	})
}

// within waits for something that has to come soon.
func within(t *testing.T, what string, check func() (now string, ok bool)) {
	t.Helper()
	deadline := time.Now().Add(8 * time.Second)
	for {
		now, ok := check()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s; it is %s", what, now)
		}
		time.Sleep(time.Millisecond)
	}
}

// noLeaks counts goroutines when everything else of the test has ended.
func noLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		within(t, fmt.Sprintf("%d goroutines", before), func() (string, bool) {
			now := runtime.NumGoroutine()
			if now <= before {
				return "", true
			}
			stacks := make([]byte, 1<<20)
			return string(stacks[:runtime.Stack(stacks, true)]), false
		})
	})
}

func TestTwoNodesLinkOnceWhoeverConnects(t *testing.T) {
	for _, who := range []string{"lower", "higher", "both"} {
		t.Run(who, func(t *testing.T) {
			noLeaks(t)
			a, b := start(t, options(1)), start(t, options(2))
			if who != "higher" {
				a.Connect(2, b.endpoint())
			}
			if who != "lower" {
				b.Connect(1, a.endpoint())
			}
			a.saw("up 2")
			b.saw("up 1")
			for lane := range Lane(lanes) {
				if !a.Send(2, lane, noted, []byte("to "), nil, []byte("b")) || !b.Send(1, lane, noted, []byte("to a")) {
					t.Error("a link that is up takes nothing")
				}
			}
			b.received("1:to b 1:to b")
			a.received("2:to a 2:to a")
			a.Disconnect(2)
			a.saw("up 2, down 2")
			if a.Send(2, Bulk, noted) || !a.Echo(2).IsZero() {
				t.Error("a link that was ended still takes frames, or has an echo")
			}
		})
	}
}

func TestFramesKeepTheirOrderAndContent(t *testing.T) {
	noLeaks(t)
	a, b := start(t, options(1)), start(t, options(2))
	var mu sync.Mutex
	var got [][]byte
	b.Handle(Raft, func(_ msg.NodeID, p []byte) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, p)
	})
	a.Connect(2, b.endpoint())
	a.saw("up 2")
	var want [][]byte
	for i := range 2000 {
		// From nothing over what is copied and what is gathered to what is larger than one gathering.
		size := []int{0, 1, 100, 1000, 1025, 5000, 70_000, 3 << 20}[i%8]
		if i > 16 && size > 1<<20 {
			size = 2000
		}
		p := bytes.Repeat([]byte{byte(i), byte(i >> 8), 7}, size/3+1)
		want = append(want, p)
		within(t, "room in the queue", func() (string, bool) {
			return "", a.Send(2, Bulk, Raft, p[:len(p)/3], p[len(p)/3:len(p)/2], p[len(p)/2:])
		})
	}
	within(t, "all frames", func() (string, bool) {
		mu.Lock()
		defer mu.Unlock()
		return fmt.Sprint(len(got)), len(got) == len(want)
	})
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("frame %d of %d bytes came as %d others", i, len(want[i]), len(got[i]))
		}
	}
	if q := a.Peers()[0].Queued; q[Bulk] != 0 {
		within(t, "an empty queue", func() (string, bool) { return "", a.Peers()[0].Queued[Bulk] == 0 })
	}
}

func TestEchoFollowsTheOther(t *testing.T) {
	noLeaks(t)
	a, b := start(t, options(1)), start(t, options(2))
	before := time.Now()
	a.Connect(2, b.endpoint())
	a.saw("up 2")
	for _, n := range []struct {
		*node
		other msg.NodeID
	}{{a, 2}, {b, 1}} {
		within(t, "an echo", func() (string, bool) { return "", n.Echo(n.other).After(before) })
		first := n.Echo(n.other)
		within(t, "the next echo", func() (string, bool) { return "", n.Echo(n.other).After(first) })
		if age := time.Since(n.Echo(n.other)); age < 0 {
			t.Errorf("an echo of the future: %v", age)
		}
	}
	st := a.Peers()[0]
	if st.Node != 2 || !st.Up || st.RoundTrip <= 0 || st.RoundTrip > time.Second || st.Since.Before(before) {
		t.Errorf("status %+v", st)
	}
}

// TestRefusals: each hello that can't be, and what both sides are told of it.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(o *Options)
		want   string
	}{
		{"another cluster", func(o *Options) { o.Self.Cluster = "x" }, `this node belongs to cluster \"c\", not to \"x\"`},
		{"the same node id", func(o *Options) { o.Self.Node = 2 }, "this is node 2, too: the same node id was started twice"},
		{"itself", func(o *Options) { o.Self = Identity{Cluster: "c", Node: 2, Incarnation: "i2"} }, "dialed by itself"},
		{"not admitted", func(o *Options) { o.Self.Directory = "bad" }, "directory bad is not this node's"},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeaks(t)
			ob := options(2)
			ob.Admit = func(id Identity) error {
				if id.Directory == "bad" {
					return errors.New("directory bad is not this node's")
				}
				return nil
			}
			b := start(t, ob)
			oa := options(1)
			c.change(&oa)
			a := start(t, oa)
			to := msg.NodeID(2)
			if oa.Self.Node == 2 {
				to = 3 // whom it believes to be there
			}
			a.Connect(to, b.endpoint())
			for _, n := range []*node{a, b} {
				within(t, "a line about it", func() (string, bool) { return n.log.String(), n.log.count(c.want) > 0 })
			}
			// It is said once, however often it is tried.
			within(t, "more attempts", func() (string, bool) { return "", a.sessions.Load() > 3 })
			if n, m := a.log.count(c.want), b.log.count(c.want); n != 1 || m != 1 {
				t.Errorf("logged %d times by who dials, %d times by who refuses", n, m)
			}
			if events, _, _ := b.seen(); events != "" {
				t.Errorf("the one that refuses has seen %s", events)
			}
		})
	}
}

func TestWrongNodeAtAnAddress(t *testing.T) {
	noLeaks(t)
	a, b := start(t, options(1)), start(t, options(2))
	a.Connect(3, b.endpoint())
	within(t, "a line about it", func() (string, bool) { return "", a.log.count("this is node 2, not 3") == 1 })
}

func TestNodeWithoutAClusterWaitsForOne(t *testing.T) {
	noLeaks(t)
	ob := options(2)
	ob.Self.Cluster = ""
	a, b := start(t, options(1)), start(t, ob)
	a.Connect(2, b.endpoint())
	within(t, "attempts", func() (string, bool) { return "", a.sessions.Load() > 2 })
	if a.log.count("warn")+b.log.count("warn") != 0 {
		t.Error("it is a matter of a moment, and a warning was logged")
	}
	b.SetCluster("c")
	a.saw("up 2")
	b.saw("up 1")
}

func TestNodeStartedAgainReplacesItsLink(t *testing.T) {
	noLeaks(t)
	o := options(1)
	o.DeadAfter = time.Minute // so that it does not notice by itself
	a, b := start(t, o), start(t, options(2))
	p := newProxy(t, b.listener.Addr().String())
	t.Cleanup(p.close)
	a.Connect(2, p.endpoint())
	a.saw("up 2")
	// Node 2 dies without a sound, and is started again elsewhere.
	p.dead.Store(true)
	p.forth.cut.Store(true)
	p.back.cut.Store(true)
	b.Close()
	o = options(2)
	o.Self.Incarnation = "i2 again"
	again := start(t, o)
	again.Connect(1, a.endpoint())
	again.saw("up 1")
	a.saw("up 2, down 2, up 2")
	if a.log.count("the node was started again") != 1 {
		t.Errorf("log: %s", a.log.String())
	}
}

func TestSecondDirectoryUnderALinkedNodeIsRefused(t *testing.T) {
	noLeaks(t)
	a, b := start(t, options(1)), start(t, options(2))
	a.Connect(2, b.endpoint())
	a.saw("up 2")
	o := options(2)
	o.Self.Incarnation, o.Self.Directory = "other", "other"
	twin := start(t, o)
	twin.Connect(1, a.endpoint())
	within(t, "a line about it", func() (string, bool) { return "", twin.log.count("was the same node id started twice?") == 1 })
	a.saw("up 2")
}

func TestLinkComesBack(t *testing.T) {
	noLeaks(t)
	a, b := start(t, options(1)), start(t, options(2))
	p := newProxy(t, b.listener.Addr().String())
	t.Cleanup(p.close)
	a.Connect(2, p.endpoint())
	a.saw("up 2")
	b.saw("up 1")
	from := time.Now()
	p.reset()
	a.saw("up 2, down 2, up 2")
	b.saw("up 1, down 1, up 1")
	if took := time.Since(from); took > 500*time.Millisecond {
		t.Errorf("a link that was reset was back after %v", took)
	}
	a.Send(2, Urgent, noted, []byte("x"))
	b.received("1:x")
}

// TestAddressChanges: the lower node dials where nobody is; the higher one finds it.
func TestHigherNodeDialsWhenTheLowerCanNot(t *testing.T) {
	noLeaks(t)
	a, b := start(t, options(1)), start(t, options(2))
	nowhere, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := endpointOf(nowhere)
	_ = nowhere.Close()
	a.Connect(2, at)
	b.Connect(1, a.endpoint())
	a.saw("up 2")
	b.saw("up 1")
	a.Connect(2, b.endpoint())
	if events, _, _ := a.seen(); events != "up 2" {
		t.Errorf("a new address broke the link: %s", events)
	}
}

func TestMutualTLS(t *testing.T) {
	noLeaks(t)
	good, stranger := certificates(t), certificates(t)
	with := func(id msg.NodeID, c *tls.Config) Options {
		o := options(id)
		o.TLS = c
		return o
	}
	a, b := start(t, with(1, good)), start(t, with(2, good))
	a.Connect(2, b.endpoint())
	a.saw("up 2")
	big := bytes.Repeat([]byte("0123456789"), 50_000)
	a.Send(2, Bulk, noted, big[:7], big[7:40_000], big[40_000:])
	b.received("1:" + string(big))
	plain, other := start(t, options(3)), start(t, with(4, stranger))
	plain.Connect(2, b.endpoint())
	other.Connect(2, b.endpoint())
	for _, n := range []*node{plain, other} {
		within(t, "a line about it", func() (string, bool) { return "", n.log.count("no link to a peer") > 0 })
		if events, _, _ := n.seen(); events != "" {
			t.Errorf("saw %s", events)
		}
	}
	if events, _, _ := b.seen(); events != "up 1" {
		t.Errorf("saw %s", events)
	}
}
