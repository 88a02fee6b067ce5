package node

import (
	"encoding/binary"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/leaders"
	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// leadersSubject is where leaders announce themselves on the bus. A message is the announcing node, 4 bytes, big-endian, and a
// frame of announcements.
const leadersSubject = "troupe.leaders"

const (
	// gatherFor is how long announcements are gathered: the elections after a node's loss come in a burst.
	gatherFor = 2 * time.Millisecond
	// catchUpEvery is how often a peer that missed announcements is told everything.
	catchUpEvery = 250 * time.Millisecond
)

// announcer tells the other nodes what this one leads, and hears what they do. Announcements go over the links and over the bus:
// whatever comes first helps, and either way may lose some. Safe for concurrent use.
type announcer struct {
	node    msg.NodeID
	table   *leaders.Table
	clock   clock.Clock
	log     zerolog.Logger
	send    func(to msg.NodeID, frame []byte) bool
	publish func(subject string, data []byte) error

	mu sync.Mutex
	// news are not announced yet; up are the peers that are linked, true for those that have missed something.
	news     map[msg.TopicPartition]msg.Leadership
	up       map[msg.NodeID]bool
	flushing bool
	catching bool
}

func newAnnouncer(node msg.NodeID, c clock.Clock, log zerolog.Logger) *announcer {
	return &announcer{
		node: node, table: leaders.NewTable(), clock: c, log: log, news: map[msg.TopicPartition]msg.Leadership{}, up: map[msg.NodeID]bool{},
		send: func(msg.NodeID, []byte) bool { return false }, publish: func(string, []byte) error { return nil },
	}
}

// turned is told of every partition here whose leadership has changed, on its step.
func (a *announcer) turned(id msg.TopicPartition, s *msg.State) {
	l := msg.Leadership{Leader: s.Leader, Epoch: s.Epoch, InSync: s.InSync}
	if s.Role != msg.Leader || s.Leader != a.node {
		known, ok := a.table.Get(id)
		if !ok || known.Leader != a.node {
			return
		}
		l = msg.Leadership{Leader: msg.NoNode, Epoch: known.Epoch}
	}
	a.table.Hear(leaders.Announcement{Partition: id, Leadership: l})
	a.mu.Lock()
	defer a.mu.Unlock()
	a.news[id] = l
	if !a.flushing {
		a.flushing = true
		a.clock.AfterFunc(gatherFor, a.flush)
	}
}

// setPublish opens the way over the bus.
func (a *announcer) setPublish(f func(subject string, data []byte) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.publish = f
}

// flush announces the news to everybody.
func (a *announcer) flush() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.flushing = false
	var all []leaders.Announcement
	for id, l := range a.news {
		all = append(all, leaders.Announcement{Partition: id, Leadership: l})
	}
	slices.SortFunc(all, func(a, b leaders.Announcement) int { return a.Partition.Compare(b.Partition) })
	clear(a.news)
	peers := slices.Sorted(maps.Keys(a.up))
	for _, frame := range leaders.Encode(all) {
		for _, peer := range peers {
			if !a.send(peer, frame) {
				a.missed(peer)
			}
		}
		if err := a.publish(leadersSubject, append(binary.BigEndian.AppendUint32(nil, uint32(a.node)), frame...)); err != nil {
			a.log.Debug().Err(err).Msg("leaders are not announced on the bus")
		}
	}
}

// linked tells a peer, when the link to it has come up, everything that is led here.
func (a *announcer) linked(peer msg.NodeID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.up[peer] = false
	a.tellAll(peer)
}

// unlinked is told of the loss of a link.
func (a *announcer) unlinked(peer msg.NodeID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.up, peer)
}

// tellAll tells a peer everything that is led here; mu is held.
func (a *announcer) tellAll(peer msg.NodeID) {
	for _, frame := range leaders.Encode(a.table.LedBy(a.node)) {
		if !a.send(peer, frame) {
			a.missed(peer)
			return
		}
	}
}

// missed has a peer told everything a little later; mu is held.
func (a *announcer) missed(peer msg.NodeID) {
	a.up[peer] = true
	if !a.catching {
		a.catching = true
		a.clock.AfterFunc(catchUpEvery, a.catchUp)
	}
}

func (a *announcer) catchUp() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.catching = false
	for _, peer := range slices.Sorted(maps.Keys(a.up)) {
		if a.up[peer] {
			a.up[peer] = false
			a.tellAll(peer)
		}
	}
}

// hear takes a frame that another node announced.
func (a *announcer) hear(from msg.NodeID, frame []byte) {
	all, err := leaders.Decode(frame)
	if err != nil {
		a.log.Warn().Err(err).Int32("from", from).Msg("a node announced something else than leaders")
		return
	}
	for _, said := range all {
		if said.Leader == from || said.Leader == msg.NoNode {
			a.table.Hear(said)
		}
	}
}

// hearBus takes a message of the bus.
func (a *announcer) hearBus(_ string, data []byte) {
	if len(data) < 4 {
		return
	}
	if from := msg.NodeID(binary.BigEndian.Uint32(data)); from != a.node {
		a.hear(from, data[4:])
	}
}

// sendLeaders sends a frame of announcements over the links.
func sendLeaders(l *link.Links) func(msg.NodeID, []byte) bool {
	return func(to msg.NodeID, frame []byte) bool { return l.Send(to, link.Urgent, link.Leaders, frame) }
}
