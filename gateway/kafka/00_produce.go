package kafka

import (
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// Produce (0) appends one record batch to each of some partitions.
//
// v3: record batches of magic 2 only; transactional id. v0-2, of older magics, are advertised, as in Kafka, since old
// librdkafka takes their absence as a sign that nothing can be compressed (KAFKA-18659); asked for, they close the
// connection.
// v5: the answer has the log start offset.
// v7: zstd.
// v8: the answer names the records at fault (KIP-467).
// v10: NOT_LEADER_OR_FOLLOWER comes with the leader and its address (KIP-951).
// v12: transactions register partitions by themselves; there are none yet.
// v13: topics by id (KIP-516).
//
// acks=0 is never answered; when a partition refuses its batch, the connection is closed, so that the client hears of it.
// A transactional batch is refused with INVALID_TXN_STATE: no transaction that it could belong to has been begun.
//
// The stages: the batches are validated here, on the connection's goroutine, in parallel for all connections; then each
// is posted to its partition, in the order of the requests, and the connection may go on to its next request; then the
// partitions answer, in any order.
func init() {
	a := register(3, 13, (*Server).produce)
	a.advertisedMin = 0
	a.overlaps, a.inPlace = true, true
	a.check = checkProduce
}

// produce is one request's way. It implements msg.AppendSink.
type produce struct {
	server  *Server
	call    *Call
	frame   *frame // where the batches lie
	acks    int16
	resp    *kmsg.ProduceResponse
	appends []producedBatch
	// next is the first of appends not yet posted, and wait how long the last full mailbox was given. Only the
	// connection's goroutine looks at them.
	next int
	wait time.Duration

	mu    sync.Mutex
	left  int  // answers that are still to come
	over  bool // answered, or given up: resp belongs to the connection's writer
	timer clock.Timer
}

// producedBatch is one partition's part of a request.
type producedBatch struct {
	msg.Append
	batch [1]record.Batch // what Append.Batches aliases
	id    msg.TopicPartition
	to    msg.Partition
	place *kmsg.ProduceResponseTopicPartition
}

func (s *Server) produce(c *Call, req *kmsg.ProduceRequest) {
	p := &produce{server: s, call: c, frame: c.frame, acks: req.Acks, resp: req.ResponseKind().(*kmsg.ProduceResponse)}
	p.accept(req)
	if p.left = len(p.appends); p.left == 0 {
		p.answer()
		return
	}
	if req.Acks != 0 {
		p.mu.Lock()
		p.timer = s.clock.AfterFunc(milliseconds(req.TimeoutMillis), p.expire)
		p.mu.Unlock()
	}
	p.post()
}

// accept validates each partition's batch, and fills in the answer of those that are refused.
func (p *produce) accept(req *kmsg.ProduceRequest) {
	total := 0
	for i := range req.Topics {
		total += len(req.Topics[i].Partitions)
	}
	p.appends = make([]producedBatch, 0, total)
	places := make([]kmsg.ProduceResponseTopicPartition, total)
	p.resp.Topics = make([]kmsg.ProduceResponseTopic, len(req.Topics))
	image, now := p.server.Image(), p.server.clock.Now()
	for i := range req.Topics {
		asked, out := &req.Topics[i], &p.resp.Topics[i]
		out.Topic, out.TopicID = asked.Topic, asked.TopicID
		out.Partitions, places = places[:len(asked.Partitions):len(asked.Partitions)], places[len(asked.Partitions):]
		topic, unknown := producedTopic(image, p.call.Version, asked, p.acks)
		for j := range asked.Partitions {
			place := &out.Partitions[j]
			place.Default()
			place.Partition, place.BaseOffset, place.LogAppendTime, place.LogStartOffset = asked.Partitions[j].Partition, -1, -1, -1
			if unknown != nil {
				p.refuse(place, unknown)
				continue
			}
			p.acceptPartition(image, topic, &asked.Partitions[j], place, now)
		}
	}
}

// producedTopic finds the topic that is written to, or says why it can't be.
func producedTopic(image *metadata.Image, version int16, asked *kmsg.ProduceRequestTopic, acks int16) (*metadata.Topic, *refusal) {
	if acks < -1 || acks > 1 {
		return nil, refuse(kerr.InvalidRequiredAcks, "acks must be -1, 0 or 1")
	}
	var topic *metadata.Topic
	var found bool
	missing := kerr.UnknownTopicOrPartition
	if version >= 13 {
		missing = kerr.UnknownTopicID
		topic, found = image.TopicByID(asked.TopicID)
	} else {
		topic, found = image.Topic(asked.Topic)
	}
	switch {
	case !found:
		return nil, &refusal{code: missing}
	case topic.Internal:
		return nil, refuse(kerr.InvalidTopicException, "clients do not write to internal topics")
	}
	return topic, nil
}

func (p *produce) acceptPartition(image *metadata.Image, topic *metadata.Topic, asked *kmsg.ProduceRequestTopicPartition,
	place *kmsg.ProduceResponseTopicPartition, now time.Time) {
	id := msg.TopicPartition{Topic: topic.ID, Partition: asked.Partition}
	to, view, err := p.server.leader(topic, asked.Partition)
	if err != nil {
		p.redirect(place, err, id)
		p.refuse(place, &refusal{code: err, message: whyFailed(view, err)})
		return
	}
	batch, bad := acceptBatch(p.call.Version, asked.Records, p.server.topicConfig(image, topic), now)
	if bad != nil {
		p.refuse(place, bad)
		return
	}
	p.appends = append(p.appends, producedBatch{id: id, to: to, place: place, batch: [1]record.Batch{batch}})
	a := &p.appends[len(p.appends)-1]
	a.Append = msg.Append{Batches: a.batch[:], Acks: p.acks, LeaderEpoch: -1, Sink: p, Slot: len(p.appends) - 1}
}

// post hands the batches to their partitions, in order. At a full mailbox it stops, and goes on later: meanwhile the
// connection reads nothing, and its client feels that.
func (p *produce) post() {
	for p.next < len(p.appends) {
		p.mu.Lock()
		over := p.over
		p.mu.Unlock()
		if over {
			return
		}
		a := &p.appends[p.next]
		p.frame.hold() // until the partition's answer
		err := a.to.Post(&a.Append)
		if errors.Is(err, msg.ErrMailboxFull) {
			p.frame.release()
			p.postLater()
			return
		}
		p.next++
		p.wait = 0
		if err != nil {
			a.Refuse(err)
		}
	}
	p.call.Started()
}

const (
	firstPostAgain = time.Millisecond
	lastPostAgain  = 32 * time.Millisecond
)

func (p *produce) postLater() {
	p.wait = min(max(2*p.wait, firstPostAgain), lastPostAgain)
	p.call.Interrupt(func() {
		if p.call.Abandoned() {
			p.expire()
		}
	})
	p.server.clock.AfterFunc(p.wait, func() { p.call.Resume(p.post) })
}

// Appended takes a partition's answer.
func (p *produce) Appended(a *msg.Append) {
	p.mu.Lock()
	if !p.over {
		p.take(a)
	}
	p.left--
	complete := p.left == 0 && !p.over
	p.over = p.over || complete
	p.mu.Unlock()
	if complete {
		p.answer()
	}
	p.frame.release()
}

func (p *produce) take(a *msg.Append) {
	b := &p.appends[a.Slot]
	if a.Err != nil {
		bad := refuseError(a.Err)
		p.redirect(b.place, bad.code, b.id)
		p.refuse(b.place, bad)
		return
	}
	b.place.BaseOffset, b.place.LogAppendTime, b.place.LogStartOffset = a.Base, a.AppendTime, a.LogStart
}

// expire answers REQUEST_TIMED_OUT for the partitions that have not answered; what they still answer is not heard.
func (p *produce) expire() {
	p.mu.Lock()
	if p.over {
		p.mu.Unlock()
		return
	}
	p.over = true
	for i := range p.appends {
		if place := p.appends[i].place; place.BaseOffset < 0 && place.ErrorCode == 0 {
			p.refuse(place, refuse(kerr.RequestTimedOut, "the batch was not committed in time; whether it will be is unknown"))
		}
	}
	p.mu.Unlock()
	p.answer()
}

// answer ends the call. Nobody else touches the response any more.
func (p *produce) answer() {
	p.mu.Lock()
	p.over = true
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Unlock()
	if p.acks != 0 {
		p.call.Reply(p.resp)
		return
	}
	for _, t := range p.resp.Topics {
		for _, place := range t.Partitions {
			if place.ErrorCode != 0 {
				p.call.Hangup("a produce with acks=0 failed: " + kerr.TypedErrorForCode(place.ErrorCode).Message)
				return
			}
		}
	}
	p.call.Drop()
}

// refuse fills in why a partition's batch is not there.
func (p *produce) refuse(place *kmsg.ProduceResponseTopicPartition, bad *refusal) {
	p.call.Failed(bad.code.Code)
	place.ErrorCode = bad.code.Code
	if bad.message != "" {
		place.ErrorMessage = &bad.message
	}
	for i := range bad.records {
		r := &bad.records[i]
		place.ErrorRecords = append(place.ErrorRecords,
			kmsg.ProduceResponseTopicPartitionErrorRecord{RelativeOffset: r.index, ErrorMessage: &r.message})
	}
}

// redirect tells a client of v10 who leads a partition that this node does not.
func (p *produce) redirect(place *kmsg.ProduceResponseTopicPartition, err *kerr.Error, id msg.TopicPartition) {
	if p.call.Version < 10 || err.Code != kerr.NotLeaderForPartition.Code {
		return
	}
	led := p.server.leadership(id)
	place.CurrentLeader.LeaderID, place.CurrentLeader.LeaderEpoch = led.Leader, led.Epoch
	for i := range p.resp.Brokers {
		if p.resp.Brokers[i].NodeID == led.Leader {
			return
		}
	}
	if node, at, ok := p.server.advertised(p.server.Image(), led.Leader, p.call.Listener); ok {
		p.resp.Brokers = append(p.resp.Brokers, kmsg.ProduceResponseBroker{NodeID: node.ID, Host: at.Host, Port: at.Port, Rack: rackOf(node)})
	}
}
