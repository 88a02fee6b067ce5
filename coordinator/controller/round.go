package controller

import (
	"encoding/binary"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// A request may cause as many records as Kafka lets it (10,000 in QuorumController), and half of what the metadata log
// takes as one batch. A round takes on requests until it is much smaller than that, so a batch stays below their sum.
const (
	maxRequestRecords = 10_000
	maxRequestBytes   = 4 << 20
	fullRoundRecords  = 1_000
	fullRoundBytes    = 1 << 20
)

// randomness is where topic ids and the start of placements come from.
type randomness interface{ Read([]byte) (int, error) }

// round is the requests that are decided together. Each is checked against the draft: the image with everything that the
// ones before it change. What is refused writes nothing.
type round struct {
	core   *core
	draft  *metadata.Draft
	self   msg.NodeID
	static map[string]string
	random randomness

	records []record.Record
	bytes   int
	// broker are the values of this node's configs, until one is altered; nil if nobody has asked.
	broker map[string]string
	// refused are the requests that failed as a whole.
	refused map[ask]error
	// The budget of the request in hand.
	recordsLeft, bytesLeft int
}

func (c *core) newRound() *round {
	return &round{core: c, draft: c.image.Draft(), self: c.node.ID, static: c.static, random: c.random, refused: map[ask]error{}}
}

func (r *round) image() *metadata.Image { return r.draft.Image() }

func (r *round) full() bool {
	return len(r.records) >= fullRoundRecords || r.bytes >= fullRoundBytes
}

// decide decides one request: what it causes is written, what is refused is said in its items.
func (r *round) decide(q ask) {
	r.recordsLeft, r.bytesLeft = maxRequestRecords, maxRequestBytes
	switch q := q.(type) {
	case *msg.CreateTopics:
		r.createTopics(q)
	case *msg.DeleteTopics:
		r.deleteTopics(q)
	case *msg.CreatePartitions:
		r.createPartitions(q)
	case *msg.AlterConfigs:
		r.alterConfigs(q)
	case *msg.AllocateProducerIDs:
		r.allocateProducerIDs(q)
	case *msg.RegisterNode:
		r.registerNode(q)
	case *msg.JoinCluster:
		r.joinCluster(q)
	case *msg.Heartbeat:
		r.stopNode(q)
	case *msg.ChangeNode:
		r.changeNode(q)
	case *msg.AlterAssignments:
		r.alterAssignments(q)
	case *msg.MoveDone:
		r.moveDone(q)
	case *msg.PartitionRecovered:
		r.partitionRecovered(q)
	case *msg.ReplicaLost:
		r.replicaLost(q)
	case *msg.BalanceCluster:
		r.core.balanceCluster(r, q)
	default:
		r.refuse(q, msg.Errorf(kerr.InvalidRequest, "the controller knows no request %T: ask a newer one", q))
	}
}

// refuse fails a request as a whole.
func (r *round) refuse(q ask, err error) { r.refused[q] = err }

// grant makes the changes that a request asks for, or refuses it.
func (r *round) grant(q ask, changes ...metadata.Record) {
	if err := r.write(changes, false); err != nil {
		r.refuse(q, err)
	}
}

// write makes changes that have been found valid: all of them, or none where the request's budget is over. In a request
// that only validates, that is all that is checked.
func (r *round) write(changes []metadata.Record, validateOnly bool) error {
	encoded := make([]record.Record, len(changes))
	size := 0
	for i, change := range changes {
		encoded[i] = metadata.Encode(change)
		size += len(encoded[i].Key) + len(encoded[i].Value)
	}
	if len(changes) > r.recordsLeft || size > r.bytesLeft {
		return tooLarge(len(changes), size)
	}
	r.recordsLeft -= len(changes)
	r.bytesLeft -= size
	if validateOnly {
		return nil
	}
	for _, change := range changes {
		if err := r.draft.Apply(change); err != nil {
			panic(fmt.Sprintf("controller: its own decision does not apply: %v", err))
		}
	}
	r.records = append(r.records, encoded...)
	r.bytes += size
	return nil
}

// tooMany refuses the items of a request beyond those that could all be granted: each costs the controller time even if it
// is refused.
func tooMany(item int) error {
	if item < maxRequestRecords {
		return nil
	}
	return msg.Errorf(kerr.PolicyViolation, "unable to perform an excessively large batch operation: one request may name %d items: split the request", maxRequestRecords)
}

func tooLarge(records, size int) error {
	return msg.Errorf(kerr.PolicyViolation, "unable to perform an excessively large batch operation: it takes %d changes in %d bytes, where one request may cause %d in %d bytes: split the request", records, size, maxRequestRecords, maxRequestBytes)
}

// must writes a change that no request asked for.
func (r *round) must(change metadata.Record) {
	r.recordsLeft, r.bytesLeft = maxRequestRecords, maxRequestBytes
	if err := r.write([]metadata.Record{change}, false); err != nil {
		panic("controller: " + err.Error())
	}
}

// drawStart draws where on the ring of n nodes a placement begins.
func (r *round) drawStart(n int) (int, error) {
	var raw [4]byte
	if err := r.draw(raw[:]); err != nil {
		return 0, err
	}
	return int(binary.BigEndian.Uint32(raw[:]) % uint32(n)), nil
}

// drawTopicID draws an id that no topic has. As Kafka's, it does not begin with a dash, which a command line would take for
// a flag.
func (r *round) drawTopicID() (msg.TopicID, error) {
	for range 16 {
		var id msg.TopicID
		if err := r.draw(id[:]); err != nil {
			return id, err
		}
		_, taken := r.image().TopicByID(id)
		if !taken && id != (msg.TopicID{}) && id != msg.MetadataTopicID && id.String()[0] != '-' {
			return id, nil
		}
	}
	return msg.TopicID{}, msg.Errorf(kerr.UnknownServerError, "drawing a topic id: sixteen draws gave none that is free: the source of randomness is broken")
}

func (r *round) draw(into []byte) error {
	if n, err := r.random.Read(into); err != nil || n < len(into) {
		return msg.Errorf(kerr.UnknownServerError, "drawing %d random bytes: got %d, error %v", len(into), n, err)
	}
	return nil
}
