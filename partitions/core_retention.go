package partitions

import (
	"time"

	"github.com/seed-e634fa49/troupe/wal"
)

// upkeep is what the log needs beside appends.
type upkeep struct {
	roll      bool
	saveNow   bool
	dropBelow int64 // 0: nothing
	unsaved   int   // bytes applied since the state was last saved
	saved     time.Time
	tail      int64 // bytes written since the tail was last looked at
	// kept is the log start of the state saved last. Files below it may go once that state has had the time to reach
	// the disk: what replaying them would tell is in it.
	kept int64
}

func (u *upkeep) due() bool {
	return u.roll || u.saveNow || u.dropBelow > 0 || u.unsaved >= saveEvery
}

// keepUp adds to a Ready what is due.
func (c *Core) keepUp(out *Ready, now time.Time) error {
	u := &c.upkeep
	for _, f := range out.Frames {
		u.tail += int64(len(f))
	}
	if limit := c.Config.SegmentBytes; limit > 0 && u.tail >= limit {
		u.tail = tailOf(c.Log.Segments()).Bytes + int64(framesSize(out.Frames))
		if u.tail >= limit {
			u.roll, u.tail = true, 0
		}
	}
	out.Roll, u.roll = u.roll, false
	out.DropBelow, u.dropBelow = u.dropBelow, 0
	if u.saveNow || u.unsaved >= saveEvery || u.unsaved >= saveLeast && now.Sub(u.saved) >= savePause {
		return c.save(out, now)
	}
	return nil
}

func framesSize(frames []wal.Frame) int {
	n := 0
	for _, f := range frames {
		n += len(f)
	}
	return n
}

func tailOf(segments []wal.Segment) wal.Segment {
	if len(segments) == 0 {
		return wal.Segment{}
	}
	return segments[len(segments)-1]
}

// save puts the state as it is now into a Ready.
func (c *Core) save(out *Ready, now time.Time) error {
	if c.applied == 0 || c.damage != nil {
		return nil
	}
	p, err := c.savedState()
	if err != nil {
		return err
	}
	out.StateIndex, out.State = c.applied, p
	c.upkeep.saveNow, c.upkeep.unsaved, c.upkeep.saved = false, 0, now
	return nil
}

func (c *Core) savedState() ([]byte, error) {
	term, err := c.store.Term(c.applied)
	if err != nil {
		return nil, err
	}
	s := savedState{index: c.applied, term: term, logStart: c.logStart, members: c.members, producers: c.producers.snapshot()}
	return s.encode()
}

// Snapshot is the state to save when the replica is closed; nil if the one saved last will do.
func (c *Core) Snapshot() (index uint64, state []byte, err error) {
	if c.upkeep.unsaved == 0 && !c.upkeep.saveNow || c.applied == 0 {
		return 0, nil, nil
	}
	state, err = c.savedState()
	return c.applied, state, err
}

// HardState is raft's, with the commit index as the hint that the next recovery begins with.
func (c *Core) HardState() wal.HardState {
	return wal.HardState{Term: c.term, Vote: c.vote, Commit: c.commit}
}

// Retain applies retention: files below the log start go, and a leader moves the log start behind what has expired.
func (c *Core) Retain(now time.Time) {
	if c.damage != nil {
		return
	}
	segments := c.Log.Segments()
	if len(segments) == 0 {
		return
	}
	u := &c.upkeep
	if len(segments) > 1 && segments[0].NextOffset <= u.kept {
		u.dropBelow = u.kept
	}
	u.kept = c.logStart
	u.saveNow = u.saveNow || u.unsaved >= saveLeast
	tail := tailOf(segments)
	if c.Config.SegmentTime > 0 && tail.Bytes > 0 && now.Sub(tail.Created) >= c.Config.SegmentTime {
		u.roll = true
	}
	if !c.Leads() || !c.Config.Delete || len(c.lowerings) > 0 {
		return
	}
	start, all := c.expired(segments, now)
	if start <= c.logStart {
		return
	}
	u.roll = u.roll || all
	if err := c.proposeLogStart(start, nil); err != nil {
		c.Logger.Debug().Err(err).Msg("retention waits for a leader")
	}
}

// expired returns the offset up to which whole segments have outlived retention.ms or retention.bytes, as Kafka decides
// it: from the oldest on, up to the first that has not. all says that the tail is among them.
func (c *Core) expired(segments []wal.Segment, now time.Time) (start int64, all bool) {
	var size int64
	for _, s := range segments {
		if s.NextOffset > c.logStart {
			size += s.Bytes
		}
	}
	start = c.logStart
	for i, s := range segments {
		if s.NextOffset <= c.logStart {
			continue
		}
		large := c.Config.RetentionBytes >= 0 && size-s.Bytes >= c.Config.RetentionBytes
		if s.NextOffset > c.highWater || !large && !c.old(s, now) {
			break
		}
		size -= s.Bytes
		start, all = s.NextOffset, i == len(segments)-1
	}
	return start, all
}

// old reports whether the newest record of a segment is older than retention.ms. A timestamp in the future keeps it, as
// in Kafka.
func (c *Core) old(s wal.Segment, now time.Time) bool {
	if c.Config.RetentionTime < 0 {
		return false
	}
	newest := s.Created
	if s.MaxTimestamp >= 0 {
		newest = time.UnixMilli(s.MaxTimestamp)
	}
	return now.Sub(newest) > c.Config.RetentionTime
}
