package partitions

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// flight is a frame that is proposed and not yet committed, with the requests that wait for that.
type flight struct {
	index uint64
	// term is the one in which the frame was proposed. Only if the committed entry at index has it is the frame the one that
	// was committed.
	term    uint64
	frame   wal.Frame
	appends []*msg.Append
}

// flights are in the order of their indexes.
type flights struct {
	list  []*flight
	bytes int // of their frames
	spare []*flight
}

func (q *flights) all() []*flight { return q.list }

func (q *flights) push(index, term uint64) *flight {
	var f *flight
	if n := len(q.spare); n > 0 {
		f, q.spare = q.spare[n-1], q.spare[:n-1]
	} else {
		f = &flight{}
	}
	f.index, f.term = index, term
	q.list = append(q.list, f)
	return f
}

// unpush removes the newest one.
func (q *flights) unpush() {
	n := len(q.list) - 1
	q.free(q.list[n])
	q.list[n] = nil
	q.list = q.list[:n]
}

// pop removes the n oldest ones.
func (q *flights) pop(n int) {
	for _, f := range q.list[:n] {
		q.free(f)
	}
	left := copy(q.list, q.list[n:])
	clear(q.list[left:])
	q.list = q.list[:left]
}

const keptFlights = 16

func (q *flights) free(f *flight) {
	q.bytes -= len(f.frame)
	if len(q.spare) < keptFlights {
		clear(f.appends)
		*f = flight{appends: f.appends[:0]}
		q.spare = append(q.spare, f)
	}
}

// find returns the flight at index, nil if there is none.
func (q *flights) find(index uint64) *flight {
	if len(q.list) == 0 || index < q.list[0].index || index > q.list[len(q.list)-1].index {
		return nil
	}
	for i := len(q.list) - 1; i >= 0; i-- {
		if q.list[i].index == index {
			return q.list[i]
		}
	}
	return nil
}

// answer is a request that is decided.
type answer struct {
	append   *msg.Append
	lower    *msg.DeleteRecords
	transfer *msg.Transfer
	low      int64
	err      error
}

// Answer completes, through their sinks, the requests decided since the last call. It is called after the view is
// published, so that whoever gets an answer can read what it speaks of.
func (c *Core) Answer() {
	for i, a := range c.answers {
		c.answers[i] = answer{}
		switch {
		case a.append != nil:
			a.append.Answer()
		case a.lower != nil:
			a.lower.Answer(a.low, a.err)
		default:
			a.transfer.Answer(a.err)
		}
	}
	c.answers = c.answers[:0]
}

func (c *Core) succeed(a *msg.Append) {
	a.LogStart = c.logStart
	c.answers = append(c.answers, answer{append: a})
}

func (c *Core) refuse(a *msg.Append, err error) {
	a.Base, a.AppendTime, a.LogStart, a.Err = -1, -1, -1, err
	c.answers = append(c.answers, answer{append: a})
}

// land answers what was waiting for the entries up to the commit index.
func (c *Core) land(enough bool) {
	n := 0
	for _, f := range c.flights.all() {
		if f.index > c.commit {
			break
		}
		term, err := c.store.Term(f.index)
		for _, a := range f.appends {
			switch {
			case err != nil || term != f.term:
				c.refuse(a, c.replaced())
			case !enough:
				c.refuse(a, msg.Errorf(kerr.NotEnoughReplicasAfterAppend, "appending to partition %s of %s: it is appended and committed, but fewer than min.insync.replicas are in sync now",
					c.ID, c.Topic))
			default:
				c.succeed(a)
			}
		}
		n++
	}
	if n > 0 {
		c.flights.pop(n)
	}
}

func (c *Core) replaced() error {
	return msg.Errorf(kerr.NotLeaderForPartition, "appending to partition %s of %s: another leader's entry came in its place, so it was not appended; look up the leader and try again",
		c.ID, c.Topic)
}

// Abort answers everything that is under way with err: the replica is about to be closed.
func (c *Core) Abort(err error) {
	c.ground(err)
	for _, a := range c.queue.waiting() {
		c.refuse(a, err)
	}
	c.queue = queue{}
	c.refuseTransfers(err)
}

// ground answers what is proposed and not committed with err, and takes the producers back to what is.
func (c *Core) ground(err error) {
	for _, f := range c.flights.all() {
		for _, a := range f.appends {
			c.refuse(a, err)
		}
	}
	c.flights.pop(len(c.flights.all()))
	for _, a := range c.unwritten {
		c.refuse(a, err)
	}
	c.unwritten = c.unwritten[:0]
	for _, l := range c.lowerings {
		c.answerLowering(l.request, -1, err)
	}
	c.lowerings = nil
	c.producers.rollback()
}

// Busy reports whether a request waits for an answer.
func (c *Core) Busy() bool {
	return len(c.queue.waiting())+len(c.flights.all())+len(c.unwritten)+len(c.lowerings)+len(c.answers)+len(c.transfer.asked) > 0
}
