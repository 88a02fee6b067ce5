package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// linked are nodes 1 and 2 with a proxy between them. Node 1 dials.
func linked(t *testing.T, change ...func(*Options)) (a, b *node, p *proxy) {
	t.Helper()
	noLeaks(t)
	oa, ob := options(1), options(2)
	for _, c := range change {
		c(&oa)
		c(&ob)
	}
	a, b = start(t, oa), start(t, ob)
	p = newProxy(t, b.listener.Addr().String())
	t.Cleanup(p.close)
	a.Connect(2, p.endpoint())
	a.saw("up 2")
	b.saw("up 1")
	return a, b, p
}

// TestCuts: whichever way is cut, both sides notice in time, and the link comes back when the way is open.
func TestCuts(t *testing.T) {
	for _, c := range []struct {
		name string
		cut  func(p *proxy, cut bool)
	}{
		{"half open", func(p *proxy, cut bool) { p.forth.cut.Store(cut); p.back.cut.Store(cut) }},
		{"the way there", func(p *proxy, cut bool) { p.forth.cut.Store(cut) }},
		{"the way back", func(p *proxy, cut bool) { p.back.cut.Store(cut) }},
		{"nobody reads", func(p *proxy, cut bool) { p.forth.stall.Store(cut); p.back.stall.Store(cut) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b, p := linked(t)
			from := time.Now()
			p.dead.Store(true)
			c.cut(p, true)
			a.saw("up 2, down 2")
			b.saw("up 1, down 1")
			if took := time.Since(from); took < 250*time.Millisecond || took > 1500*time.Millisecond {
				t.Errorf("it was noticed after %v", took)
			}
			if !a.Echo(2).IsZero() || a.Send(2, Urgent, noted) {
				t.Error("a link that is down has an echo, or takes frames")
			}
			p.dead.Store(false)
			c.cut(p, false)
			p.reset()
			a.saw("up 2, down 2, up 2")
			if lost := a.Peers()[0].Lost; lost != 1 {
				t.Errorf("the link was lost %d times", lost)
			}
			b.saw("up 1, down 1, up 1")
		})
	}
}

// TestPeerThatStallsReading: what waits for it is bounded, and what it holds up is only its own lane.
func TestPeerThatStallsReading(t *testing.T) {
	const limit = 1 << 20
	a, b, _ := linked(t, func(o *Options) { o.QueueBytes = limit })
	goOn := b.halt()
	payload := make([]byte, 100<<10)
	// The sockets' own buffers take some megabytes.
	deadline := time.Now().Add(5 * time.Second)
	for refused := 0; refused < 50; {
		if !a.Send(2, Bulk, halted, payload) {
			refused++
			time.Sleep(time.Millisecond)
		} else {
			refused = 0
		}
		if time.Now().After(deadline) {
			t.Fatal("the queue never fills")
		}
		if q := a.Peers()[0].Queued[Bulk]; q > limit {
			t.Fatalf("%d bytes wait", q)
		}
	}
	// Much longer than a silent link would live, the urgent lane goes on.
	for end := time.Now().Add(3 * a.o.DeadAfter); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if time.Since(a.Echo(2)) > a.o.DeadAfter {
			t.Fatal("bulk that stalls holds pings up")
		}
	}
	a.Send(2, Urgent, noted, []byte("overtakes"))
	b.received("1:overtakes")
	if events, _, why := a.seen(); events != "up 2" {
		t.Errorf("a peer that works slowly was given up: %s, %v", events, why)
	}
	goOn()
	within(t, "an empty queue", func() (string, bool) { return "", a.Peers()[0].Queued[Bulk] == 0 })
	a.Send(2, Bulk, noted, []byte("after"))
	b.received("1:overtakes 1:after")
}

// TestPeerWhoseUrgentLaneHangs no longer answers, though it still speaks. It takes this node for dead, too, as it hears no answers.
func TestPeerWhoseUrgentLaneHangs(t *testing.T) {
	a, b, _ := linked(t)
	goOn := b.halt()
	from := time.Now()
	a.Send(2, Urgent, halted)
	within(t, "the end of the link", func() (string, bool) {
		events, _, _ := a.seen()
		return events, strings.HasPrefix(events, "up 2, down 2")
	})
	if took := time.Since(from); took > 4*a.o.DeadAfter {
		t.Errorf("after %v: %s", took, a.log)
	}
	within(t, "the reason, at the side that noticed", func() (string, bool) {
		return fmt.Sprint(a.log, b.log), a.log.count("no ping was answered")+b.log.count("no ping was answered") > 0
	})
	goOn()
	within(t, "a new link", func() (string, bool) { events, _, _ := a.seen(); return events, events == "up 2, down 2, up 2" })
}

func TestTurnedBitEndsTheLink(t *testing.T) {
	a, b, p := linked(t, func(o *Options) { o.PingInterval = 100 * time.Millisecond })
	p.forth.flip.Store(true)
	a.saw("up 2, down 2, up 2")
	b.saw("up 1, down 1, up 1")
	if b.log.count("checksum") != 1 {
		t.Errorf("log: %s", b.log)
	}
}

func TestDelayIsSeenAndBorne(t *testing.T) {
	a, _, p := linked(t)
	p.forth.delay.Store(int64(20 * time.Millisecond))
	within(t, "a longer round trip", func() (string, bool) {
		trip := a.Peers()[0].RoundTrip
		return trip.String(), trip >= 20*time.Millisecond
	})
	if events, _, _ := a.seen(); events != "up 2" {
		t.Errorf("saw %s", events)
	}
}

// TestBothDialAtOnce: hellos that cross end with one link, whoever was faster.
func TestBothDialAtOnce(t *testing.T) {
	noLeaks(t)
	for round := range 8 {
		oa, ob := options(1), options(2)
		ob.DeadAfter = 100 * time.Millisecond // the higher node's patience
		slowly := func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, address)
			time.Sleep(time.Duration(round%4) * time.Millisecond)
			return c, err
		}
		oa.Dial, ob.Dial = slowly, slowly
		a, b := start(t, oa), start(t, ob)
		b.Connect(1, a.endpoint())
		time.Sleep(75*time.Millisecond + time.Duration(round)*6*time.Millisecond)
		a.Connect(2, b.endpoint())
		within(t, "a link", func() (string, bool) {
			return "", a.Send(2, Bulk, noted, []byte("x")) && b.Send(1, Bulk, noted, []byte("y"))
		})
		a.end()
		b.end()
	}
}

// TestWhoGivesWay is the rule by which there is never a second link: what a node makes of a hello, by what it is doing itself.
func TestWhoGivesWay(t *testing.T) {
	const lower, higher = 1, 3 // than node 2, which says hello
	for _, c := range []struct {
		doing phase
		self  msg.NodeID
		since time.Duration // in phase greeted
		taken bool
	}{
		{idle, lower, 0, true},
		{idle, higher, 0, true},
		{dialing, lower, 0, true}, // nothing was said yet, so nothing can cross
		{dialing, higher, 0, true},
		{greeted, lower, 0, false},
		{greeted, lower, crossing, true}, // nobody seems to hear it
		{greeted, higher, 0, true},
		{half, lower, 0, true}, // node 2 tries anew
		{half, higher, 0, true},
		{standing, lower, 0, false},
		{standing, higher, 0, false},
	} {
		l := New(options(c.self))
		s := newSession(l, options(2).Self, 1)
		p := &peer{links: l, node: 2, phase: c.doing, session: s, nudge: make(chan struct{}, 1), greetedAt: l.o.Clock.Now().Add(-c.since)}
		gaveUp := false
		p.giveUp = func() { gaveUp = true }
		g := greeting{Identity: options(2).Self, To: c.self, Session: 2}
		err := p.takeUrgent(&g, newSession(l, g.Identity, 2))
		if taken := err == nil; taken != c.taken || gaveUp != c.taken || c.taken && p.phase != half || !c.taken && p.phase != c.doing {
			t.Errorf("node %d in phase %d: %v, now in phase %d, its own attempt given up: %v", c.self, c.doing, err, p.phase, gaveUp)
		}
		if c.doing == half && !s.failed() {
			t.Error("the attempt before is kept")
		}
		if c.taken {
			if err := p.takeUrgent(&g, newSession(l, g.Identity, 2)); err == nil || !strings.Contains(err.Error(), "comes late") {
				t.Errorf("the same hello once more: %v", err)
			}
		}
		p.leave(errClosed, true)
		g.Session++
		if err := p.takeUrgent(&g, newSession(l, g.Identity, 3)); err == nil {
			t.Error("a hello is taken after the end")
		}
	}
}

// TestNobodyThere: dialing where nobody answers costs one connection at a time, and ends with Close.
func TestNobodyThere(t *testing.T) {
	noLeaks(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	a := start(t, options(1))
	a.Connect(2, endpointOf(silent))
	a.Connect(3, endpointOf(silent))
	c, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	from := time.Now()
	a.Close()
	if took := time.Since(from); took > time.Second {
		t.Errorf("closing took %v", took)
	}
	if len(a.Links.peers) != 0 {
		t.Errorf("%d peers are left", len(a.Links.peers))
	}
}

// TestStrangers: connections that say nothing, or nonsense, are bounded and ended.
func TestStrangers(t *testing.T) {
	noLeaks(t)
	a := start(t, options(1))
	var all []net.Conn
	for range mostStrangers + 50 {
		c, err := net.Dial("tcp", a.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		all = append(all, c)
	}
	// Those beyond the bound are closed at once.
	last := all[len(all)-1]
	_ = last.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := last.Read(make([]byte, 1)); err == nil {
		t.Error("something was said to a connection that said nothing")
	} else if ne, ok := err.(net.Error); ok && ne.Timeout() {
		t.Error("one connection too many is kept")
	}
	if len(a.strangers) != mostStrangers {
		t.Errorf("%d handshakes are under way", len(a.strangers))
	}
	for _, c := range all {
		_, _ = c.Write(bytes.Repeat([]byte("no"), 100))
		_ = c.Close()
	}
	within(t, "room for others", func() (string, bool) { return fmt.Sprint(len(a.strangers)), len(a.strangers) == 0 })
	b := start(t, options(2))
	a.Connect(2, b.endpoint())
	a.saw("up 2")
}

// TestProbes: to connect and to leave without a word is nothing to tell an operator of.
func TestProbes(t *testing.T) {
	noLeaks(t)
	a := start(t, options(1))
	c, err := net.Dial("tcp", a.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.(*net.TCPConn).CloseWrite()
	if _, err := io.ReadAll(c); err != nil { // its refusal
		t.Error(err)
	}
	_ = c.Close()
	within(t, "the end of it", func() (string, bool) { return "", len(a.strangers) == 0 })
	if a.log.count("warn") != 0 {
		t.Errorf("log: %s", a.log)
	}
}

// TestHalfALink: a node that dials only the urgent lane holds nothing up for long.
func TestHalfALink(t *testing.T) {
	noLeaks(t)
	a := start(t, options(1))
	c, err := net.Dial("tcp", a.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Write(appendGreeting(nil, hello, greeting{Identity: options(2).Self, To: 1, Lane: Urgent, Session: 7}))
	if k, _, err := readGreeting(c, welcome); k != welcome {
		t.Fatal(err)
	}
	if p := a.Peers(); len(p) != 1 || p[0].Up {
		t.Errorf("peers %+v", p)
	}
	other := options(2).Self
	other.Incarnation = "another"
	for _, g := range []greeting{{Identity: options(2).Self, Session: 6}, {Identity: other, Session: 7}} {
		bulk, err := net.Dial("tcp", a.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer bulk.Close()
		g.To, g.Lane = 1, Bulk
		_, _ = bulk.Write(appendGreeting(nil, hello, g))
		if _, _, err := readGreeting(bulk, welcome); err == nil || !strings.Contains(err.Error(), "no urgent lane") {
			t.Errorf("the bulk lane of another session: %v", err)
		}
	}
	// A node that nobody wants is forgotten when its attempt has come to nothing.
	within(t, "no peers", func() (string, bool) { return fmt.Sprint(a.Peers()), len(a.Peers()) == 0 })
	if events, _, _ := a.seen(); events != "" {
		t.Errorf("saw %s", events)
	}
}

func TestAsk(t *testing.T) {
	for _, secured := range []bool{false, true} {
		noLeaks(t)
		o := options(1)
		if secured {
			o.TLS = certificates(t)
		}
		o.Self.Cluster = ""
		o.Asked = func(from Identity, request []byte) []byte {
			return append([]byte(fmt.Sprintf("to %d: ", from.Node)), request...)
		}
		a := start(t, o)
		self := Identity{Node: 5, Directory: "d5"}
		large := bytes.Repeat([]byte("q"), 3<<20)
		peer, reply, err := Ask(t.Context(), nil, o.TLS, a.listener.Addr().String(), self, large)
		if err != nil || peer.Node != 1 || peer.Directory != "d1" || string(reply) != "to 5: "+string(large) {
			t.Errorf("from %+v: %d bytes, %v", peer, len(reply), err)
		}
	}
}

func TestAskThatComesToNothing(t *testing.T) {
	noLeaks(t)
	mute := start(t, options(1))
	o := options(2)
	asked := make(chan struct{})
	o.Asked = func(Identity, []byte) []byte { <-asked; return nil }
	slow := start(t, o)
	defer close(asked)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, c := range []struct {
		address string
		request []byte
		want    string
	}{
		{mute.listener.Addr().String(), nil, "answers no questions"},
		{slow.listener.Addr().String(), nil, context.DeadlineExceeded.Error()},
		{silent.Addr().String(), nil, context.DeadlineExceeded.Error()},
		{"127.0.0.1:1", nil, "refused"},
		{mute.listener.Addr().String(), make([]byte, maxQuestion+1), "too long"},
	} {
		patience := 10 * time.Second
		if c.want == context.DeadlineExceeded.Error() {
			patience = 100 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, _, err := Ask(ctx, nil, nil, c.address, Identity{Node: 9}, c.request)
		cancel()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.address, err, c.want)
		}
	}
}

// TestAsksOutOfTurn: a note that is not the next one is refused, on both sides.
func TestAsksOutOfTurn(t *testing.T) {
	noLeaks(t)
	o := options(1)
	o.Asked = func(Identity, []byte) []byte { return nil }
	a := start(t, o)
	c, err := net.Dial("tcp", a.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Write(appendNote(appendGreeting(nil, asks, greeting{Identity: options(2).Self}), reply, nil))
	if _, _, err := readGreeting(c, welcome); err == nil || !strings.Contains(err.Error(), "is no question") {
		t.Errorf("a reply where a question belongs: %v", err)
	}
	near, far := piped(t)
	_, _ = far.Write(appendNote(appendGreeting(nil, welcome, greeting{}), question, nil))
	if _, _, err := exchange(connection{near, near}, Identity{}, nil); err == nil || !strings.Contains(err.Error(), "is no reply") {
		t.Errorf("a question where a reply belongs: %v", err)
	}
}

// TestFramesLargerThanALaneTakes are refused by who sends them, and end the link of who gets them all the same.
func TestFramesLargerThanALaneTakes(t *testing.T) {
	a, b, _ := linked(t)
	if a.Send(2, Urgent, noted, make([]byte, maxPayload[Urgent]+1)) {
		t.Error("a frame too long for the lane was taken")
	}
	s := a.find(2).live.Load()
	s.lanes[Urgent].queue.put(newFrame(noted, [][]byte{make([]byte, maxPayload[Urgent]+1)}))
	b.saw("up 1, down 1, up 1")
	if b.log.count("are allowed") != 1 {
		t.Errorf("log: %s", b.log)
	}
}

// TestManyDownsAndUps: no cycle leaves anything behind.
func TestManyDownsAndUps(t *testing.T) {
	a, b, p := linked(t)
	for i := range 20 {
		p.reset()
		want := strings.Repeat("up 2, down 2, ", i+1) + "up 2"
		a.saw(want)
	}
	within(t, "pairs of events", func() (string, bool) {
		events, _, _ := b.seen()
		return events, events == strings.Repeat("up 1, down 1, ", 20)+"up 1"
	})
}

func TestUnknownAddressees(t *testing.T) {
	noLeaks(t)
	a := start(t, options(1))
	a.Connect(1, msg.Endpoint{Host: "127.0.0.1", Port: 1})
	a.Connect(-1, msg.Endpoint{Host: "127.0.0.1", Port: 1})
	a.Disconnect(8)
	if a.Send(9, Urgent, noted) || !a.Echo(9).IsZero() || len(a.Peers()) != 0 {
		t.Error("a link to nobody")
	}
}

// TestNothingIsHandledAfterTheEnd: what was read along with the last frame is dropped.
func TestNothingIsHandledAfterTheEnd(t *testing.T) {
	a, b, _ := linked(t)
	goOn := b.halt()
	s := a.find(2).live.Load()
	q := s.lanes[Bulk].queue
	q.mu.Lock() // so that both go out in one write
	for _, f := range []frame{newFrame(halted, nil), newFrame(noted, [][]byte{[]byte("late")})} {
		q.frames = append(q.frames, f)
		q.bytes += f.cost()
	}
	q.signal()
	q.mu.Unlock()
	within(t, "both frames on their way", func() (string, bool) { return "", q.waiting() == 0 })
	other := b.find(1).live.Load()
	within(t, "the handler", func() (string, bool) { return "", other.lanes[Bulk].ear.steps.Load()%2 == 0 })
	b.Disconnect(1)
	within(t, "the end", func() (string, bool) {
		events, _, _ := b.seen()
		return events, strings.HasPrefix(events, "up 1, down 1")
	})
	goOn()
	other.running.Wait()
	if _, got, _ := b.seen(); got != "" {
		t.Errorf("handled %s", got)
	}
}

func TestShortPingEndsTheLink(t *testing.T) {
	a, b, _ := linked(t)
	a.find(2).live.Load().lanes[Bulk].queue.put(newFrame(ping, [][]byte{[]byte("short")}))
	b.saw("up 1, down 1, up 1")
	if b.log.count("a ping of 5 bytes is none") != 1 {
		t.Errorf("log: %s", b.log)
	}
}

func TestCloseSaysNothingOfPeers(t *testing.T) {
	a, b, _ := linked(t)
	a.Close()
	b.saw("up 1, down 1")
	if events, _, _ := a.seen(); events != "up 2" {
		t.Errorf("a node that closes its links is told %s", events)
	}
}

// TestPeersInUseAreNotForgotten: a hello is being looked at, and nothing else keeps its peer.
func TestPeersInUseAreNotForgotten(t *testing.T) {
	noLeaks(t)
	a := start(t, options(1))
	p, err := a.peer(7)
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
		p.stir()
		if a.find(7) != p {
			t.Fatal("the peer was forgotten")
		}
	}
	p.release()
	within(t, "no peers", func() (string, bool) { return "", a.find(7) == nil })
}

// TestWelcomesThatAreRefused: who dials looks at who answers, as who listens looks at who dials.
func TestWelcomesThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(id *Identity, lane Lane)
		want   string
	}{
		{"another cluster", func(id *Identity, _ Lane) { id.Cluster = "x" }, `it belongs to cluster \"x\"`},
		{"another node", func(id *Identity, _ Lane) { id.Node = 3 }, "node 3 answers there"},
		{"not admitted", func(id *Identity, _ Lane) { id.Directory = "bad" }, "not admitted"},
		{"two processes", func(id *Identity, lane Lane) { id.Incarnation = lane.String() }, "lead to two processes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeaks(t)
			o := options(1)
			o.Admit = func(id Identity) error {
				if id.Directory == "bad" {
					return errors.New("not admitted")
				}
				return nil
			}
			a := start(t, o)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for c2, err := l.Accept(); err == nil; c2, err = l.Accept() {
					if _, g, err := readGreeting(c2, hello); err == nil {
						id := options(2).Self
						c.change(&id, g.Lane)
						_, _ = c2.Write(appendGreeting(nil, welcome, greeting{Identity: id, To: 1, Lane: g.Lane, Session: g.Session}))
					}
					defer c2.Close()
				}
			}()
			a.Connect(2, endpointOf(l))
			within(t, "a line about it", func() (string, bool) { return a.log.String(), a.log.count(c.want) > 0 })
			if events, _, _ := a.seen(); events != "" {
				t.Errorf("saw %s", events)
			}
		})
	}
}

func TestAttemptsThatAreOverDoNotCount(t *testing.T) {
	l := New(options(1))
	for name, p := range map[string]*peer{
		"another attempt":  {links: l, phase: greeted, attempt: 4},
		"given up":         {links: l, phase: idle, attempt: 3},
		"the other's half": {links: l, phase: half, attempt: 3},
		"the other's link": {links: l, phase: standing, attempt: 3},
	} {
		before := p.phase
		if p.endDial(3, newSession(l, Identity{}, 1)) || p.phase != before || p.session != nil {
			t.Errorf("%s: attempt 3 still counts", name)
		}
		if p.phase = dialing; p.attempt != 3 && p.mayGreet(3) {
			t.Errorf("%s: attempt 3 still says hello", name)
		}
	}
}

func TestAReasonIsSaidOnce(t *testing.T) {
	var s said
	if !s.first(1, "a") || s.first(1, "a") || !s.first(2, "a") || !s.first(1, "b") || !s.first(1, "a") {
		t.Error("a reason is said when it is not the last one that was said of a node")
	}
	s.forget(1)
	if !s.first(1, "a") {
		t.Error("it is said again after a link has stood")
	}
	for i := range msg.NodeID(3 * mostSaid) {
		s.first(i, "a")
	}
	if len(s.last) > mostSaid {
		t.Errorf("%d nodes are remembered", len(s.last))
	}
}
