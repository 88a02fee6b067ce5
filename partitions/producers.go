package partitions

import (
	"math"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// producerWindow is how many of a producer's last batches are known again when they come twice (KIP-98: a producer has
// at most five requests in flight).
const producerWindow = 5

// producers is what a partition knows of the idempotent producers that write to it, in two layers. The settled one
// follows the committed log, so it is the same on every replica and never goes back. The pending one lies over it on a
// leader: what the frames hold that are proposed and not committed. It is thrown away when the leader steps down, which is how
// the state goes back with a log that is truncated.
type producers struct {
	settled map[int64]*producer
	// oldest to newest are the settled producers in the order of touched, linked by older and newer.
	oldest, newest *producer
	pending        map[int64]*producer
	spare          []*producer // taken out of pending, to be used again

	expiry int64 // milliseconds after which a producer that writes nothing is forgotten (producer.id.expiration.ms)
	most   int   // bound of len(settled): the producer that has been silent for the longest is forgotten first
}

// producer is one producer's state. Its window holds n batches of its epoch, 1 to producerWindow, oldest first, each one's
// first sequence following the last one of the batch before it.
type producer struct {
	id     int64
	epoch  int16
	n      uint8
	window [producerWindow]producedBatch
	// touched is when the last batch was settled here, milliseconds.
	touched int64

	older, newer *producer
}

// producedBatch is a batch that was appended.
type producedBatch struct {
	first, last int32 // sequence numbers
	base        int64 // offset of the first record
	timestamp   int64 // the batch's max timestamp
	index       uint64
}

func newProducers(expiry int64, most int) *producers {
	return &producers{
		settled: map[int64]*producer{},
		pending: map[int64]*producer{},
		expiry:  expiry,
		most:    most,
	}
}

// lookup is the newest state of a producer, nil if it is unknown.
func (t *producers) lookup(id, now int64) *producer {
	if p := t.pending[id]; p != nil {
		return p
	}
	t.expire(now)
	return t.settled[id]
}

// check decides about a batch of an idempotent producer as Kafka's ProducerAppendInfo does: dup is the batch of the
// window that it repeats, err why it can't be appended.
func (t *producers) check(b record.Batch, now int64) (dup *producedBatch, err error) {
	p := t.lookup(b.ProducerID(), now)
	if p == nil {
		return nil, nil // all its records may have been deleted: any sequence is good
	}
	if b.ProducerEpoch() < p.epoch {
		return nil, msg.Errorf(kerr.InvalidProducerEpoch, "appending for producer %d: epoch %d is older than %d, which wrote here before; ask for a new producer id or epoch",
			p.id, b.ProducerEpoch(), p.epoch)
	}
	first, last := b.BaseSequence(), b.LastSequence()
	if b.ProducerEpoch() > p.epoch {
		if first != 0 {
			return nil, outOfOrder(p, b.ProducerEpoch(), first, 0)
		}
		return nil, nil
	}
	for i := range p.window[:p.n] {
		if w := &p.window[i]; w.first == first && w.last == last {
			return w, nil
		}
	}
	if want := p.nextSequence(); first != want {
		return nil, outOfOrder(p, p.epoch, first, want)
	}
	return nil, nil
}

func outOfOrder(p *producer, epoch int16, got, want int32) error {
	return msg.Errorf(kerr.OutOfOrderSequenceNumber, "appending for producer %d, epoch %d: sequence %d came where %d is next; batches before it are missing",
		p.id, epoch, got, want)
}

// nextSequence is the sequence that follows the window: after MaxInt32 comes 0.
func (p *producer) nextSequence() int32 {
	last := p.window[p.n-1].last
	if last == math.MaxInt32 {
		return 0
	}
	return last + 1
}

// add makes the batch the newest of the window.
func (p *producer) add(b record.Batch, index uint64) {
	if b.ProducerEpoch() != p.epoch {
		p.epoch, p.n = b.ProducerEpoch(), 0
	}
	if p.n == producerWindow {
		copy(p.window[:], p.window[1:])
		p.n--
	}
	p.window[p.n] = producedBatch{
		first: b.BaseSequence(), last: b.LastSequence(),
		base: b.BaseOffset(), timestamp: b.MaxTimestamp(), index: index,
	}
	p.n++
}

// propose notes a batch, stamped with its offset, that is proposed in the frame at index.
func (t *producers) propose(b record.Batch, index uint64, now int64) {
	p := t.pending[b.ProducerID()]
	if p == nil {
		p = t.overlay(b, now)
	}
	p.add(b, index)
}

// overlay puts a copy of a producer's settled state into the pending layer.
func (t *producers) overlay(b record.Batch, now int64) *producer {
	p := t.blank()
	p.id, p.epoch = b.ProducerID(), b.ProducerEpoch()
	if s := t.lookup(p.id, now); s != nil {
		p.epoch, p.n, p.window = s.epoch, s.n, s.window
	}
	t.pending[p.id] = p
	return p
}

func (t *producers) blank() *producer {
	n := len(t.spare)
	if n == 0 {
		return &producer{}
	}
	p := t.spare[n-1]
	t.spare = t.spare[:n-1]
	*p = producer{}
	return p
}

// settle notes a batch of the committed frame at index.
func (t *producers) settle(b record.Batch, index uint64, now int64) {
	id := b.ProducerID()
	p := t.settled[id]
	if p == nil {
		p = &producer{id: id, epoch: b.ProducerEpoch()}
		t.settled[id] = p
	} else {
		t.unlink(p)
	}
	p.add(b, index)
	p.touched = now
	t.link(p)
	t.expire(now)
	if over := t.pending[id]; over != nil && over.window[over.n-1].index <= index {
		delete(t.pending, id)
		t.keep(over)
	}
}

const keptSpare = 64

func (t *producers) keep(p *producer) {
	if len(t.spare) < keptSpare {
		t.spare = append(t.spare, p)
	}
}

// rollback forgets everything that is pending.
func (t *producers) rollback() { clear(t.pending) }

// link makes p the newest. Time may stand still between two batches; if it goes back, p counts as the newest all the same.
func (t *producers) link(p *producer) {
	if t.newest != nil {
		p.touched = max(p.touched, t.newest.touched)
		t.newest.newer = p
	} else {
		t.oldest = p
	}
	p.older, p.newer = t.newest, nil
	t.newest = p
}

func (t *producers) unlink(p *producer) {
	if p.older != nil {
		p.older.newer = p.newer
	} else {
		t.oldest = p.newer
	}
	if p.newer != nil {
		p.newer.older = p.older
	} else {
		t.newest = p.older
	}
	p.older, p.newer = nil, nil
}

// expire forgets the producers that have been silent for too long, and those above the bound.
func (t *producers) expire(now int64) {
	for p := t.oldest; p != nil && (now-p.touched >= t.expiry || len(t.settled) > t.most); p = t.oldest {
		t.unlink(p)
		delete(t.settled, p.id)
	}
}

// list describes the settled producers, the longest silent first.
func (t *producers) list() []msg.ProducerState {
	out := make([]msg.ProducerState, 0, len(t.settled))
	for p := t.oldest; p != nil; p = p.newer {
		newest := p.window[p.n-1]
		out = append(out, msg.ProducerState{
			ProducerID: p.id, Epoch: p.epoch, LastSequence: newest.last, LastTimestamp: newest.timestamp,
			CoordinatorTerm: -1, TxnStartOffset: -1,
		})
	}
	return out
}
