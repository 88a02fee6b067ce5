package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

const (
	requestTimeout = 3 * time.Second
	retryAfter     = 50 * time.Millisecond
	// mostWaiting bounds what a producer has not got rid of.
	mostWaiting = 20
)

// clients are all producers, each an idempotent one that writes to one partition with acks=all.
type clients struct {
	cluster *Cluster
	random  *rand.Rand
	all     []*producer
	quiet   bool // nothing new is produced
	acked   int
}

func newClients(c *Cluster) *clients { return &clients{cluster: c, random: c.stream(streamWork)} }

// producer is a state machine as Kafka's own producers are: batches in order, up to inFlight of them under way, each retried until it
// is acknowledged.
type producer struct {
	*clients
	id      int64
	to      msg.TopicPartition
	leader  *node // as far as the producer knows
	next    int32 // sequence
	waiting []*batch
	// careful: the producer is new, or a batch has failed. Until one is acknowledged only the first goes, and only when nothing else
	// is under way: a leader that knows nothing of the producer takes any sequence for its first.
	careful bool
	// sent is when the last request arrives: they go over one connection, in order.
	sent time.Duration
}

// batch is what one request carries. Its values say who wrote them and with which sequence.
type batch struct {
	producer *producer
	sequence int32
	records  []record.Record
	// attempt counts; an answer to an earlier one is still an answer.
	attempt int
	flying  bool
}

// Produce has n producers write to a topic's partitions in turn, until Check.
func (c *Cluster) Produce(topic string, n int) {
	for _, t := range c.topics {
		for i := 0; t.name == topic && i < n; i++ {
			p := &producer{clients: c.clients, id: int64(len(c.clients.all) + 1), to: t.partitions[i%len(t.partitions)], careful: true}
			c.clients.all = append(c.clients.all, p)
			p.later()
		}
	}
}

// Acknowledged is how many records the producers were told are written.
func (c *Cluster) Acknowledged() int { return c.clients.acked }

func (s *clients) in(d time.Duration, f func()) { s.cluster.clock.AfterFunc(d, f) }

// travel is how long a message between a client and a node is on its way.
func (s *clients) travel() time.Duration {
	return 50*time.Microsecond + time.Duration(s.random.ExpFloat64()*float64(200*time.Microsecond))
}

func (p *producer) later() {
	p.in(time.Duration(p.random.ExpFloat64()*float64(p.cluster.knobs.pause)), p.produce)
}

// produce makes the next batch.
func (p *producer) produce() {
	p.later()
	if p.quiet || len(p.waiting) == mostWaiting {
		return
	}
	b := &batch{producer: p, sequence: p.next}
	for range 1 + p.random.IntN(p.cluster.knobs.records) {
		value := fmt.Appendf(make([]byte, 0, 64), "%d/%d/%0*d", p.id, p.next, p.random.IntN(40), 0)
		b.records = append(b.records, record.Record{Timestamp: p.cluster.clock.Now().UnixMilli(), Value: value})
		p.next++
	}
	p.waiting = append(p.waiting, b)
	p.pump()
}

// pump sends what may be under way.
func (p *producer) pump() {
	window := p.cluster.knobs.inFlight
	if p.careful {
		window = 1
		if slices.ContainsFunc(p.waiting, func(b *batch) bool { return b.flying }) {
			return
		}
	}
	for _, b := range p.waiting[:min(window, len(p.waiting))] {
		if !b.flying {
			b.send()
		}
	}
}

// find asks some node who leads, as a client's metadata request does.
func (p *producer) find() *node {
	n := p.cluster.nodes[p.random.IntN(len(p.cluster.nodes))]
	if !n.running() {
		return nil
	}
	l, known := n.inside.Host().Leadership(p.to)
	if !known || l.Leader == msg.NoNode {
		return nil
	}
	return p.cluster.node(int(l.Leader))
}

func (b *batch) send() {
	p := b.producer
	b.flying = true
	b.attempt++
	attempt := b.attempt
	if p.leader == nil {
		p.leader = p.find()
	}
	if p.leader == nil {
		p.in(retryAfter, b.again)
		return
	}
	n, life := p.leader, p.leader.life
	p.in(requestTimeout, func() { b.unanswered(attempt) })
	p.sent = max(p.sent, p.cluster.Now()+p.travel())
	p.in(p.sent-p.cluster.Now(), func() {
		if life.dead {
			p.in(p.travel(), func() { b.unanswered(attempt) })
			return
		}
		life.do(func() { b.arrive(n, attempt) })
	})
}

// again has a batch wait for its next attempt.
func (b *batch) again() {
	b.flying = false
	b.producer.careful = true
	b.producer.pump()
}

// unanswered gives up an attempt: whether it was written is not known.
func (b *batch) unanswered(attempt int) {
	if b.flying && b.attempt == attempt {
		b.producer.leader = nil
		b.again()
	}
}

// arrive hands the request to the partition's actor, where the product's session would.
func (b *batch) arrive(n *node, attempt int) {
	p := b.producer
	s := &answer{batch: b, node: n, life: n.life, attempt: attempt}
	built := record.Build(b.records, p.cluster.clock.Now())
	built.StampProducer(p.id, 0, b.sequence)
	q := &msg.Append{Batches: []record.Batch{built}, Acks: -1, LeaderEpoch: -1, Sink: s}
	partition, here := n.partition(p.to)
	if !here {
		q.Refuse(msg.Errorf(kerr.UnknownTopicOrPartition, "partition %s is not here", p.to))
	} else if err := partition.Post(q); err != nil {
		q.Refuse(err)
	}
}

// answer takes the answer to an attempt back to its client.
type answer struct {
	batch   *batch
	node    *node
	life    *life
	attempt int
}

// Appended implements msg.AppendSink.
func (s *answer) Appended(a *msg.Append) {
	p := s.batch.producer
	base, err := a.Base, a.Err
	p.in(p.travel(), func() {
		if !s.life.dead {
			s.batch.answered(s.attempt, base, err)
		}
	})
}

func (b *batch) answered(attempt int, base int64, err error) {
	p := b.producer
	at := slices.Index(p.waiting, b)
	p.cluster.trace.event(p.cluster.Now(), 'a', p.id, int64(b.sequence), base, int64(msg.Code(err)))
	switch {
	case at < 0:
	case err == nil, errors.Is(err, kerr.DuplicateSequenceNumber):
		p.waiting = slices.Delete(p.waiting, at, at+1)
		p.acked += len(b.records)
		p.careful = p.careful && slices.ContainsFunc(p.waiting, func(b *batch) bool { return b.flying })
		p.cluster.checks.acknowledged.told(p.to, b, base)
		p.pump()
	case errors.Is(err, kerr.OutOfOrderSequenceNumber) && at == 0 && b.attempt == attempt:
		p.cluster.violated("acknowledged", "producer %d: all before sequence %d of partition %s is acknowledged, and it was refused: %v", p.id, b.sequence, p.to, err)
	case b.flying && b.attempt == attempt:
		p.leader = nil
		p.in(retryAfter, b.again)
	}
}
