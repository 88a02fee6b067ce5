package presence

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

const (
	// within is how long a beat counts.
	within = time.Second
	// maxHeard bounds the nodes that are kept in mind.
	maxHeard = 4096
)

// Presence is who has been heard. It is a core: beats and the time go in.
type Presence struct {
	self msg.NodeID
	seen map[msg.NodeID]sighting
}

// sighting is the last beat of a node.
type sighting struct {
	at time.Time
	// hearsUs: the node said that it hears this one. A cut can be one way.
	hearsUs bool
}

// New has heard nobody yet.
func New(self msg.NodeID) *Presence {
	return &Presence{self: self, seen: map[msg.NodeID]sighting{}}
}

// Beat takes a node's beat, and reports whether the node was not heard before: then it should be told at once that it is.
func (p *Presence) Beat(from msg.NodeID, hears []msg.NodeID, now time.Time) (fresh bool) {
	last, known := p.seen[from]
	if from == p.self || !known && len(p.seen) == maxHeard {
		return false
	}
	p.seen[from] = sighting{at: now, hearsUs: slices.Contains(hears, p.self)}
	return !known || !last.counts(now)
}

func (s sighting) counts(now time.Time) bool { return now.Sub(s.at) <= within }

// Heard reports whether the two nodes hear each other.
func (p *Presence) Heard(node msg.NodeID, now time.Time) bool {
	s, known := p.seen[node]
	return known && s.hearsUs && s.counts(now)
}

// Hears lists the nodes that are heard, sorted, and forgets the others.
func (p *Presence) Hears(now time.Time) []msg.NodeID {
	nodes := make([]msg.NodeID, 0, len(p.seen))
	for node, s := range p.seen {
		if s.counts(now) {
			nodes = append(nodes, node)
		} else {
			delete(p.seen, node)
		}
	}
	slices.Sort(nodes)
	return nodes
}

// A beat names the nodes that its sender hears, sorted, each in four bytes, big endian:
//
//	0        4        8
//	+--------+--------+ ...
//	| node   | node   |
//	+--------+--------+ ...

// Encode makes the beat of a node that hears these.
func Encode(hears []msg.NodeID) []byte {
	data := make([]byte, 0, 4*len(hears))
	for _, node := range hears {
		data = binary.BigEndian.AppendUint32(data, uint32(node))
	}
	return data
}

// Decode reads a beat, and reports false for what is none.
func Decode(data []byte) ([]msg.NodeID, bool) {
	if len(data)%4 != 0 || len(data) > 4*maxHeard {
		return nil, false
	}
	hears := make([]msg.NodeID, 0, len(data)/4)
	for ; len(data) > 0; data = data[4:] {
		hears = append(hears, msg.NodeID(binary.BigEndian.Uint32(data)))
	}
	return hears, true
}
