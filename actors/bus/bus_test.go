package bus

import (
	"net"
	"strings"
	"testing"
	"time"
)

func TestWhatOnePublishesAllHear(t *testing.T) {
	began := time.Now()
	buses := join(t, 3)
	t.Logf("three nodes heard each other after %v", time.Since(began))
	var boxes []inbox
	for _, b := range buses {
		boxes = append(boxes, listen(t, b, "troupe.news.*"))
	}
	for i, box := range boxes {
		reaches(t, buses[(i+1)%3], box, "troupe.news.knock")
	}
	for _, box := range boxes {
		for len(box) > 0 {
			<-box
		}
	}
	publish(t, buses[1], "troupe.news.a", "one")
	publish(t, buses[1], "troupe.news.a", "two")
	publish(t, buses[1], "troupe.olds.a", "never")
	publish(t, buses[1], "troupe.news.b", "three")
	for i, box := range boxes {
		for _, want := range []string{"troupe.news.a one", "troupe.news.a two", "troupe.news.b three"} {
			got := box.next(t)
			for strings.HasSuffix(got, "knock") { // still under way when the box was emptied
				got = box.next(t)
			}
			if got != want {
				t.Errorf("node %d was told %q, want %q", i+1, got, want)
			}
		}
	}
}

func TestABusOfOne(t *testing.T) {
	o := node(1)
	o.Routes, o.Secret = "", ""
	b := start(t, o)
	box := listen(t, b, "troupe.x")
	publish(t, b, "troupe.x", "hello")
	if got := box.next(t); got != "troupe.x hello" {
		t.Errorf("heard %q", got)
	}
	if b.RoutesAddress() != "" || b.ClientsAddress() != "" {
		t.Errorf("a door is open: %q %q", b.RoutesAddress(), b.ClientsAddress())
	}
	peer(t, b, "127.0.0.1:1")
	if b.Heard(1) {
		t.Error("a node hears itself")
	}
}

func TestSubjectsOfTheBusOnly(t *testing.T) {
	b := start(t, node(1))
	for _, subject := range []string{"", "orders", "troup.x", "$SYS.x", ">", "*.x"} {
		if b.Publish(subject, nil) == nil {
			t.Errorf("published on %q", subject)
		}
		if b.Subscribe(subject, func(string, []byte) {}) == nil {
			t.Errorf("subscribed to %q", subject)
		}
	}
}

func TestAMessageThatIsTooLargeIsNotSent(t *testing.T) {
	b := start(t, node(1))
	box := listen(t, b, "troupe.x")
	if err := b.Publish("troupe.x", make([]byte, maxPayload+1)); err == nil {
		t.Error("it was taken")
	}
	publish(t, b, "troupe.x", "small")
	if got := box.next(t); got != "troupe.x small" {
		t.Errorf("heard %.40q", got)
	}
}

func TestAClosedBusSaysSo(t *testing.T) {
	b := start(t, node(1))
	b.Close()
	b.Close()
	if b.Publish("troupe.x", nil) == nil {
		t.Error("published on a closed bus")
	}
	if b.Subscribe("troupe.x", func(string, []byte) {}) == nil {
		t.Error("subscribed to a closed bus")
	}
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	before, _ := ours()
	buses := join(t, 3)
	listen(t, buses[0], "troupe.x")
	if during, _ := ours(); during == before {
		t.Fatal("goroutines are not counted")
	}
	for _, b := range buses {
		b.Close()
	}
	var n int
	var stacks string
	defer func() {
		if t.Failed() {
			t.Logf("%d goroutines, %d before:\n%s", n, before, stacks)
		}
	}()
	eventually(t, func() bool { n, stacks = ours(); return n <= before })
}

func TestNothingIsDeliveredAfterClose(t *testing.T) {
	b := start(t, node(1))
	entered, leave := make(chan bool), make(chan bool)
	if err := b.Subscribe("troupe.x", func(string, []byte) { entered <- true; <-leave }); err != nil {
		t.Fatal(err)
	}
	publish(t, b, "troupe.x", "")
	<-entered
	closed := make(chan bool)
	go func() { b.Close(); close(closed) }()
	eventually(t, b.conn.IsClosed)
	select {
	case <-closed:
		t.Error("Close returned while a subscriber's function ran")
	default:
	}
	close(leave)
	<-closed
}

func TestASlowSubscriberLosesAndHoldsUpNobody(t *testing.T) {
	b := start(t, node(1))
	free := make(chan bool)
	if err := b.Subscribe("troupe.x", func(string, []byte) { <-free }); err != nil {
		t.Fatal(err)
	}
	defer close(free)
	quick := make(chan string, 1)
	if err := b.Subscribe("troupe.x", func(_ string, data []byte) {
		if string(data) == "last" {
			quick <- "last"
		}
	}); err != nil {
		t.Fatal(err)
	}
	publish(t, b, "troupe.x", "first")
	for range 2 * pendingMessages {
		publish(t, b, "troupe.x", "")
	}
	publish(t, b, "troupe.x", "last")
	inbox(quick).next(t)
	// One is in the slow one's hand, the queue is full, the rest was dropped.
	eventually(t, func() bool { return b.Stats().Dropped >= pendingMessages })
}

func TestOptionsThatMakeNoBus(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cases := []struct {
		name   string
		change func(o *Options)
		says   string
	}{
		{"no cluster", func(o *Options) { o.Cluster = "" }, "cluster's id"},
		{"no secret", func(o *Options) { o.Secret = "" }, "secret"},
		{"no port", func(o *Options) { o.Routes = "127.0.0.1" }, "HOST:PORT"},
		{"a large port", func(o *Options) { o.Clients = "127.0.0.1:65536" }, "65535"},
		{"a named port", func(o *Options) { o.RoutesAdvertise = "host:kafka" }, "65535"},
		{"routes door taken", func(o *Options) { o.Routes = taken.Addr().String() }, "address already in use"},
		{"clients door taken", func(o *Options) { o.Clients = taken.Addr().String() }, "address already in use"},
	}
	before, _ := ours()
	for _, c := range cases {
		o := node(7)
		c.change(&o)
		b, err := Start(o)
		if err == nil {
			b.Close()
			t.Errorf("%s: it started", c.name)
			continue
		}
		if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "node 7") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	eventually(t, func() bool { n, _ := ours(); return n <= before })
}

func BenchmarkPublish(b *testing.B) {
	bus, err := Start(Options{Node: 1, Cluster: "house"})
	if err != nil {
		b.Fatal(err)
	}
	defer bus.Close()
	data := make([]byte, 200)
	b.ReportAllocs()
	for b.Loop() {
		if err := bus.Publish("troupe.x", data); err != nil {
			b.Fatal(err)
		}
	}
}
