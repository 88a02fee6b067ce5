package partitions

import (
	"encoding/binary"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// lowering is a new log start, on its way through the log.
type lowering struct {
	index   uint64
	start   int64
	request *msg.DeleteRecords // nil: retention's
}

// DeleteRecords takes a request to move the log start.
func (c *Core) DeleteRecords(d *msg.DeleteRecords) {
	start := d.Offset
	if start == -1 {
		start = c.highWater
	}
	err := c.mayLead(-1, "deleting records of")
	switch {
	case err != nil:
	case !c.Config.Delete:
		err = msg.Errorf(kerr.PolicyViolation, "deleting records of partition %s of %s: its cleanup.policy has no delete", c.ID, c.Topic)
	case start < 0 || start > c.highWater:
		err = msg.Errorf(kerr.OffsetOutOfRange, "deleting records of partition %s of %s before offset %d: the log reaches from %d to %d",
			c.ID, c.Topic, start, c.logStart, c.highWater)
	case start <= c.logStart:
		c.answerLowering(d, c.logStart, nil)
		return
	default:
		err = c.proposeLogStart(start, d)
	}
	if err != nil {
		c.answerLowering(d, -1, err)
	}
}

func (c *Core) proposeLogStart(start int64, d *msg.DeleteRecords) error {
	f := binary.BigEndian.AppendUint64(wal.NewFrame(8), uint64(start))
	wal.Frame(f).Seal(wal.KindLogStart, c.term, c.next, 0, -1)
	if err := c.rn.Propose(f); err != nil {
		return msg.Errorf(kerr.NotLeaderForPartition, "deleting records of partition %s of %s: %v; look up its leader and try again", c.ID, c.Topic, err)
	}
	c.last++
	c.lowerings = append(c.lowerings, lowering{index: c.last, start: start, request: d})
	return nil
}

// lowered answers what waited for the log start at index to be applied.
func (c *Core) lowered(index uint64) {
	for len(c.lowerings) > 0 && c.lowerings[0].index <= index {
		c.answerLowering(c.lowerings[0].request, c.logStart, nil)
		c.lowerings = c.lowerings[1:]
	}
}

func (c *Core) answerLowering(d *msg.DeleteRecords, low int64, err error) {
	if d != nil {
		c.answers = append(c.answers, answer{lower: d, low: low, err: err})
	}
}
