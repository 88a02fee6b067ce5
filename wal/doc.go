// Package wal is the log of one partition, over tidwall/wal, and what a node shares between its logs: the lock on the
// data directory, the syncer, the journal, the budgets for memory and disk.
//
// It promises that what Sync reported durable is there after a crash, byte for byte; that what is damaged is never
// returned as data; that what may have been acknowledged is never cut away; and that after a failed write or sync nothing
// is pretended. It must never interpret records beyond the frame's header, decide what is committed, or be the place where a
// reader waits for a writer.
//
// Place on a record's way: after raft has taken a proposal the partition's actor appends its frame here (one write), asks
// the syncer to make it durable, and readers fetch it from here with pread.
package wal
