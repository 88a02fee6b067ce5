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
//
// # How a Core is driven
//
// Whoever owns the log gives the core events, and then does what it returns, until that is nothing. Shown without errors:
//
//	core, _ := NewCore(CoreConfig{Spec: spec, Log: log}, now)
//	if core.Only() {
//		core.Campaign() // nobody else can lead, so there is nothing to wait for
//	}
//	for event := range events {
//		switch e := event.(type) {
//		case *msg.Append:
//			core.Append(e) // only takes it: what waits is proposed together
//		case *msg.DeleteRecords:
//			core.DeleteRecords(e)
//		case *Step: // from another member of the group
//			core.Step(e.Message, e.From, now)
//		case durable: // the syncer's report: that many of the syncs asked for are done
//			core.Durable(e.syncs)
//		case tick: // only while the core is Ticking
//			core.Tick(now)
//		case *msg.Retain:
//			core.Retain(now)
//		}
//		if moreEventsWait {
//			continue
//		}
//		drain()
//		for core.CanPropose() {
//			core.Propose(now)
//			drain()
//		}
//	}
//
//	func drain() {
//		for core.HasReady() {
//			rd, _ := core.Ready(now)
//			transport.Send(rd.Messages) // the followers' disks work while ours does
//			if rd.First <= log.LastIndex() {
//				log.TruncateBack(rd.First - 1)
//			}
//			log.Append(rd.First, rd.Frames) // the one blocking write
//			if rd.Sync == SyncNow {
//				log.Sync(rd.HardState, reportDurable)
//			} else if rd.Sync == SyncLater {
//				log.SyncLater(rd.HardState)
//			}
//			if rd.Roll {
//				log.Roll()
//			}
//			log.SaveState(rd.StateIndex, rd.State)
//			log.DropHead(rd.DropBelow)
//			core.Written()
//		}
//		publish(core.State(now), log.Reader())
//		core.Answer() // after the view: who is answered can read what the answer speaks of
//	}
//
// # From an Append to its answer
//
//	core_append.go    all that waits becomes one frame: epochs and sequences are checked, offsets and leader epoch stamped
//	core_flight.go    the frame is on its way, with the requests that wait for it
//	core_ready.go     raft hands it back to be written here, and to the other members; durable, they acknowledge it
//	peers.go, wire.go between here and there: a small head of the links' own, and the frame as it lies
//	commits.go        news of a commit waits a moment for entries to go with
//	core_apply.go     it is committed: the high watermark moves, its requests are answered, producers are settled
//	view.go           what readers see of it
//	waiters.go        and how those who wait hear of it
//
// # A group and its members
//
//	core_members.go   who they are and where they live, by committed entries only
//	core_move.go      from one set of members to another, as the node assigns them
//	core_peers.go     what a leader knows of the others, and who is in sync
//	core_transfer.go  leadership is handed over, also before a node stops (host_stop.go)
//	core_elect.go     who stands for election when a leader's node is gone
//	core_lease.go     until when a leader may answer as one
//	core_rest.go      idle groups have no clock
//	core_owner.go     whose log it is, and whether it was written without syncs (owner.go)
//	core_lost.go      one that may have forgotten what it acknowledged takes no part any more
//	core_unsafe.go    the operator's last resort
//
// # What recovery does
//
// The saved state (core_state.go) is that of a committed entry. Raft starts behind it and hands over, as they are found to
// be committed, the entries that follow, whose batch headers bring producers and log start up to date. The only voter of a
// group finds that out by its own election; there is no other way of recovery, and none for a single node.
package partitions
