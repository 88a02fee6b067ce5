package wal

import (
	"sync/atomic"
	"time"
)

// Stats are what a store counts, for metrics. Sums only grow while it is open.
type Stats struct {
	Cycles        int64         // of the syncer that synced something
	SyncCalls     int64         // system calls that they took
	SyncedLogs    int64         // logs that they served; over Cycles it is the group that shares a sync
	SyncTime      time.Duration // that they took
	SlowestSync   time.Duration
	AppendedBytes int64
	ReadBytes     int64 // by readers, from files or the page cache
	SentBytes     int64 // that readers were handed as sections of files
	Recoveries    int64
	RecoveryTime  time.Duration
	DirtyLogs     int // that wait for the next cycle
	OpenTails     int
	ReadFiles     int // descriptors kept for readers
	LentBuffers   int
	TailBytes     int64 // held in memory by tails; 0 while buffers are lent
	BallastHeld   bool
}

type counters struct {
	cycles, syncCalls, syncedLogs, syncNanos, slowest atomic.Int64
	appended, read, sent, recoveries, recoveryNanos   atomic.Int64
}

func (c *counters) synced(took time.Duration, logs int) {
	c.cycles.Add(1)
	c.syncedLogs.Add(int64(logs))
	c.syncNanos.Add(int64(took))
	for {
		old := c.slowest.Load()
		if int64(took) <= old || c.slowest.CompareAndSwap(old, int64(took)) {
			return
		}
	}
}

func (c *counters) opened(took time.Duration) {
	c.recoveries.Add(1)
	c.recoveryNanos.Add(int64(took))
}

// Stats returns what the store has counted, and what it holds now.
func (s *Store) Stats() Stats {
	c := &s.stats
	st := Stats{
		Cycles: c.cycles.Load(), SyncCalls: c.syncCalls.Load(), SyncedLogs: c.syncedLogs.Load(),
		SyncTime: time.Duration(c.syncNanos.Load()), SlowestSync: time.Duration(c.slowest.Load()),
		AppendedBytes: c.appended.Load(), ReadBytes: c.read.Load(), SentBytes: c.sent.Load(),
		Recoveries: c.recoveries.Load(), RecoveryTime: time.Duration(c.recoveryNanos.Load()),
		ReadFiles: s.files.count(), LentBuffers: len(s.loans.slots),
	}
	s.tails.mu.Lock()
	st.OpenTails, st.TailBytes = len(s.tails.open), s.tails.heldBytes()
	s.tails.mu.Unlock()
	s.syncer.mu.Lock()
	st.DirtyLogs = len(s.syncer.urgent) + len(s.syncer.later)
	s.syncer.mu.Unlock()
	s.room.mu.Lock()
	st.BallastHeld = s.room.held
	s.room.mu.Unlock()
	return st
}
