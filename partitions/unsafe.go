package partitions

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// recovered tells the actor that what makes it the only voter is durable, or why it may not be.
type recovered struct {
	request *msg.RecoverUnsafe
	err     error
}

func (*recovered) Bytes() int { return 0 }

// recoverUnsafe writes what makes this replica the only voter. Until that is durable, and the partition opened again, it does nothing
// else.
func (r *replica) recoverUnsafe(c *actors.Context, q *msg.RecoverUnsafe) {
	r.drain(c)
	rd, err := r.core.RecoverUnsafe(c.Now())
	if err != nil {
		q.Answer(err)
		return
	}
	if err := r.appendFrames(rd); err != nil {
		q.Answer(msg.Errorf(kerr.KafkaStorageError, "making this replica the only voter of partition %s of %s: %v", r.spec.ID, r.spec.Topic, err))
		r.fail(c, err)
	}
	r.recovering = true
	r.sign(rd)
	self := c.Self()
	r.log.Sync(rd.HardState, func(err error) {
		// An actor that has stopped has answered.
		_ = self.Post(&recovered{q, err})
	})
}

// reopen opens the partition anew, by failing.
func (r *replica) reopen(c *actors.Context, m *recovered) {
	m.request.Answer(m.err)
	r.fail(c, errors.Join(errors.New("the replica is now the only voter of its group, and is opened as that"), m.err))
}

// putOff refuses what comes while a recovery is being made durable. It reports whether it did.
func (r *replica) putOff(m msg.Message) bool {
	if _, last := m.(*recovered); last || !r.recovering {
		return false
	}
	if q, ok := m.(msg.Request); ok {
		q.Refuse(msg.Errorf(kerr.NotLeaderForPartition, "partition %s of %s is being recovered; try again", r.spec.ID, r.spec.Topic))
	}
	return true
}
