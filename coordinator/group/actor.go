package group

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

const (
	// readBytes is how much of the log one step replays.
	readBytes = 1 << 20
	// batchBytes is about how large a batch of records gets.
	batchBytes = 512 << 10
	// lookAgain is how soon the actor looks again at a log that its waiters can't be left at, or that has refused an append.
	lookAgain = 50 * time.Millisecond
)

// Options of a coordinator.
type Options struct {
	Node msg.NodeID
	// ID is the partition of the offsets topic, and Directory finds its replica on this node.
	ID        msg.TopicPartition
	Directory msg.Directory
	// Image is the cluster as this node knows it. It may be called from any goroutine.
	Image func() *metadata.Image
	// Static are this node's static broker configs.
	Static map[string]string
	// Random makes member ids.
	Random interface{ Read([]byte) (int, error) }
}

// Spec is the coordinator of one partition's groups: it serves while the partition's replica here leads, and sleeps while it
// does not.
func Spec(o Options) actors.Spec {
	return actors.Spec{Name: msg.GroupCoordinator(o.ID.Partition), New: func() actors.Actor { return &actor{Options: o, waited: -1} }}
}

// phase is what a coordinator does.
type phase int

const (
	sleeping phase = iota // another node coordinates
	loading               // the log is being replayed
	serving
)

// actor moves the messages of a core: from the mailbox in, and its effects out to the log and to the sessions.
type actor struct {
	Options
	self  msg.Target
	log   msg.Partition // the replica, as it was last found; nil: never
	phase phase
	epoch int32 // that this node leads in; meaningful unless sleeping
	core  *core
	image *metadata.Image // that the core knows

	// next is the offset to replay from, end where to stop.
	next, end int64
	began     time.Time
	unread    int // records that could not be read

	// waiting is what the core wants done behind flight, which is on its way to the log; nil: nothing is.
	waiting round
	flight  *round
	// newStart is where a rewriting began, or -1; meaningful while the core is rewriting.
	newStart int64

	armed *waiter // at the log, else nil
	// waited is the epoch that armed waits for the end of, or the one before it did. One that waits for the same again, as a log
	// that has failed wakes at once, is left only when time has passed: paced.
	waited int32
	paced  bool
	timer  clock.Timer
	timed  time.Time // when timer goes off, zero: it does not
}

// round is records that are appended together, and the answers that are given when they are committed.
type round struct {
	effects
	append *msg.Append
	// taken says that the log has it in hand.
	taken bool
	// rewrites says that the records begin a rewriting, rewritten that they end it.
	rewrites, rewritten bool
}

// What the actor tells itself.
type note int

const (
	woken note = iota // by the log
	more              // there is more to replay
	timed             // a deadline has passed
	again             // time has passed: the log is to be looked at again
	retry             // time has passed: the log is to be offered the flight again
)

func (note) Bytes() int { return 0 }

// settled brings the answer to an Append from the log's step to the actor's.
type settled struct{ append *msg.Append }

func (settled) Bytes() int { return 0 }

// Appended implements msg.AppendSink.
func (a *actor) Appended(p *msg.Append) {
	// An actor that has stopped has answered its requests: nobody waits for this.
	_ = a.self.Post(settled{p})
}

// waiter waits at the log for another leader.
type waiter struct {
	self  msg.Target
	woken atomic.Bool
}

// Wake implements msg.Waiter.
func (w *waiter) Wake() {
	if w.woken.CompareAndSwap(false, true) {
		_ = w.self.Post(woken)
	}
}

// Expired implements msg.Waiter.
func (w *waiter) Expired() bool { return w.woken.Load() }

// Started implements actors.Actor.
func (a *actor) Started(c *actors.Context) error {
	a.self = c.Self()
	return a.self.Post(woken)
}

// Receive implements actors.Actor.
func (a *actor) Receive(c *actors.Context, m msg.Message) {
	switch m := m.(type) {
	case note:
		a.noted(c, m)
	case settled:
		a.landed(c, m.append)
	case ask:
		a.request(c, m)
	default:
		c.Log().Error().Type("message", m).Msg("a group coordinator does not know this message")
	}
}

func (a *actor) noted(c *actors.Context, n note) {
	switch n {
	case more:
		if a.phase == loading {
			a.load(c)
		}
	case timed:
		a.timed = time.Time{}
		if a.phase == serving {
			a.core.tick(c.Now())
		}
	case retry:
		if a.flight != nil && !a.flight.taken {
			a.post(c)
		}
	default:
		a.paced = a.paced || n == again
		a.follow(c)
	}
}

// request hands a request to the core, or refuses it while this is no coordinator.
func (a *actor) request(c *actors.Context, q ask) {
	state := a.state()
	if (a.phase == sleeping) == a.leads(state) {
		a.follow(c)
	}
	switch {
	case a.phase == sleeping, state.Expired(c.Now()):
		// Past the lease another replica may lead. It may turn out that none does, and so nothing is given up.
		q.Answer(msg.Errorf(kerr.NotCoordinator, "node %d does not lead partition %d of %s: look up the group's coordinator", a.Node, a.ID.Partition, msg.OffsetsTopic))
	case a.phase == loading:
		q.Answer(msg.Errorf(kerr.CoordinatorLoadInProgress, "partition %d of %s is being read: try again", a.ID.Partition, msg.OffsetsTopic))
	default:
		a.observe()
		a.core.handle(q, c.Now())
	}
}

// observe shows the core the cluster as it is now.
func (a *actor) observe() {
	if image := a.Image(); image != a.image {
		a.image = image
		a.core.observe(image, settingsOf(image, a.Node, a.Static))
	}
}

// find takes note of the replica. It is another one when the partition was taken away from this node and given back.
func (a *actor) find() {
	if log, here := a.Directory.Partition(a.ID); here {
		a.log = log
	}
}

// state is how the log stands.
func (a *actor) state() *msg.State {
	if a.log == nil {
		return &msg.State{Leader: msg.NoNode, Epoch: -1}
	}
	return a.log.View().State()
}

// leads reports whether the log's replica here leads it, in the epoch that the actor knows.
func (a *actor) leads(s *msg.State) bool {
	return s.Role == msg.Leader && s.Leader == a.Node && s.Err == nil && (a.phase == sleeping || s.Epoch == a.epoch)
}

// Idle implements actors.Actor: what came in meanwhile is appended together.
func (a *actor) Idle(c *actors.Context) {
	if a.phase == serving {
		a.pump(c)
	}
	if a.phase == serving {
		a.setTimer(c)
	}
}

// Stopped implements actors.Actor.
func (a *actor) Stopped(*actors.Context) {
	if a.armed != nil {
		a.armed.woken.Store(true)
	}
	a.giveUp(msg.Errorf(kerr.NotCoordinator, "the coordinator of partition %d of %s on node %d stops here: look up the group's coordinator", a.ID.Partition, msg.OffsetsTopic, a.Node))
}

// follow looks at who leads the log.
func (a *actor) follow(c *actors.Context) {
	a.find()
	state := a.state()
	if a.phase != sleeping && !a.leads(state) {
		c.Log().Info().Int32("epoch", a.epoch).Msg("no longer coordinates groups")
		a.giveUp(msg.Errorf(kerr.NotCoordinator, "node %d no longer leads partition %d of %s: look up the group's coordinator", a.Node, a.ID.Partition, msg.OffsetsTopic))
	}
	if a.phase == sleeping && a.leads(state) {
		a.phase, a.epoch = loading, state.Epoch
		a.begin(c, state)
	}
	a.wait(c, state)
}

// begin begins to load the log, up to what is committed now: nobody else appends to it in this epoch.
func (a *actor) begin(c *actors.Context, state *msg.State) {
	a.core, a.image = newCore(a.Random), nil
	a.core.now = c.Now()
	a.waiting, a.flight, a.newStart = round{}, nil, -1
	a.next, a.end, a.began, a.unread = state.LogStart, state.HighWatermark, c.Now(), 0
	a.load(c)
}

// load replays the next piece of the log.
func (a *actor) load(c *actors.Context) {
	if a.next < a.end {
		if err := a.replay(c); err != nil {
			c.Log().Error().Err(err).Int64("offset", a.next).Msg("can't load groups; the log is tried again")
			a.giveUp(nil)
			c.After(time.Second, again)
			return
		}
	}
	if a.next < a.end {
		_ = a.self.Post(more)
		return
	}
	a.observe()
	a.core.loaded(c.Now())
	a.phase = serving
	if a.end > 0 {
		c.Log().Info().Int("groups", len(a.core.groups)).Int64("records", int64(a.core.loadedRecords)).Int("unreadable", a.unread).
			Dur("took_ms", c.Now().Sub(a.began)).Int32("epoch", a.epoch).Msg("coordinates groups")
	}
}

func (a *actor) replay(c *actors.Context) error {
	got, err := a.log.View().Read(msg.ReadRequest{Offset: a.next, MaxBytes: readBytes, AtLeastOne: true})
	if err != nil {
		return fmt.Errorf("reading partition %d of %s: %w", a.ID.Partition, msg.OffsetsTopic, err)
	}
	defer got.Release()
	if got.Bytes == 0 {
		return fmt.Errorf("reading partition %d of %s: nothing there, below the high watermark %d", a.ID.Partition, msg.OffsetsTopic, a.end)
	}
	for _, chunk := range got.Chunks {
		for len(chunk) > 0 {
			b, rest, err := record.Next(chunk)
			if err != nil {
				return fmt.Errorf("reading partition %d of %s: %w", a.ID.Partition, msg.OffsetsTopic, err)
			}
			a.replayBatch(c, b)
			a.next, chunk = b.LastOffset()+1, rest
		}
	}
	return nil
}

// replayBatch replays a batch. A record that can't be read costs the group that it is about, and no other.
func (a *actor) replayBatch(c *actors.Context, b record.Batch) {
	if b.Control() {
		return
	}
	for r, err := range b.Records() {
		if err == nil && r.Offset >= a.next {
			err = a.core.replay(r)
		}
		if err != nil {
			if a.unread++; a.unread == 1 {
				c.Log().Error().Err(err).Int64("offset", b.BaseOffset()).Msg("a record of groups can't be read and is left out")
			}
		}
	}
}

// giveUp stops coordinating. Everything under way is answered with err; nil says that the coordinator will be back.
func (a *actor) giveUp(err error) {
	if err == nil {
		err = msg.Errorf(kerr.CoordinatorLoadInProgress, "partition %d of %s is read again: try again", a.ID.Partition, msg.OffsetsTopic)
	}
	if a.phase == serving {
		a.core.abandon(err)
		a.gather()
	}
	answers := a.waiting.answers
	if a.flight != nil {
		answers = append(a.flight.answers, answers...)
	}
	a.phase, a.core, a.waiting, a.flight = sleeping, nil, round{}, nil
	for _, answer := range answers {
		answer.ask.Answer(err)
	}
}

// gather takes what the core wants done.
func (a *actor) gather() {
	out := a.core.take()
	a.waiting.records = append(a.waiting.records, out.records...)
	a.waiting.answers = append(a.waiting.answers, out.answers...)
}

// pump appends what waits, unless something is under way, and answers what nothing has to be written for.
func (a *actor) pump(c *actors.Context) {
	if a.core.bloated() && a.newStart == -1 && a.flight == nil {
		a.core.beginRewrite()
		a.waiting.rewrites = true
	}
	if a.core.left != nil && a.flight == nil {
		a.waiting.rewritten = a.core.rewriteSome()
	}
	a.gather()
	if a.flight != nil {
		return
	}
	r := a.waiting
	a.waiting = round{}
	if len(r.records) == 0 {
		// A rewriting that wrote nothing yet still begins with the next record.
		a.waiting.rewrites, a.waiting.rewritten = r.rewrites, r.rewritten
		for _, answer := range r.answers {
			answer.ask.Answer(answer.err)
		}
		return
	}
	r.append = &msg.Append{Batches: batches(r.records, c.Now()), Acks: -1, LeaderEpoch: a.epoch, Sink: a}
	a.flight = &r
	a.post(c)
}

// batches puts records into batches of a bounded size.
func batches(records []record.Record, now time.Time) []record.Batch {
	var all []record.Batch
	for from := 0; from < len(records); {
		size, to := 0, from
		for to < len(records) && (to == from || size+sizeOf(records[to]) <= batchBytes) {
			size += sizeOf(records[to])
			to++
		}
		all = append(all, record.Build(records[from:to], now))
		from = to
	}
	return all
}

// post hands the flight to the log. A full mailbox is tried again.
func (a *actor) post(c *actors.Context) {
	err := a.log.Post(a.flight.append)
	switch {
	case err == nil:
		a.flight.taken = true
	case errors.Is(err, msg.ErrMailboxFull):
		c.After(lookAgain, retry)
	default:
		a.giveUp(coordinatorError(err))
		c.After(lookAgain, again)
	}
}

// landed answers what waited for an append, or gives everything up if it failed: what the core believes is not in the log.
func (a *actor) landed(c *actors.Context, p *msg.Append) {
	if a.flight == nil || a.flight.append != p {
		return // of an earlier life
	}
	if err := p.Err; err != nil {
		c.Log().Warn().Err(err).Msg("what groups have agreed on could not be appended; they are loaded again")
		a.giveUp(coordinatorError(err))
		c.After(lookAgain, again)
		return
	}
	r := a.flight
	a.flight = nil
	if r.rewrites {
		a.newStart = p.Base
	}
	for _, answer := range r.answers {
		answer.ask.Answer(answer.err)
	}
	if r.rewritten {
		a.shorten(c)
	}
}

// shorten has the log begin where the rewriting did.
func (a *actor) shorten(c *actors.Context) {
	log := c.Log()
	start := a.newStart
	a.newStart = -1
	q := &msg.DeleteRecords{Offset: start, Done: func(_ int64, err error) {
		if err != nil {
			log.Warn().Err(err).Int64("start", start).Msg("the log of groups could not be made shorter; the next rewriting tries again")
		}
	}}
	if err := a.log.Post(q); err != nil {
		q.Refuse(err)
	}
}

// wait leaves a waiter at the log that is woken when somebody else leads, unless there is one.
func (a *actor) wait(c *actors.Context, s *msg.State) {
	if a.armed != nil && !a.armed.woken.Load() {
		return
	}
	if s.Epoch == a.waited && !a.paced {
		c.After(lookAgain, again)
		return
	}
	if a.waited, a.paced = s.Epoch, false; a.log == nil {
		c.After(lookAgain, again)
		return
	}
	a.armed = &waiter{self: a.self}
	if err := a.log.Post(&msg.Wait{Offset: never, Epoch: s.Epoch, Waiter: a.armed}); err != nil {
		a.armed = nil
		c.After(lookAgain, again)
	}
}

// never is an offset that no log reaches.
const never = 1<<63 - 1

// setTimer has the actor woken at the core's next deadline.
func (a *actor) setTimer(c *actors.Context) {
	at := a.core.next()
	if !a.timed.IsZero() && !at.Before(a.timed) {
		return
	}
	if a.timer != nil {
		a.timer.Stop()
	}
	a.timed = at
	a.timer = c.After(max(at.Sub(c.Now()), 0), timed)
}

// coordinatorError turns the log's way of saying no into a coordinator's, on which clients retry.
func coordinatorError(err error) error {
	switch {
	case errors.Is(err, msg.ErrStopped), errors.Is(err, kerr.NotLeaderForPartition), errors.Is(err, kerr.FencedLeaderEpoch), errors.Is(err, kerr.UnknownLeaderEpoch):
		return msg.Errorf(kerr.NotCoordinator, "appending what the group has agreed on: %v: look up the group's coordinator", err)
	case errors.Is(err, kerr.MessageTooLarge):
		return msg.Errorf(kerr.UnknownServerError, "appending what the group has agreed on: %v", err)
	}
	return msg.Errorf(kerr.CoordinatorNotAvailable, "appending what the group has agreed on: %v: try again", err)
}
