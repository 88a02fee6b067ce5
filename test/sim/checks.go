package sim

import (
	"fmt"
	"strings"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal"
)

// checks are the promises, and what they have seen. A view that a partition publishes is looked at as soon as the step that published
// it is over.
type checks struct {
	oneLeader    oneLeader
	oneServes    oneServes
	logsMatch    logsMatch
	committed    committed
	watermark    watermark
	acknowledged acknowledged
	images       images
	// seen are the views that were looked at, by node.
	seen map[msg.NodeID]map[msg.TopicPartition]msg.View
}

func newChecks(c *Cluster) checks {
	k := checks{
		oneLeader: oneLeader{c, map[led]msg.NodeID{}},
		oneServes: oneServes{c},
		logsMatch: logsMatch{c, map[entryAt]uint32{}},
		committed: committed{cluster: c, logs: map[msg.TopicPartition]*agreed{}, at: map[replicaOf]*cursor{}},
		watermark: watermark{c, map[replicaOf]int64{}, map[msg.TopicPartition]told{}},
		seen:      map[msg.NodeID]map[msg.TopicPartition]msg.View{},
	}
	k.acknowledged = acknowledged{cluster: c}
	k.images = images{c, map[int64]uint64{}, map[msg.NodeID]*metadata.Image{}}
	for _, n := range c.nodes {
		k.seen[n.id] = map[msg.TopicPartition]msg.View{}
	}
	return k
}

// replicaOf is a node's replica of a partition.
type replicaOf struct {
	node msg.NodeID
	id   msg.TopicPartition
}

// look looks at what a node's partitions have published since it last did.
func (c *Cluster) look(n *node) {
	c.checks.images.saw(n)
	for _, t := range c.topics {
		for _, id := range t.partitions {
			p, here := n.partition(id)
			if !here {
				continue
			}
			if v := p.View(); v != c.checks.seen[n.id][id] {
				c.checks.seen[n.id][id] = v
				c.published(n, id, v)
			}
		}
	}
}

func (c *Cluster) published(n *node, id msg.TopicPartition, v msg.View) {
	s := v.State()
	c.trace.event(c.Now(), 'v', int64(n.id), int64(id.Partition), int64(s.Role), int64(s.Leader), int64(s.Epoch), s.HighWatermark, s.LogEnd)
	at := replicaOf{n.id, id}
	if s.Err != nil {
		c.trace.line(c.Now(), "node %d: partition %s: %v", n.id, id, s.Err)
		c.checks.watermark.reopened(at)
		c.checks.committed.reopened(at)
		return
	}
	c.checks.oneLeader.saw(n, id, s)
	c.checks.oneServes.saw(n, id, s)
	c.checks.watermark.saw(at, s)
	c.checks.committed.saw(at, v)
}

// wrote is told of every entry that is written to a log.
func (c *Cluster) wrote(l *memLog, index uint64, f wal.Frame) { c.checks.logsMatch.wrote(l, index, f) }

// forget drops what was known of a process that has ended.
func (c *Cluster) forget(n *node) {
	clear(c.checks.seen[n.id])
	c.checks.images.reopened(n)
	for _, t := range c.topics {
		for _, id := range t.partitions {
			at := replicaOf{n.id, id}
			c.checks.watermark.reopened(at)
			c.checks.committed.reopened(at)
		}
	}
}

// Violation is a promise that did not hold.
type Violation struct {
	Seed    uint64
	Checker string
	What    string
}

func (v *Violation) Error() string { return fmt.Sprintf("seed %d: %s: %s", v.Seed, v.Checker, v.What) }

// violated ends the run.
func (c *Cluster) violated(checker, format string, args ...any) {
	if c.broken == nil {
		c.broken = &Violation{c.o.seed, checker, fmt.Sprintf(format, args...)}
		c.trace.line(c.Now(), "BROKEN %s: %s", checker, fmt.Sprintf(format, args...))
	}
}

// Broken is the promise that did not hold, nil while all do.
func (c *Cluster) Broken() error { return c.broken }

// shownLines is how much of the trace a failure shows.
const shownLines = 60

// Check ends all faults and all work, sees everything heal, and fails the test if any promise was broken.
func (c *Cluster) Check() {
	c.t.Helper()
	if err := c.Verify(); err != nil {
		lines := c.trace.lines
		lines = lines[max(0, len(lines)-shownLines):]
		c.t.Fatalf("%v\n\nthe last of what happened:\n%s\n\nreplay it with: go test ./test/sim -run TestSeeds -sim.seed=%d -v", err, strings.Join(lines, "\n"), c.o.seed)
	}
}

// Verify is Check for those who have no test: it returns what was broken.
func (c *Cluster) Verify() error {
	c.clients.quiet, c.healed = true, true
	c.Heal()
	c.heals()
	if c.broken == nil {
		c.checks.acknowledged.all()
	}
	return c.broken
}
