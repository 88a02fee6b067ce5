package partitions

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// queue is what was taken and not yet proposed, oldest first.
type queue struct {
	appends []*msg.Append
	head    int
}

func (q *queue) push(a *msg.Append)     { q.appends = append(q.appends, a) }
func (q *queue) waiting() []*msg.Append { return q.appends[q.head:] }

func (q *queue) pop(n int) {
	clear(q.appends[q.head : q.head+n])
	q.head += n
	if q.head == len(q.appends) {
		q.appends, q.head = q.appends[:0], 0
	}
}

// Append takes a request. It is proposed, or refused, by the next Propose.
func (c *Core) Append(a *msg.Append) { c.queue.push(a) }

// CanPropose reports whether something waits, not too much is under way, and leadership is not.
func (c *Core) CanPropose() bool {
	return len(c.queue.waiting()) > 0 && c.flights.bytes < flightTarget && c.transfer.to == 0
}

// Propose proposes what waits, or as much of it as one frame takes. It is called when no more requests are at hand. One frame
// at a time is what the log writes without copying.
func (c *Core) Propose(now time.Time) {
	if !c.CanPropose() {
		return
	}
	n, size := gather(c.queue.waiting())
	c.proposeGroup(c.queue.waiting()[:n], size, now)
	c.queue.pop(n)
}

// gather counts the requests that one frame takes: the first, and as many more as fit.
func gather(waiting []*msg.Append) (n, size int) {
	for _, a := range waiting {
		b := a.Bytes()
		if n > 0 && size+b > frameTarget {
			break
		}
		n, size = n+1, size+b
	}
	return n, size
}

// proposeGroup proposes one frame with the batches of those requests of a group that may be appended, and decides about
// the others. size is what their batches take together.
func (c *Core) proposeGroup(group []*msg.Append, size int, now time.Time) {
	d := draft{core: c, frame: c.Frames.Take(size), base: c.next, maxTimestamp: -1, now: now.UnixMilli()}
	d.flight = c.flights.push(c.last+1, c.term)
	for _, a := range group {
		switch verdict, err := c.admit(a, d.now, now); {
		case err != nil:
			c.refuse(a, err)
		case verdict != nil:
			c.repeat(a, verdict)
		default:
			d.place(a)
		}
	}
	if len(d.frame) == wal.FrameHeader {
		c.Frames.Give(d.frame)
		c.flights.unpush()
		return
	}
	d.frame.Seal(wal.KindRecords, c.term, d.base, uint32(c.next-d.base), d.maxTimestamp)
	d.flight.frame = d.frame
	c.flights.bytes += len(d.frame)
	// Raft would copy the frame. It is proposed without, and put into the entry in Ready, before anybody reads it.
	if err := c.rn.Propose(nil); err != nil {
		d.withdraw(err)
		return
	}
	c.last++
}

// draft is a frame in the making.
type draft struct {
	core         *Core
	frame        wal.Frame
	flight       *flight
	base         int64 // of the frame
	maxTimestamp int64
	now          int64 // milliseconds
	written      []*msg.Append
}

// place copies a request's batches into the frame, and gives them their offsets and the leader epoch.
func (d *draft) place(a *msg.Append) {
	c := d.core
	a.Base, a.AppendTime, a.Err = c.next, -1, nil
	for _, b := range a.Batches {
		at := len(d.frame)
		d.frame = append(d.frame, b...)
		own := record.Batch(d.frame[at:])
		own.Stamp(c.next, c.Epoch())
		if c.Config.LogAppendTime {
			own.StampAppendTime(d.now)
			a.AppendTime = d.now
		}
		if idempotent(own) {
			c.producers.propose(own, d.flight.index, d.now)
		}
		c.next = own.LastOffset() + 1
		d.maxTimestamp = max(d.maxTimestamp, own.MaxTimestamp())
	}
	switch a.Acks {
	case -1:
		d.flight.appends = append(d.flight.appends, a)
	case 1:
		d.written = append(d.written, a)
		c.unwritten = append(c.unwritten, a)
	default:
		c.succeed(a)
	}
}

// withdraw takes back a frame that raft has not taken, as it does while leadership moves: offsets are used again, and
// producers are where they were.
func (d *draft) withdraw(err error) {
	c := d.core
	refusal := msg.Errorf(kerr.NotLeaderForPartition, "appending to partition %s of %s: %v; look up its leader and try again", c.ID, c.Topic, err)
	for _, a := range append(d.flight.appends, d.written...) {
		c.refuse(a, refusal)
	}
	c.unwritten = c.unwritten[:len(c.unwritten)-len(d.written)]
	c.flights.unpush()
	c.next = d.base
	c.producers.rollback()
	for _, f := range c.flights.all() {
		// The frames are our own: they hold whole batches.
		_ = batchesOf(f.frame, func(b record.Batch) {
			if idempotent(b) {
				c.producers.propose(b, f.index, d.now)
			}
		})
	}
}

// idempotent reports whether a batch has sequence numbers to check.
func idempotent(b record.Batch) bool { return b.ProducerID() >= 0 && !b.Control() }

// admit decides about a request: err is why it is refused, dup the batch that it repeats; else it is to be appended.
func (c *Core) admit(a *msg.Append, ms int64, now time.Time) (dup *producedBatch, err error) {
	if err := c.mayLead(a.LeaderEpoch, "appending"); err != nil {
		return nil, err
	}
	if c.overdue(now) {
		return nil, msg.Errorf(kerr.NotLeaderForPartition, "appending to partition %s of %s: this replica has not heard a majority of its group lately, and another may lead it; nothing was appended, try again",
			c.ID, c.Topic)
	}
	if a.Acks == -1 {
		if n, want := c.countInSync(now), c.Config.MinInsyncReplicas; n < want {
			return nil, msg.Errorf(kerr.NotEnoughReplicas, "appending to partition %s of %s: %d replicas are in sync, min.insync.replicas is %d; nothing was appended",
				c.ID, c.Topic, n, want)
		}
	}
	for _, b := range a.Batches {
		if !idempotent(b) {
			continue
		}
		if len(a.Batches) > 1 {
			return nil, msg.Errorf(kerr.InvalidRecord, "appending to partition %s of %s: %d batches came where a batch with a producer id must come alone",
				c.ID, c.Topic, len(a.Batches))
		}
		if dup, err = c.producers.check(b, ms); dup != nil || err != nil {
			return dup, err
		}
	}
	if c.Room != nil {
		if err := c.Room(a.Bytes()); err != nil {
			return nil, msg.Errorf(kerr.KafkaStorageError, "appending to partition %s of %s: %v; nothing was appended", c.ID, c.Topic, err)
		}
	}
	return nil, nil
}

// mayLead is nil at a leader whose epoch is the one that was asked for, or -1.
func (c *Core) mayLead(epoch int32, doing string) error {
	switch {
	case c.damage != nil:
		return c.damage
	case epoch >= 0 && epoch < c.Epoch():
		return msg.Errorf(kerr.FencedLeaderEpoch, "%s to partition %s of %s: leader epoch %d is over, now it is %d; refresh the metadata", doing, c.ID, c.Topic, epoch, c.Epoch())
	case epoch > c.Epoch():
		return msg.Errorf(kerr.UnknownLeaderEpoch, "%s to partition %s of %s: leader epoch %d is not known here yet, now it is %d; try again", doing, c.ID, c.Topic, epoch, c.Epoch())
	case !c.Leads():
		return msg.Errorf(kerr.NotLeaderForPartition, "%s to partition %s of %s: this replica does not lead it; look up its leader and try again", doing, c.ID, c.Topic)
	}
	return nil
}

// repeat answers a request whose batch was appended before: with success and the original offset, once that is committed
// if the request asks for it.
func (c *Core) repeat(a *msg.Append, dup *producedBatch) {
	a.Base, a.AppendTime, a.Err = dup.base, -1, nil
	if c.Config.LogAppendTime {
		a.AppendTime = dup.timestamp
	}
	if f := c.flights.find(dup.index); f != nil && a.Acks == -1 {
		f.appends = append(f.appends, a)
		return
	}
	c.succeed(a)
}
