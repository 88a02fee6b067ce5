package leaders

import (
	"slices"
	"sync"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Announcement says who leads a partition. Only the leader announces itself; a leader that has stepped down announces
// NoNode in the epoch that it led.
type Announcement struct {
	Partition msg.TopicPartition
	msg.Leadership
}

// Table is the latest announcement of each partition. Safe for concurrent use.
type Table struct {
	mu    sync.RWMutex
	known map[msg.TopicPartition]msg.Leadership
}

// NewTable makes a table that knows nothing.
func NewTable() *Table { return &Table{known: map[msg.TopicPartition]msg.Leadership{}} }

// Hear takes an announcement, unless it is older than what is known. Announcements of one epoch come from one node, in order, so
// the later one replaces the earlier.
func (t *Table) Hear(a Announcement) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.known[a.Partition]; ok && a.Epoch < known.Epoch {
		return
	}
	t.known[a.Partition] = a.Leadership
}

// Get is what is known of a partition.
func (t *Table) Get(id msg.TopicPartition) (msg.Leadership, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	l, ok := t.known[id]
	if !ok {
		l.Leader = msg.NoNode
	}
	return l, ok
}

// LedBy lists what a node leads, by topic id and number.
func (t *Table) LedBy(node msg.NodeID) []Announcement {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var led []Announcement
	for id, l := range t.known {
		if l.Leader == node {
			led = append(led, Announcement{id, l})
		}
	}
	slices.SortFunc(led, func(a, b Announcement) int { return a.Partition.Compare(b.Partition) })
	return led
}

// Forget drops a topic that was deleted.
func (t *Table) Forget(topic msg.TopicID, partitions int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for p := range partitions {
		delete(t.known, msg.TopicPartition{Topic: topic, Partition: int32(p)})
	}
}
