// Package partitions is the partition: a raft group over a log, with high watermark, log start, leader epochs, idempotent
// producers, retention, and waiters. Core is a plain struct that is given events and the time and returns effects; the
// actor round it moves messages and owns the log.
//
// It promises that an acknowledged batch is committed, appears once and in its producer's order, at the offset that was
// answered; that offsets have no holes and never change content; that a view never shows more than what is committed.
// It must never look into records beyond their batch headers on the way in, nor wait inside a step for anything but its one
// write.
//
// Place on a record's way: from the session's Append through raft to the log, and by the published view to readers.
package partitions
