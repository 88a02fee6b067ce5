package controller

import (
	"time"

	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// snapshot is the leader's writing of the image into the log. Nothing else is written between its ends; a leader that finds
// one that was begun and not ended, its own or another's, begins again.
type snapshot struct {
	// rest are the records that are still to be written; nil when none is under way.
	rest []metadata.Record
	// askedAt is when the log was last asked to start at the last snapshot.
	askedAt time.Time
}

// under reports that a snapshot is under way: the log's end is inside of one, or will be.
func (c *core) snapshotUnder() bool { return c.image.SnapshotOpen() || c.snapshot.rest != nil }

// snapshotDue reports that the log has become much longer than a snapshot would be.
func (c *core) snapshotDue() bool {
	begin, end := c.image.LastSnapshot()
	written := c.image.Offset() - max(end, c.start-1)
	return written >= c.settings.SnapshotRecords && written >= 4*c.image.Live() && c.image.Level() >= 2 && begin <= c.start
}

// goOnWithSnapshot proposes the next batch of a snapshot. Its first record begins its batch: the log can start there.
func (c *core) goOnWithSnapshot() {
	s := &c.snapshot
	if s.rest == nil {
		s.rest = append(append([]metadata.Record{metadata.SnapshotBegun{}}, c.image.Snapshot()...), metadata.SnapshotEnded{})
	}
	var batch []record.Record
	size := 0
	for len(s.rest) > 0 && len(batch) < fullRoundRecords && size < fullRoundBytes {
		r := metadata.Encode(s.rest[0])
		batch, s.rest = append(batch, r), s.rest[1:]
		size += len(r.Key) + len(r.Value)
	}
	if len(s.rest) == 0 {
		s.rest = nil
	}
	c.propose(batch, nil)
	c.flight.snapshot = true
}

// snapshotFailed gives up the snapshot under way: it is begun again when the log takes something. Who waits for it to end
// hears why it does not.
func (c *core) snapshotFailed(err error) {
	c.snapshot.rest = nil
	for _, q := range c.waiting {
		c.answer(q, err)
	}
	c.waiting = nil
}

// shortenLog asks the log to start at the last whole snapshot, and again while it does not.
func (c *core) shortenLog() {
	begin, _ := c.image.LastSnapshot()
	if begin <= c.start || c.now.Sub(c.snapshot.askedAt) < tellAgain {
		return
	}
	c.snapshot.askedAt = c.now
	c.out.deleteBefore = begin
}
