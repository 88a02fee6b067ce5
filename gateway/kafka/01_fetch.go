package kafka

import (
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// Fetch (1) reads record batches of some partitions, and waits when there are none.
//
// v4: magic 2 and read_committed; v5: log start; v7: sessions (KIP-227); v9: leader epochs (KIP-320); v10: zstd;
// v11: rack, and fetching from followers (KIP-392), 01_fetch_follower.go; v12: flexible, diverging epochs (KIP-595); v13: topics by id (KIP-516); v15: the replica's state is tagged;
// v16: NOT_LEADER_OR_FOLLOWER comes with the leader's address (KIP-951); v17, v18: for followers.
//
// Partitions are read in the order of the request, or of the session, within its max bytes and each partition's. The first
// partition that has data returns at least one batch, however large (KIP-74). Batches are whole: the first may begin
// before the offset asked for. What is read comes from the node's budget of FetchBytes; when that is used up, answers
// get smaller, then wait.
//
// A request waits, for up to its max wait, while no partition has an error and all together have less than min bytes. It
// leaves one waiter at all its partitions; whichever wakes it makes it read again.
func init() { register(4, 18, (*Server).fetch) }

// fetchWanted is what a client wants of a partition.
type fetchWanted struct {
	offset           int64
	epoch            int32 // of the leader the client believes in, -1: any
	lastFetchedEpoch int32 // of the record before offset, -1: not told
	maxBytes         int32
}

func wantedOf(p *kmsg.FetchRequestTopicPartition) fetchWanted {
	return fetchWanted{offset: p.FetchOffset, epoch: p.CurrentLeaderEpoch, lastFetchedEpoch: p.LastFetchedEpoch, maxBytes: p.PartitionMaxBytes}
}

// fetchPart is one partition of a fetch, and what is answered for it.
type fetchPart struct {
	at        int // in the fetch
	topic     string
	id        msg.TopicID
	partition int32
	wanted    fetchWanted

	code                                int16
	highWatermark, lastStable, logStart int64
	read                                msg.ReadResult
	committed                           bool // aborted transactions are told, if only none
	omit                                bool // a session's client knows all this

	diverges       bool
	divergingEpoch int32
	divergingEnd   int64

	prefers   bool // the client is to fetch from another replica
	preferred msg.NodeID

	redirected            bool
	leaderID, leaderEpoch int32

	// hosted is where to wait for more, nil where there is an error; epoch is the leader's.
	hosted msg.Partition
	epoch  int32
}

// fetch is one request's way, all of it on the connection's goroutine.
type fetch struct {
	server    *Server
	call      *Call
	version   int16
	isolation msg.Isolation
	minBytes  int
	maxBytes  int
	maxWait   time.Duration
	rack      string // of the client, "" for none
	followers bool   // the client may be served by followers
	parts     []fetchPart

	// session is the one that goes on, with the epoch it was given; full asks for a new one.
	session      *session
	sessionEpoch int32
	full         bool

	deadline clock.Timer
	late     bool // the wait is over
	starved  bool // the budget had nothing for some partition
	answered bool
	waiter   *fetchWaiter
}

func (s *Server) fetch(c *Call, req *kmsg.FetchRequest) {
	f := &fetch{
		server: s, call: c, version: req.Version, isolation: msg.Isolation(req.IsolationLevel),
		maxBytes: min(int(req.MaxBytes), s.limits.FetchMaxBytes), maxWait: milliseconds(req.MaxWaitMillis),
	}
	f.minBytes = min(int(req.MinBytes), f.maxBytes)
	if f.followers = readsFollowers(req); f.followers {
		f.rack = req.Rack
	}
	c.forgetFrame() // its text is copied, and a consumer may wait for long
	if err := f.begin(req); err != nil {
		c.Failed(err.Code)
		f.answered = true
		c.finish(&fetchAnswer{server: s, version: f.version, code: err.Code})
		return
	}
	f.step()
}

// begin finds the partitions to read: the request's, or its session's.
func (f *fetch) begin(req *kmsg.FetchRequest) *kerr.Error {
	now := f.server.clock.Now()
	if req.SessionEpoch == firstSessionEpoch || req.SessionEpoch == finalSessionEpoch {
		if req.SessionID != 0 {
			f.server.sessions.close(req.SessionID)
		}
		f.full = req.SessionEpoch == firstSessionEpoch
		f.parts = requestedParts(req)
		return nil
	}
	var err *kerr.Error
	if f.session, f.parts, err = f.server.sessions.resume(req, now); err != nil {
		return err
	}
	f.sessionEpoch = nextSessionEpoch(req.SessionEpoch)
	return nil
}

func requestedParts(req *kmsg.FetchRequest) []fetchPart {
	total := 0
	for i := range req.Topics {
		total += len(req.Topics[i].Partitions)
	}
	parts := make([]fetchPart, 0, total)
	for i := range req.Topics {
		t := &req.Topics[i]
		for j := range t.Partitions {
			parts = append(parts, fetchPart{at: len(parts), topic: t.Topic, id: t.TopicID, partition: t.Partitions[j].Partition, wanted: wantedOf(&t.Partitions[j])})
		}
	}
	return parts
}

const (
	// leastRead is how much of the budget it takes to read a partition, if that much is wanted of it.
	leastRead = 64 << 10
	// budgetAgain is how soon a fetch that gets none tries again, moreAgain how soon one that has less than its min bytes
	// looks for more, so that a busy partition is not read for each of its batches.
	budgetAgain = 5 * time.Millisecond
	moreAgain   = 10 * time.Millisecond
)

// step reads, then answers or waits.
func (f *fetch) step() {
	if f.answered {
		return
	}
	a := &fetchAnswer{server: f.server, version: f.version, parts: f.parts}
	final := f.readAll(a)
	starved := f.starved && a.bytes == 0
	if final || f.late || a.bytes >= f.minBytes && !starved || len(f.parts) == 0 || f.maxWait <= 0 && !starved {
		f.answer(a)
		return
	}
	a.done()
	for i := range f.parts {
		f.parts[i].read = msg.ReadResult{}
	}
	f.wait(starved, a.bytes > 0)
}

// readAll reads every partition, and reports whether one of them has an answer that can't wait.
func (f *fetch) readAll(a *fetchAnswer) (final bool) {
	image := f.server.Image()
	f.starved = false
	var topic *metadata.Topic
	for i := range f.parts {
		p := &f.parts[i]
		if i == 0 || p.topic != f.parts[i-1].topic || p.id != f.parts[i-1].id {
			topic = f.topic(image, p)
		}
		err := f.readPart(image, topic, p, f.maxBytes-a.bytes, a.bytes == 0)
		if err != nil {
			p.fail(err)
			f.call.Failed(err.Code)
			a.redirect(p, f.call.Listener)
		}
		final = final || err != nil || p.diverges || p.prefers
		a.bytes += p.read.Bytes
	}
	return final
}

func (f *fetch) topic(image *metadata.Image, p *fetchPart) *metadata.Topic {
	var t *metadata.Topic
	if f.version >= 13 {
		t, _ = image.TopicByID(p.id)
	} else {
		t, _ = image.Topic(p.topic)
	}
	return t
}

// readPart reads one partition, up to room bytes, but for the first batch when nothing was read before.
func (f *fetch) readPart(image *metadata.Image, topic *metadata.Topic, p *fetchPart, room int, first bool) *kerr.Error {
	p.hosted, p.read, p.diverges, p.prefers, p.redirected = nil, msg.ReadResult{}, false, false, false
	if topic == nil && f.version >= 13 {
		return kerr.UnknownTopicID
	}
	hosted, view, err := f.server.replicaIn(topic, p.partition, p.wanted.epoch)
	switch {
	case err != nil:
		return err
	case !f.readable(view.State()):
		return kerr.NotLeaderForPartition
	}
	if f.version < 10 && f.server.topicConfig(image, topic).Compression == record.Zstd {
		return kerr.UnsupportedCompressionType
	}
	state := view.State()
	p.hosted, p.epoch, p.code = hosted, state.Epoch, 0
	p.highWatermark, p.lastStable, p.logStart = state.HighWatermark, state.LastStable, state.LogStart
	p.committed = f.isolation == msg.ReadCommitted
	if p.wanted.lastFetchedEpoch >= 0 {
		epoch, end := view.EndOffsetForEpoch(p.wanted.lastFetchedEpoch)
		switch {
		case epoch < 0 || end < 0:
			return kerr.OffsetOutOfRange
		case epoch < p.wanted.lastFetchedEpoch || end < p.wanted.offset:
			p.diverges, p.divergingEpoch, p.divergingEnd = true, epoch, end
			return nil
		}
	}
	if p.preferred, p.prefers = f.preferred(image, view, p.wanted.offset); p.prefers {
		return nil
	}
	return f.readRecords(p, view, min(room, int(p.wanted.maxBytes)), first)
}

// readRecords reads from a view, out of the node's budget. Without any left, the partition is as if it had no more.
func (f *fetch) readRecords(p *fetchPart, view msg.View, room int, first bool) *kerr.Error {
	switch state := view.State(); {
	case p.wanted.offset < state.LogStart || p.wanted.offset > state.LogEnd:
		return kerr.OffsetOutOfRange
	case p.wanted.offset >= state.HighWatermark || room <= 0 && !first:
		return nil // not committed yet, or no room
	}
	room = max(room, 1)
	granted := f.server.fetching.tryUpTo(room)
	if granted < min(room, leastRead) {
		f.server.fetching.put(granted)
		f.starved = true
		return nil
	}
	read, err := view.Read(msg.ReadRequest{Offset: p.wanted.offset, MaxBytes: granted, AtLeastOne: first, Isolation: f.isolation,
		Sections: f.call.conn.sendsFiles()})
	f.server.fetching.put(granted - read.Bytes)
	if err != nil {
		return kerr.TypedErrorForCode(msg.Code(err))
	}
	p.read = read
	return nil
}

// fail makes the partition's answer an error, which tells nothing else.
func (p *fetchPart) fail(err *kerr.Error) {
	p.code, p.hosted, p.committed = err.Code, nil, false
	p.highWatermark, p.lastStable, p.logStart = -1, -1, -1
}

// wait leaves a waiter at every partition. When the budget was used up, or some data is there already but less than min
// bytes, it lets a moment pass instead.
func (f *fetch) wait(starved, some bool) {
	if f.deadline == nil {
		f.deadline = f.server.clock.AfterFunc(max(f.maxWait, budgetAgain), func() { f.call.Resume(f.expire) })
		f.call.Interrupt(f.expire)
	}
	switch {
	case starved:
		f.server.clock.AfterFunc(budgetAgain, func() { f.call.Resume(f.step) })
	case some:
		f.server.clock.AfterFunc(moreAgain, func() { f.call.Resume(f.register) })
	default:
		f.register()
	}
}

// register asks each partition to wake the waiter when its high watermark passes what was seen.
func (f *fetch) register() {
	if f.answered {
		return
	}
	w := &fetchWaiter{fetch: f}
	f.waiter = w
	for i := range f.parts {
		p := &f.parts[i]
		if w.woken.Load() {
			return
		}
		if err := p.hosted.Post(&msg.Wait{Offset: p.highWatermark, Epoch: p.epoch, Waiter: w}); err != nil {
			w.Wake() // it has stopped: reading again tells why
		}
	}
}

// expire answers with what there is, if anybody still waits for it.
func (f *fetch) expire() {
	if f.call.Abandoned() {
		f.answered = true
		f.deadline.Stop()
		f.call.Drop()
		return
	}
	f.late = true
	f.step()
}

func (f *fetch) answer(a *fetchAnswer) {
	f.answered = true
	if f.deadline != nil {
		f.deadline.Stop()
	}
	if f.waiter != nil {
		f.waiter.woken.Store(true)
	}
	switch {
	case f.session != nil:
		f.answerSession(a)
	case f.full:
		a.sessionID = f.server.sessions.open(a.parts, f.version >= 13, f.server.clock.Now())
	}
	f.call.finish(a)
}

// answerSession leaves out what the session's client knows.
func (f *fetch) answerSession(a *fetchAnswer) {
	f.session.mu.Lock()
	defer f.session.mu.Unlock()
	a.sessionID = f.session.id
	if f.session.epoch != f.sessionEpoch {
		// Another request of this session has been taken meanwhile.
		a.code = kerr.InvalidFetchSessionEpoch.Code
		f.call.Failed(a.code)
	}
	for i := range a.parts {
		p := &a.parts[i]
		p.omit = a.code != 0 || !f.session.told(p)
	}
}

// fetchWaiter is woken once.
type fetchWaiter struct {
	fetch *fetch
	woken atomic.Bool
}

// Wake makes the fetch read again.
func (w *fetchWaiter) Wake() {
	if !w.woken.Swap(true) {
		w.fetch.call.Resume(w.fetch.step)
	}
}

// Expired reports that the fetch is answered, reads again, or that its client is gone.
func (w *fetchWaiter) Expired() bool { return w.woken.Load() || w.fetch.call.Abandoned() }
