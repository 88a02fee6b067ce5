package controller

import (
	"math"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// producerIDBlock is how many producer ids a node is given at a time, as in Kafka (KIP-730).
const producerIDBlock = 1000

// allocateProducerIDs decides AllocateProducerIDs: the next block. What a node does not use of it is never given out again.
func (r *round) allocateProducerIDs(q *msg.AllocateProducerIDs) {
	first := r.image().NextProducerID()
	if first > math.MaxInt64-producerIDBlock {
		r.refuse(q, msg.Errorf(kerr.UnknownServerError, "allocating producer ids: all %d of them are given out", first))
		return
	}
	q.First, q.Count = first, producerIDBlock
	r.grant(q, metadata.ProducerIDsAllocated{Node: q.Node, Next: first + producerIDBlock})
}
