package controller

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// maxWaiting bounds the requests that wait for the round after the one in flight.
const maxWaiting = 1000

// ask is a request to the controller.
type ask interface {
	msg.Request
	// AnswerAt completes the request from an image that goes up to an offset; no error means that each of its items says
	// how it went.
	AnswerAt(applied int64, err error)
}

// core is the controller without its actor: it is told of the log's state, of committed batches, of requests and of the
// fate of what it proposed; take returns what is to be done about it.
type core struct {
	node     msg.Registration
	founding Founding
	settings Settings
	static   map[string]string
	random   randomness
	// leadership is who leads a partition, as far as this node has heard; nil: nothing is known.
	leadership func(msg.TopicPartition) (msg.Leadership, bool)

	// image is what the node was last told of. Nothing that is not committed is in it.
	image *metadata.Image
	// ahead is the image that becomes the next one when the log has been read to its high watermark; nil if there is
	// nothing to read. So a node that starts sees the last image and not the history of the cluster.
	ahead *metadata.Draft
	// epoch is the leader epoch in which this node leads the log; meaningful while leads.
	epoch int32
	leads bool
	// overdue: the log's replica here leads, has not heard a majority lately, and refuses all appends at once. Nothing is decided until
	// that changes: what is refused would be proposed again without end.
	overdue bool
	// leader is who leads the log, or NoNode.
	leader msg.NodeID
	// start and end are the log's: the image may be decided on when it has everything up to the end.
	start, end int64

	// now is the time of the event in hand.
	now time.Time
	// stopping says that this node is about to stop.
	stopping bool
	// The rest of this paragraph is meaningful while leads. caughtUp says that the image has had all of the log.
	caughtUp bool
	leases   leases
	voters   voters
	moves    moves
	leaders  leaders
	snapshot snapshot

	waiting []ask
	flight  *flight
	out     effects
}

// flight is the one round that is proposed and not yet answered.
type flight struct {
	asks []ask
	// records are how many the batch has. committed is set, with the last record's offset, when the log has them.
	records   int
	committed bool
	// snapshot says that the round is a piece of a snapshot.
	snapshot bool
	last     int64
}

// effects is what the actor has to do, in this order.
type effects struct {
	// applied is a new image for the node to follow, or nil; changes lead to it from the one before.
	applied *metadata.Image
	changes metadata.Changes
	// answers are requests to answer.
	answers []answer
	// propose are the records to append as one batch, in epoch.
	propose []record.Record
	epoch   int32
	// assign are the members that the log's group is to have, nil if it was told already.
	assign []msg.Placed
	// transfers are hand-overs of leadership to ask for.
	transfers []transfer
	// deleteBefore is where the log is to start, 0 if it stays as it is.
	deleteBefore int64
}

type answer struct {
	ask ask
	err error
}

// take hands over the effects since the last time.
func (c *core) take() effects {
	out := c.out
	c.out = effects{}
	return out
}

// observe takes note of the log's published state.
func (c *core) observe(s *msg.State) {
	leads := s.Role == msg.Leader && s.Leader == c.node.ID && s.Err == nil
	if c.leads && (!leads || s.Epoch != c.epoch) {
		c.refuseWaiting()
	}
	if leads && (!c.leads || s.Epoch != c.epoch) {
		c.lead()
	}
	c.leads, c.leader, c.epoch, c.start, c.end = leads, s.Leader, s.Epoch, s.LogStart, s.LogEnd
	c.overdue = leads && s.Expired(c.now)
}

// lead begins this node's time as the leader, with nothing remembered of an earlier one.
func (c *core) lead() {
	c.caughtUp = false
	c.leases = newLeases(c.settings.SessionTimeout, c.now)
	c.voters, c.moves, c.leaders, c.snapshot = voters{}, moves{}, leaders{}, snapshot{}
}

// refuseWaiting answers what waits when this node does not lead any more. What is in flight is answered by its append.
func (c *core) refuseWaiting() {
	for _, q := range c.waiting {
		c.answer(q, c.notController())
	}
	c.waiting = nil
}

func (c *core) notController() error {
	return msg.Errorf(kerr.NotController, "node %d does not lead the metadata log: ask the node that the cluster's metadata names as the controller", c.node.ID)
}

func (c *core) answer(q ask, err error) {
	c.out.answers = append(c.out.answers, answer{q, err})
}

// request takes a request in, or refuses it at once.
func (c *core) request(q ask) {
	if beat, ok := q.(*msg.Heartbeat); ok {
		c.heartbeat(beat)
		return
	}
	switch {
	case !c.leads:
		c.answer(q, c.notController())
	default:
		c.wait(q)
	}
}

// wait lets a request wait for the next round.
func (c *core) wait(q ask) {
	if len(c.waiting) >= maxWaiting {
		c.answer(q, msg.Errorf(kerr.ThrottlingQuotaExceeded, "the controller has %d requests waiting: try again later", len(c.waiting)))
		return
	}
	c.waiting = append(c.waiting, q)
}

// apply applies committed batches, which go on at next. An error is final: this node can't follow the log any further.
func (c *core) apply(batches []record.Batch) error {
	for _, b := range batches {
		if c.ahead == nil {
			c.ahead = c.begin()
		}
		if err := c.ahead.ApplyBatch(b); err != nil {
			return fmt.Errorf("following the cluster's metadata log: %w", err)
		}
	}
	return nil
}

// begin begins the next image: after the one that there is, or anew where the log has lost what comes after that.
func (c *core) begin() *metadata.Draft {
	if c.start > c.image.Offset()+1 {
		return c.image.Rebuild(c.start)
	}
	return c.image.Draft()
}

// publish makes what was applied the node's image: the log has been read to its high watermark.
func (c *core) publish() {
	if c.ahead == nil {
		return
	}
	c.image = c.ahead.Image()
	c.out.applied, c.out.changes = c.image, c.ahead.Changes()
	c.ahead = nil
	c.land()
}

// appended is told of the fate of the proposal: its records begin at base, or err.
func (c *core) appended(base int64, err error) {
	if c.flight == nil {
		return
	}
	if err == nil {
		c.flight.committed = true
		c.flight.last = base + int64(c.flight.records) - 1
		c.land()
		return
	}
	for _, q := range c.flight.asks {
		c.answer(q, err)
	}
	if c.flight.snapshot {
		c.snapshotFailed(err)
	}
	c.flight = nil
}

// land answers the round in flight when it is committed and applied.
func (c *core) land() {
	if c.flight == nil || !c.flight.committed || c.image.Offset() < c.flight.last {
		return
	}
	for _, q := range c.flight.asks {
		c.answer(q, nil)
	}
	c.flight = nil
}

// next is the offset to go on reading from.
func (c *core) next() int64 {
	if c.ahead != nil {
		return c.ahead.Image().Offset() + 1
	}
	return max(c.image.Offset()+1, c.start)
}

// settled reports that the image has all of the log, also what an earlier leader, or a proposal of unknown outcome, left
// there: only then may this node decide.
func (c *core) settled() bool {
	return c.leads && c.flight == nil && c.ahead == nil && c.next() == c.end
}

// decide turns what waits, and what is to be done unasked, into one round, if it is time. It is called when no more messages
// are at hand.
func (c *core) decide() {
	if c.overdue || !c.settled() {
		return
	}
	c.caughtUp = true
	if c.snapshotUnder() || c.snapshotDue() {
		c.goOnWithSnapshot()
		return
	}
	r := c.newRound()
	c.chores(r)
	asks := c.takeOn(r)
	if len(r.records) == 0 {
		for _, q := range asks {
			c.answer(q, nil)
		}
		c.tellGroup()
		c.shortenLog()
		return
	}
	c.propose(r.records, asks)
}

// propose sends a round to the log.
func (c *core) propose(records []record.Record, asks []ask) {
	c.flight = &flight{asks: asks, records: len(records)}
	c.out.propose, c.out.epoch = records, c.epoch
}

// chores decides what nobody has asked for: each is a change that the state of the cluster calls for.
func (c *core) chores(r *round) {
	if c.image.ClusterID() == "" {
		f := c.founding
		r.must(metadata.ClusterFounded{ClusterID: f.ClusterID, Level: metadata.FeatureLevel, Secret: f.Secret, Founders: f.Quorum})
	}
	if !c.registered() && !c.stopping {
		r.must(metadata.NodeRegistered{Registration: c.node})
	}
	c.raiseLevel(r)
	if r.image().Level() < 2 {
		c.moves.seen = c.image
		return // older nodes know no records of what follows
	}
	c.fence(r)
	c.pickVoters(r)
	c.move(r)
	c.balanceLeaders(r)
}

// takeOn decides the requests that wait, until the round is full, and returns those that it answers.
func (c *core) takeOn(r *round) []ask {
	taken := 0
	var asks []ask
	for _, q := range c.waiting {
		if r.full() {
			break
		}
		r.decide(q)
		taken++
		if err, refused := r.refused[q]; refused {
			c.answer(q, err)
		} else {
			asks = append(asks, q)
		}
	}
	c.waiting = c.waiting[taken:]
	return asks
}

// restless reports that there is something to do for which the log may not wake this node.
func (c *core) restless() bool {
	if c.leader == msg.NoNode || c.overdue {
		return true
	}
	idle := len(c.waiting) == 0 && (c.registered() || c.stopping) && !c.snapshotUnder() && !c.moves.due(c.image)
	return c.leads && c.flight == nil && !idle
}

// registered reports that the image has this node as it is, or does not want it any more.
func (c *core) registered() bool {
	known, ok := c.image.Node(c.node.ID)
	return ok && known.Registration.Equal(&c.node) || c.image.Removed(c.node.Directory)
}

// stop answers what is in flight with err, and refuses what waits.
func (c *core) stop(err error) {
	c.appended(-1, err)
	c.refuseWaiting()
}
