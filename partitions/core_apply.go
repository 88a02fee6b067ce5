package partitions

import (
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// commitTo follows raft's commit index: the high watermark moves, and what waited for it is answered.
func (c *Core) commitTo(index uint64, now time.Time) error {
	if index <= c.commit {
		return nil
	}
	next, err := c.offsetBehind(index)
	if err != nil {
		return fmt.Errorf("committing up to %d: %w", index, err)
	}
	c.commit = index
	c.highWater = max(c.highWater, next)
	c.land(c.countInSync(now) >= c.Config.MinInsyncReplicas)
	return nil
}

// apply takes committed entries into the state, and tells raft so at once.
func (c *Core) apply(m *raftpb.Message, now time.Time) error {
	for _, e := range m.GetEntries() {
		if err := c.applyEntry(e, now); err != nil {
			return fmt.Errorf("applying entry %d: %w", e.GetIndex(), err)
		}
		c.applied, c.appliedTerm = e.GetIndex(), e.GetTerm()
		c.upkeep.unsaved += appliedSize(e)
		if e.GetTerm() == c.term {
			c.settled = true
		}
	}
	// Raft subtracts the entries' sizes from what is being applied, so they must still be whole.
	for _, r := range m.GetResponses() {
		c.deliver(r)
	}
	c.trim()
	c.pursue(now)
	return nil
}

// appliedSize is the bytes of an entry as it lies in the log.
func appliedSize(e *raftpb.Entry) int {
	if e.GetType() != raftpb.EntryNormal || len(e.GetData()) == 0 {
		return len(e.GetData())
	}
	return wal.Frame(e.GetData()).Size()
}

// trim forgets applied entries that nobody is about to ask for: a follower's all, a leader's up to the last one that every member
// whose node is there has. Of those that some member still lacks ringTarget bytes stay; the rest is read from the log.
func (c *Core) trim() {
	if c.only {
		c.recycle()
	}
	upTo := c.applied
	for i := range c.peers {
		if p := &c.peers[i]; !p.down {
			upTo = min(upTo, p.match)
		}
	}
	c.store.ring.drop(upTo)
	c.store.ring.shrink(c.applied, ringTarget)
}

// recycle gives back the memory of applied frames that were never sent to another member: nobody reads them again, but from
// the log.
func (c *Core) recycle() {
	for _, e := range c.store.ring.entries {
		if e.GetIndex() > c.applied {
			break
		}
		if e.GetIndex() >= c.alone && e.GetType() == raftpb.EntryNormal && len(e.GetData()) > 0 {
			c.Frames.Give(e.GetData())
			e.Data = nil
		}
	}
}

func (c *Core) applyEntry(e *raftpb.Entry, now time.Time) error {
	if e.GetType() != raftpb.EntryNormal {
		return c.applyMembers(e, now)
	}
	if len(e.GetData()) == 0 {
		return nil
	}
	f := wal.Frame(e.GetData())
	switch f.Kind() {
	case wal.KindRecords:
		return batchesOf(f, func(b record.Batch) {
			if idempotent(b) {
				c.producers.settle(b, e.GetIndex(), now.UnixMilli())
			}
		})
	case wal.KindLogStart:
		return c.applyLogStart(f, e.GetIndex())
	}
	return fmt.Errorf("a frame of kind %d is not known here; the other members may be of a newer version", f.Kind())
}

func (c *Core) applyLogStart(f wal.Frame, index uint64) error {
	if len(f.Payload()) != 8 {
		return fmt.Errorf("a log start takes 8 bytes, not %d", len(f.Payload()))
	}
	start := int64(binary.BigEndian.Uint64(f.Payload()))
	if start > c.highWater {
		return fmt.Errorf("log start %d lies behind the high watermark, %d", start, c.highWater)
	}
	if start > c.logStart {
		c.logStart = start
		c.upkeep.saveNow = true
	}
	c.lowered(index)
	return nil
}
