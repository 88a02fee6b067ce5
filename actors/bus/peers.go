package bus

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/seed-e634fa49/troupe/actors/clock"
)

// dialLater is how long a node waits before it dials those that are expected to dial it. Two servers that dial each other at
// once may each keep the connection that the other gives up, lose both, and try again only after a second.
const dialLater = time.Second

// peers are the other nodes' routes doors. It is guarded by its own mutex (Bus.peersMu), held while the server changes its routes.
type peers struct {
	// named are all of them, sorted.
	named []string
	// dialled are those that the server was told to dial, sorted: some of named.
	dialled []string
	// rest is when the others are dialled too, nil if there are none.
	rest clock.Timer
}

// SetPeers says where other nodes' routes doors are, as they advertise them. The server dials them, and dials again for ever
// when a route is lost: those whose address sorts behind this node's own at once, as the others do the same, the rest a
// second later. One address is enough to reach all, as servers tell each other of third ones. A route that this node dialled
// is closed when its address is no longer named; one that the other dialled is the other's to close. Without a routes door
// nothing is dialled.
func (b *Bus) SetPeers(routes []string) error {
	own := b.RoutesAddress()
	if own == "" {
		return nil
	}
	named, err := b.named(routes, own)
	if err != nil {
		return err
	}
	if b.options.RoutesAdvertise != "" {
		own = b.options.RoutesAdvertise
	}
	b.peersMu.Lock()
	defer b.peersMu.Unlock()
	if slices.Equal(named, b.peers.named) {
		return nil
	}
	first := slices.DeleteFunc(slices.Clone(named), func(address string) bool {
		return address < own && !slices.Contains(b.peers.dialled, address)
	})
	if err := b.dial(first); err != nil {
		return err
	}
	b.peers.named = named
	b.restLater()
	b.hurryBeats()
	return nil
}

// named sorts out the addresses: each once, and not this node's own.
func (b *Bus) named(routes []string, own string) ([]string, error) {
	var named []string
	for _, address := range routes {
		if _, _, err := splitAddress(address); err != nil {
			return nil, fmt.Errorf("changing the bus's routes: %w", err)
		}
		if address != own && address != b.options.Routes && address != b.options.RoutesAdvertise {
			named = append(named, address)
		}
	}
	slices.Sort(named)
	return slices.Compact(named), nil
}

// dial has the server dial these addresses and no others. peersMu is held.
func (b *Bus) dial(addresses []string) error {
	if slices.Equal(addresses, b.peers.dialled) {
		return nil
	}
	options, err := serverOptions(b.options)
	if err != nil {
		return err
	}
	options.Routes = make([]*url.URL, len(addresses))
	for i, address := range addresses {
		options.Routes[i] = routeURL(address, b.options.Secret)
	}
	if err := b.server.ReloadOptions(options); err != nil {
		return fmt.Errorf("changing the bus's routes to %v: %w", addresses, err)
	}
	b.peers.dialled = addresses
	return nil
}

// restLater has those dialled that should have dialled this node by then; a route that is there already stays. peersMu is held.
func (b *Bus) restLater() {
	if b.peers.rest != nil {
		b.peers.rest.Stop()
		b.peers.rest = nil
	}
	if len(b.peers.dialled) < len(b.peers.named) {
		b.peers.rest = b.clock.AfterFunc(dialLater, b.dialRest)
	}
}

func (b *Bus) dialRest() {
	b.peersMu.Lock()
	defer b.peersMu.Unlock()
	if b.left() {
		return
	}
	if err := b.dial(b.peers.named); err != nil {
		b.options.Log.Warn().Err(err).Msg("some nodes may be missing on the bus; it goes on over the peer links")
	}
	b.hurryBeats()
}

// forgetPeers lets nothing be dialled any more.
func (b *Bus) forgetPeers() {
	b.peersMu.Lock()
	defer b.peersMu.Unlock()
	b.peers.named, b.peers.dialled = nil, nil
	b.restLater()
}

// left reports whether Close was called.
func (b *Bus) left() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}
