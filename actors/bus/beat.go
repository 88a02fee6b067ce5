package bus

import (
	"strconv"
	"strings"
	"time"

	"github.com/seed-e634fa49/troupe/actors/bus/presence"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

const (
	presenceSubject = "troupe.presence."
	// beatEvery is how often a node says that it is there.
	beatEvery = 250 * time.Millisecond
	// beatSoon is the same while a route is new, or hurriedBeats long when peers were named.
	beatSoon     = 20 * time.Millisecond
	hurriedBeats = 25
)

// Announce makes this node heard, from now on: once its own subscriptions stand, so that whoever hears it can rely on being
// heard. Until then the others know nothing of it here.
func (b *Bus) Announce() {
	b.mu.Lock()
	first := !b.announced
	b.announced = true
	b.mu.Unlock()
	if first {
		b.beat()
	}
}

// beat says that this node is there, and has itself called again.
func (b *Bus) beat() {
	heard := b.sayPresence()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	pause := beatEvery
	if b.hurry > 0 || b.server.NumRoutes() > heard {
		pause = beatSoon
	}
	b.hurry = max(0, b.hurry-1)
	b.nextBeat = b.clock.AfterFunc(pause, b.beat)
}

// hurryBeats has the next beats follow soon: a route is about to be there.
func (b *Bus) hurryBeats() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hurry = hurriedBeats
	if b.nextBeat != nil && b.nextBeat.Stop() && !b.closed {
		b.nextBeat = b.clock.AfterFunc(beatSoon, b.beat)
	}
}

// sayPresence publishes one beat, and returns how many nodes are heard. One that can't be published is like one that was
// lost: others miss it.
func (b *Bus) sayPresence() int {
	b.mu.Lock()
	hears := b.presence.Hears(b.clock.Now())
	b.mu.Unlock()
	if err := b.Publish(b.presenceSubject, presence.Encode(hears)); err != nil {
		b.options.Log.Debug().Err(err).Msg("this node's presence could not be told")
	}
	return len(hears)
}

func (b *Bus) beatHeard(subject string, data []byte) {
	from, err := strconv.ParseInt(strings.TrimPrefix(subject, presenceSubject), 10, 32)
	hears, ok := presence.Decode(data)
	if err != nil || !ok {
		b.options.Log.Debug().Str("subject", subject).Int("bytes", len(data)).Msg("a beat that this node can't read; does another version run there?")
		return
	}
	b.mu.Lock()
	reply := b.presence.Beat(msg.NodeID(from), hears, b.clock.Now()) && b.announced
	b.mu.Unlock()
	if reply {
		b.sayPresence()
	}
}

// Heard reports whether this node and the other have heard each other within the last second. It does not speak of the node
// itself.
func (b *Bus) Heard(node msg.NodeID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.presence.Heard(node, b.clock.Now())
}
