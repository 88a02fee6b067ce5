package bus

import (
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
)

func TestANodeDiesAndComesBack(t *testing.T) {
	buses := join(t, 3)
	a, b, c := buses[0], buses[1], buses[2]
	address := c.RoutesAddress()
	c.Close()
	eventually(t, deaf(a, c))
	eventually(t, deaf(b, c))
	if !a.Heard(2) || !b.Heard(1) {
		t.Error("the survivors lost each other")
	}
	o := node(3)
	o.Routes = address
	c = start(t, o)
	eventually(t, hears(a, c))
	eventually(t, hears(c, b))
}

// A node whose subscriptions do not stand yet hears the others, and is not heard.
func TestANodeIsNotHeardBeforeItAnnouncesItself(t *testing.T) {
	a := start(t, node(1))
	b, err := Start(node(2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	peer(t, a, b.RoutesAddress())
	eventually(t, func() bool { return b.Stats().Heard == 1 })
	if a.Stats().Heard != 0 {
		t.Error("it is heard")
	}
	b.Announce()
	b.Announce()
	eventually(t, hears(a, b))
	eventually(t, hears(b, a))
}

// pair starts two nodes whose only wire is a proxy in front of the second.
func pair(t *testing.T) (a, b *Bus, wire *proxy) {
	t.Helper()
	second := node(2)
	b = start(t, second)
	wire = startProxy(t, b.RoutesAddress())
	a = start(t, node(1))
	peer(t, a, wire.address())
	eventually(t, hears(a, b))
	eventually(t, hears(b, a))
	return a, b, wire
}

func TestACutHeals(t *testing.T) {
	a, b, wire := pair(t)
	box := listen(t, b, "troupe.x")
	reaches(t, a, box, "troupe.x")
	wire.setCut(true)
	eventually(t, deaf(a, b))
	eventually(t, deaf(b, a))
	publish(t, a, "troupe.x", "into the void")
	wire.setCut(false)
	eventually(t, hears(a, b))
	eventually(t, hears(b, a))
	publish(t, a, "troupe.x", "back")
	if got := box.next(t); got != "troupe.x back" {
		// What reached's last knocks left behind comes first.
		for got == "troupe.x knock" {
			got = box.next(t)
		}
		if got != "troupe.x back" {
			t.Errorf("heard %q", got)
		}
	}
}

// One direction is silent: the first node hears nothing, and the second, who hears it, is told so in time.
func TestASilenceInOneDirectionIsSilenceInBoth(t *testing.T) {
	a, b, wire := pair(t)
	wire.setQuiet(true)
	eventually(t, deaf(a, b))
	eventually(t, deaf(b, a))
	wire.setQuiet(false)
	eventually(t, hears(a, b))
	eventually(t, hears(b, a))
}

func TestAStrangerIsRefused(t *testing.T) {
	cases := []struct {
		name   string
		change func(o *Options)
		says   string
	}{
		{"another secret", func(o *Options) { o.Secret = "guessed" }, "authentication error"},
		{"another cluster", func(o *Options) { o.Cluster = "garden" }, "does not match"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var log logbook
			home := node(1)
			home.Log = zerolog.New(&log)
			a := start(t, home)
			o := node(2)
			c.change(&o)
			b := start(t, o)
			box := listen(t, a, "troupe.x")
			peer(t, b, a.RoutesAddress())
			eventually(t, log.has(c.says))
			publish(t, b, "troupe.x", "let me in")
			publish(t, a, "troupe.x", "nobody there")
			if got := box.next(t); got != "troupe.x nobody there" {
				t.Errorf("heard %q", got)
			}
			if a.Stats().Routes != 0 || b.Stats().Routes != 0 || a.Heard(2) || b.Heard(1) {
				t.Error("a route is up")
			}
		})
	}
}

// The first and the third node know the second only. The first is told of the third when that joins, and reaches it by the
// address that it advertises: a proxy, as in front of a container. Nobody could dial the first.
func TestAnAdvertisedAddressIsDialled(t *testing.T) {
	b := start(t, node(2))
	first := node(1)
	first.RoutesAdvertise = "127.0.0.1:1"
	a := start(t, first)
	peer(t, a, b.RoutesAddress())
	eventually(t, hears(a, b))
	door := startProxy(t, "")
	third := node(3)
	third.RoutesAdvertise = door.address()
	c := start(t, third)
	door.setTarget(c.RoutesAddress())
	peer(t, c, b.RoutesAddress())
	eventually(t, hears(a, c))
	eventually(t, hears(c, a))
	if door.accepted.Load() == 0 {
		t.Error("nobody came through the advertised address")
	}
}

func TestPeersComeAndGo(t *testing.T) {
	a, b, c := start(t, node(1)), start(t, node(2)), start(t, node(3))
	box := listen(t, a, "troupe.x")
	peer(t, a, b.RoutesAddress(), a.RoutesAddress(), b.RoutesAddress())
	eventually(t, hears(a, b))
	peer(t, a, b.RoutesAddress(), c.RoutesAddress())
	eventually(t, hears(a, c))
	eventually(t, hears(c, b))
	if !a.Heard(2) {
		t.Error("a new peer broke the route to the old one")
	}
	publish(t, a, "troupe.x", "still here")
	if got := box.next(t); got != "troupe.x still here" {
		t.Errorf("heard %q", got)
	}
	peer(t, a)
	eventually(t, routes(a, 0))
	eventually(t, deaf(a, b))
	if err := a.SetPeers([]string{"nowhere"}); err == nil {
		t.Error("an address without a port was taken")
	}
	peer(t, a, c.RoutesAddress())
	eventually(t, hears(a, c))
}

// Of two nodes that name each other one dials at once, and the other only if that has not helped.
func TestWhoDialsFirst(t *testing.T) {
	virtual := clock.NewVirtual(time.Unix(1e9, 0))
	o := node(1)
	o.Clock, o.RoutesAdvertise = virtual, "127.0.0.1:5"
	b := start(t, o)
	dials := func(want ...string) {
		t.Helper()
		if b.peersMu.Lock(); !slices.Equal(b.peers.dialled, want) {
			t.Errorf("it dials %v, want %v", b.peers.dialled, want)
		}
		b.peersMu.Unlock()
	}
	peer(t, b, "127.0.0.1:7", "127.0.0.1:3", o.RoutesAdvertise, "127.0.0.1:7")
	dials("127.0.0.1:7")
	virtual.Advance(dialLater)
	dials("127.0.0.1:3", "127.0.0.1:7")
	peer(t, b, "127.0.0.1:3", "127.0.0.1:4")
	dials("127.0.0.1:3")
	b.Close()
	virtual.Advance(dialLater)
	dials()
	if _, waits := virtual.Next(); waits {
		t.Error("a closed bus still waits for something")
	}
}
