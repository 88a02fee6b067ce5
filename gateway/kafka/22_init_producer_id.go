package kafka

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// InitProducerId (22) gives an idempotent producer its id.
//
// v2: flexible; v3: the producer tells the id and epoch that it had (KIP-360); v4: PRODUCER_FENCED; v5: nothing new here.
//
// Without a transactional id there is nothing to fence: as in Kafka, a producer that tells an id and epoch gets a new id
// with epoch 0 as well. With one, the answer is COORDINATOR_NOT_AVAILABLE, as there is no transaction coordinator; a
// client asks FindCoordinator again, which says the same, until its own time is over.
func init() { register(0, 5, (*Server).initProducerID) }

func (s *Server) initProducerID(c *Call, req *kmsg.InitProducerIDRequest) {
	resp := req.ResponseKind().(*kmsg.InitProducerIDResponse)
	resp.ProducerID, resp.ProducerEpoch = -1, -1
	answer := func(err *kerr.Error) {
		resp.ErrorCode = err.Code
		c.Failed(err.Code)
		c.Reply(resp)
	}
	switch {
	case req.TransactionalID != nil && *req.TransactionalID == "", (req.ProducerID == -1) != (req.ProducerEpoch == -1):
		answer(kerr.InvalidRequest)
	case req.TransactionalID != nil:
		answer(kerr.CoordinatorNotAvailable)
	default:
		s.producerIDs.take(s, func(id int64, err error) {
			if err != nil {
				// Retriable, which no error of the controller has to be.
				answer(kerr.CoordinatorLoadInProgress)
				return
			}
			resp.ProducerID, resp.ProducerEpoch = id, 0
			c.Reply(resp)
		})
	}
}

// producerIDs hands out ids from blocks that the controller reserves for this node. The next block is asked for when the
// current one is nearly used up.
type producerIDs struct {
	mu      sync.Mutex
	blocks  []idBlock // the first is in use; none is empty
	asking  bool
	waiting []func(int64, error)
}

// idBlock holds the ids from next up to, not including, end.
type idBlock struct{ next, end int64 }

// allocationTimeout bounds how long the controller may take for a block.
const allocationTimeout = 5 * time.Second

// take calls f with an id: at once, or when the controller has answered.
func (p *producerIDs) take(s *Server, f func(int64, error)) {
	p.mu.Lock()
	var id int64 = -1
	if len(p.blocks) > 0 {
		id = p.pop()
	} else {
		p.waiting = append(p.waiting, f)
	}
	ask := !p.asking && p.low()
	p.asking = p.asking || ask
	p.mu.Unlock()
	if id >= 0 {
		f(id, nil)
	}
	if ask {
		p.allocate(s)
	}
}

func (p *producerIDs) pop() int64 {
	b := &p.blocks[0]
	id := b.next
	if b.next++; b.next == b.end {
		p.blocks = p.blocks[1:]
	}
	return id
}

// fewIDs is when the next block is asked for.
const fewIDs = 100

func (p *producerIDs) low() bool {
	return len(p.blocks) == 0 || len(p.blocks) == 1 && p.blocks[0].end-p.blocks[0].next < fewIDs
}

func (p *producerIDs) allocate(s *Server) {
	build := func() *msg.AllocateProducerIDs { return &msg.AllocateProducerIDs{Node: s.Node} }
	decide(s, allocationTimeout, build, func(q *msg.AllocateProducerIDs, err error) {
		if err != nil {
			p.allocated(idBlock{}, err)
			return
		}
		p.allocated(idBlock{q.First, q.First + q.Count}, nil)
	})
}

// allocated takes the controller's answer, and serves those who wait.
func (p *producerIDs) allocated(b idBlock, err error) {
	p.mu.Lock()
	p.asking = false
	if b.next < b.end {
		p.blocks = append(p.blocks, b)
	}
	waiting := p.waiting
	ids := make([]int64, 0, len(waiting))
	for err == nil && len(ids) < len(waiting) && len(p.blocks) > 0 {
		ids = append(ids, p.pop())
	}
	p.waiting = nil
	p.mu.Unlock()
	for i, f := range waiting {
		if i < len(ids) {
			f(ids[i], nil)
		} else {
			f(-1, kerr.CoordinatorLoadInProgress)
		}
	}
}
