package kafka

import (
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestIdleConnectionsAreCheap(t *testing.T) {
	s, addr := newWorld(t).open()
	const n = 500
	memory := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse + m.StackInuse)
	}
	var clients [n]net.Conn
	before := memory()
	for i := range clients {
		c := dial(t, addr)
		ask[*kmsg.ApiVersionsResponse](c, apiVersionsRequest(3))
		clients[i] = c.Conn
	}
	if each := (memory() - before) / n; each > 20<<10 {
		t.Errorf("an idle connection takes %d bytes, want at most 20 KiB", each)
	}
	if got := len(s.all()); got != n {
		t.Errorf("%d connections are counted, want %d", got, n)
	}
}

func TestConnectionLimits(t *testing.T) {
	for name, limits := range map[string]Limits{"of all": {Connections: 3}, "of one address": {ConnectionsPerIP: 3}} {
		t.Run(name, func(t *testing.T) {
			s, addr := newWorld(t).open(func(o *Options) { o.Limits, o.Log = limits, zerolog.Nop() })
			var last *client
			for range 3 {
				last = dial(t, addr)
				ask[*kmsg.ApiVersionsResponse](last, apiVersionsRequest(3))
			}
			dial(t, addr).expectClosed()
			last.Close()
			waitFor(t, "a free place", func() bool { return len(s.all()) == 2 })
			ask[*kmsg.ApiVersionsResponse](dial(t, addr), apiVersionsRequest(3))
		})
	}
}

func TestIdleAndStuckConnectionsAreClosed(t *testing.T) {
	virtual := clock.NewVirtual(time.Unix(1_000_000, 0))
	s, addr := newWorld(t).open(func(o *Options) {
		o.Clock, o.Log = virtual, zerolog.Nop()
		o.Limits.IdleTimeout, o.Limits.StallTimeout = 10*time.Minute, 30*time.Second
	})
	idle, busy, stuck := dial(t, addr), dial(t, addr), dial(t, addr)
	for _, c := range []*client{idle, busy, stuck} {
		ask[*kmsg.ApiVersionsResponse](c, apiVersionsRequest(3))
	}
	if _, err := stuck.Write(headed(18, 0, make([]byte, 100))[:50]); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "half a frame", func() bool {
		for _, c := range s.all() {
			if c.readStall.since.Load() != 0 {
				return true
			}
		}
		return false
	})
	for range 11 { // the stuck one is closed within the first of these minutes, the idle one behind the tenth
		waitFor(t, "the server's side of the write", func() bool {
			for _, c := range s.all() {
				if c.writeStall.since.Load() != 0 {
					return false
				}
			}
			return true
		})
		virtual.Advance(time.Minute)
		ask[*kmsg.ApiVersionsResponse](busy, apiVersionsRequest(3))
		stuck.expectClosed()
	}
	idle.expectClosed()
}

func TestShutdownAnswersWhatIsInFlight(t *testing.T) {
	w := newWorld(t)
	parts := w.topic("topic", 2)
	parts[0].holding = true
	s, addr := w.open()
	producer, consumer, idle := dial(t, addr), dial(t, addr), dial(t, addr)
	producer.send(produceTo(9, "topic", 0, -1, batchOf("a")))
	fetch := fetchFrom(13, "topic", 0, 1)
	consumer.send(fetch)
	ask[*kmsg.ApiVersionsResponse](idle, apiVersionsRequest(3))
	waitFor(t, "the append and the waiter", func() bool {
		parts[0].mu.Lock()
		defer parts[0].mu.Unlock()
		return parts[0].posted == 1 && parts[1].waiting() == 1
	})
	stopped := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		stopped <- s.Shutdown(ctx)
	}()
	idle.expectClosed()
	_, body := consumer.receive() // without waiting for its 20 seconds
	onlyFetched(t, decodeReply[*kmsg.FetchResponse](t, fetch, body))
	consumer.expectClosed()
	if socket, err := net.Dial("tcp", addr); err == nil {
		socket.Close()
		t.Error("a new connection is accepted")
	}
	select {
	case err := <-stopped:
		t.Fatalf("shutdown returned %v before the produce was answered", err)
	default:
	}
	parts[0].letGo()
	if id, body := producer.receive(); id != 1 || onlyProduced(t, decodeReply[*kmsg.ProduceResponse](t, produceTo(9, "", 0, 0, nil), body)).ErrorCode != 0 {
		t.Error("the produce in flight was not answered")
	}
	producer.expectClosed()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// A client that goes on sending while the server stops must not lose, with its connection, the answers that are on their way to it.
func TestShutdownDoesNotCutOffWhoStillSends(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.holding = true
	s, addr := w.open()
	producer, idle := dial(t, addr), dial(t, addr)
	producer.send(produceTo(9, "topic", 0, -1, batchOf("a")))
	ask[*kmsg.ApiVersionsResponse](idle, apiVersionsRequest(3))
	waitFor(t, "the append", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.posted == 1
	})
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(context.Background()) }()
	idle.expectClosed() // so all are draining
	producer.send(apiVersionsRequest(3))
	p.letGo()
	if id, _ := producer.receive(); id != 1 {
		t.Errorf("answer %d came", id)
	}
	producer.send(apiVersionsRequest(3))
	if _, _, err := producer.read(); err != io.EOF {
		t.Errorf("the connection ended with %v", err)
	}
	producer.Close()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestShutdownGivesUpWhenItsTimeIsOver(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.holding = true
	s, addr := w.open()
	c := dial(t, addr)
	c.send(produceTo(9, "topic", 0, -1, batchOf("a")))
	waitFor(t, "the append", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.posted == 1
	})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); err != context.DeadlineExceeded {
		t.Errorf("got %v, want that the time is over", err)
	}
	c.expectClosed()
	p.letGo() // its answer finds nobody, and gives the frame back
}

func TestPanicClosesItsConnectionOnly(t *testing.T) {
	w := newWorld(t)
	w.topic("topic", 1)
	bad := false
	s, addr := w.open(func(o *Options) {
		o.Log = zerolog.Nop()
		image := o.Image
		o.Directory = panicking{w, &bad}
		o.Image = image
	})
	good := dial(t, addr)
	ask[*kmsg.ApiVersionsResponse](good, apiVersionsRequest(3))
	bad = true
	c := dial(t, addr)
	c.send(fetchFrom(13, "topic", 0, 0))
	c.expectClosed()
	c = dial(t, addr)
	c.send(produceTo(9, "topic", 0, -1, batchOf("a")))
	c.expectClosed()
	ask[*kmsg.ApiVersionsResponse](good, apiVersionsRequest(3))
	waitFor(t, "the budget", func() bool { return s.inFlight.inUse() == 0 })
}

// panicking is a directory that panics when it is bad.
type panicking struct {
	msg.Directory
	bad *bool
}

func (p panicking) Partition(tp msg.TopicPartition) (msg.Partition, bool) {
	if *p.bad {
		panic("the test's own panic")
	}
	return p.Directory.Partition(tp)
}

func TestRequestBeginsWhenTheEarlierOnesAreAnswered(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.holding = true
	_, addr := w.open()
	c := dial(t, addr)
	produce := kmsg.NewRequestFormatter().AppendRequest(nil, produceTo(9, "topic", 0, -1, batchOf("a", "b")), 1)
	list := listAt(5, "topic", 0, -1, latestTimestamp, 0)
	both := append(produce, kmsg.NewRequestFormatter().AppendRequest(nil, list, 2)...)
	if _, err := c.Write(both); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the append", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.posted == 1
	})
	// The next request is in the server's hands already. Nothing tells that it waits; give it the time to go wrong.
	for range 20 {
		ask[*kmsg.ApiVersionsResponse](dial(t, addr), apiVersionsRequest(3))
	}
	p.letGo()
	c.receive()
	_, body := c.receive()
	if got := decodeReply[*kmsg.ListOffsetsResponse](t, list, body).Topics[0].Partitions[0]; got.Offset != 2 {
		t.Errorf("the end is %d, want 2, behind what the request before has written", got.Offset)
	}
}

func TestPlainRequestsAreChargedForWhatTheyBecome(t *testing.T) {
	if n, err := chargeFor(1000, 3, 9); n != 1000*decodeFactor || err != nil {
		t.Errorf("Metadata of 1000 bytes is charged %d (%v)", n, err)
	}
	if n, err := chargeFor(50<<20, 0, 9); n != 50<<20 || err != nil {
		t.Errorf("Produce of 50 MiB is charged %d (%v)", n, err)
	}
	w := newWorld(t)
	w.silent = true
	s, addr := w.open()
	c := dial(t, addr)
	req := metadataOf(9, "made", strings.Repeat("x", 200))
	req.AllowAutoTopicCreation = true
	c.send(req) // waits for the controller
	waitFor(t, "the controller's request", func() bool { return w.requests() == 1 })
	if n := s.inFlight.inUse(); n != 1<<smallestBuffer {
		t.Errorf("%d bytes are held while a decoded request waits, want %d", n, 1<<smallestBuffer)
	}
	c.receive()
}
