package group

import "github.com/seed-e634fa49/troupe/wal/record"

// A log that is never compacted would grow with every commit. So when it holds several times what lives in it, the coordinator
// writes everything that lives once more at the tail, group by group between its other records, and then has the log begin
// where that began. What changes meanwhile is behind that point too, so nothing is lost, and a reader finds the last word on
// every key.
const (
	// leastRewrite is the size below which a log is left alone.
	leastRewrite = 16 << 20
	// rewriteFactor is how much larger than what lives in it a log may be.
	rewriteFactor = 4
	// rewriteStep is about how much is written again at a time.
	rewriteStep = 256 << 10
)

// rewrite is how far the log has grown, and a rewriting under way.
type rewrite struct {
	// written is the bytes of records since the log's start, live those of what lived when that was last known.
	written, live int
	loadedRecords int
	// left are the groups that are to be written again, and places the offsets of the first of them that are; began says that
	// its members are written. Nil and false while nothing is under way.
	left   []string
	places []place
	began  bool
	// rewritten is how much was.
	rewritten int
}

// sizeOf is what a record takes in a batch, about.
func sizeOf(r record.Record) int { return len(r.Key) + len(r.Value) + 12 }

// wrote counts a record.
func (w *rewrite) wrote(r record.Record) { w.written += sizeOf(r) }

// bloated reports that it is time to begin a rewriting.
func (w *rewrite) bloated() bool {
	return w.left == nil && w.written > leastRewrite && w.written > rewriteFactor*w.live
}

// estimateLive guesses how much of the log that was loaded lives.
func (c *core) estimateLive() {
	if c.loadedRecords == 0 {
		return
	}
	keys := 0
	for _, g := range c.groups {
		keys += 1 + g.offsets.count()
		if g.consumer != nil {
			keys += 3 * len(g.consumer.members.list)
		}
	}
	c.live = keys * (c.written / c.loadedRecords)
}

// beginRewrite starts a rewriting: everything that is written from now on makes up the new log.
func (c *core) beginRewrite() {
	c.left = []string{}
	for _, g := range c.sorted() {
		c.left = append(c.left, g.id)
	}
	c.written, c.rewritten = 0, 0
}

// rewriteSome writes the next part again, and reports whether that was the last. A group in the middle of a rebalance is left
// for later, as what the log is to say of it is how it stood before.
func (c *core) rewriteSome() (done bool) {
	before := c.written
	for skipped := 0; len(c.left) > 0; {
		if c.written-before > rewriteStep || skipped == len(c.left) {
			c.rewritten += c.written - before
			return false
		}
		if first := c.left[0]; !c.began && c.unsettled(first) {
			c.left = append(c.left[1:], first)
			skipped++
			continue
		}
		skipped = 0
		c.rewriteNext()
	}
	c.rewritten += c.written - before
	c.left, c.live = nil, c.rewritten
	return true
}

func (c *core) unsettled(id string) bool {
	g := c.classicGroup(id)
	return g != nil && (g.classic.state == preparing || g.classic.state == completing)
}

// rewriteNext writes a piece of the first group that is left.
func (c *core) rewriteNext() {
	g, alive := c.groups[c.left[0]]
	if !alive {
		c.left, c.places, c.began = c.left[1:], nil, false
		return
	}
	if !c.began {
		c.rewriteMembers(g)
		c.places, c.began = g.offsets.places(nil), true
	}
	const most = 1000
	n := min(most, len(c.places))
	for _, at := range c.places[:n] {
		if v, still := g.offsets.get(at); still {
			c.write(offsetRecord(g.id, at, v))
		}
	}
	if c.places = c.places[n:]; len(c.places) == 0 {
		c.left, c.places, c.began = c.left[1:], nil, false
	}
}

func (c *core) rewriteMembers(g *group) {
	if g.consumer != nil {
		c.rewriteConsumer(g)
		return
	}
	if g.classic.written {
		c.write(classicRecord(g))
	}
}
