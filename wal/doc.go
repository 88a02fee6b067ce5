// Package wal is the log of one partition, over tidwall/wal, and what a node shares between its logs: the lock on the
// data directory, the syncer, the journal, the budgets for memory and disk.
//
// It promises that what Sync reported durable is there after a crash, byte for byte; that what is damaged is never
// returned as data; that what may have been acknowledged is never cut away; and that after a failed write or sync nothing
// is pretended. It must never interpret records beyond the frame's header, decide what is committed, or be the place where a
// reader waits for a writer. (Looking up a time opens batches, by the record package.)
//
// Place on a record's way: after raft has taken a proposal the partition's actor appends its frame here (one write,
// append.go), asks the syncer to make it durable (syncer.go), and readers fetch it from here with pread (read.go), or are told
// where in the file it lies (read_sections.go).
//
// # What is not verified again
//
// Each frame is verified when it is read, but for one case: a reader that can send a file as it lies is given the place of a
// large frame that was written by this process, or verified, in the last five minutes (verified.go). Whatever rots after that
// and before it is sent is not seen here; it is met by the batch's own checksum, where the client verifies it (the Java client
// does unless told otherwise, librdkafka does when told to: check.crcs). Five minutes is what the page cache is good for: what is read again within them was whole in memory then, and is not likely to have left it.
// After them, after a start, and once anything of the segment was found to be damaged, the frame is verified first.
//
// # The data directory
//
//	LOCK                 held by the process that uses the directory (layout.go)
//	format               the version of all this
//	clean                there only after a clean stop, until the next start
//	boot                 the kernel's boot in which the directory was last used (boot.go)
//	journal              hard states, owners and recovery points of all logs (journal_format.go)
//	ballast              space to give up when the disk is full (room.go)
//	trash/               removed logs, deleted behind (trash.go)
//	incoming/NAME/       the files of a log that another replica sends, as far as they are here (incoming.go)
//	incoming/NAME.install  says that they are the log from now on, until they have its name (install.go)
//	partitions/NAME/     one log
//	    00000000000000000001         a segment: entries from index 1 on, as tidwall/wal writes them (frame.go)
//	    00000000000000000001.index   its sparse index, a hint (sidecar_format.go)
//	    00000000000000000900.state   the owner's state as of index 900 (state.go)
//	    head                         where the log begins, once something was dropped (head.go)
//
// # How tidwall/wal is used
//
// It writes, and nothing else: one log per directory, opened at the first write, with NoSync and segments without end. So it
// never syncs in our way, never rolls, never truncates, never reads. Rolling is ours: the next file is made, empty, and
// tidwall/wal opened again finds it to be its tail. So is everything else: cutting (files are cut and never written again),
// dropping (whole files), reading, recovery. Its buffers are lent to it for the length of a write (lend.go).
//
// # What is assumed of the disk
//
//   - A sync that succeeds means that the bytes are there after a power failure. A sync that fails means nothing about what was
//     written before, ever: the node must stop (Options.Fatal), and finds out at the next start.
//   - Bytes that were written and not synced may be there after a power failure in any subset of sectors, and a file may have
//     any length between what was synced and what was written, with zeros or garbage for what is missing.
//   - Bytes that were synced are not changed by writing behind them, in the same sector or not.
//   - A name is durable when its directory was synced after it was made, removed or renamed; a rename is atomic.
//   - Any bytes may rot at any time; a CRC-32C over each entry finds that. Two copies are the business of replicas.
//   - Syncing the file system (Linux, from 5.8 on) reports what syncing each file would.
//
// # Recovery, case by case
//
// The journal has for each log a recovery point: the log up to there was synced. It is written behind the sync that it tells
// of, without a sync of its own, and durable within about a second: it lags, and never leads.
//
//   - A segment below the recovery point whose sidecar sums it up and agrees with its length and its neighbours is believed and
//     not read: it was synced, and its readers verify what they read. One whose sidecar is missing or bad is scanned.
//   - From the last point of the index within what was synced to the end of the log, every entry is verified.
//   - A bad entry beyond the recovery point is a torn end. It is cut there, with whatever lies behind it, valid or not: writes
//     that were not synced survive in any subset. What is zero, empty, cut off or garbage is bad; an empty entry is never valid.
//   - A bad entry below the recovery point, a file that is shorter than that, a missing file or directory, is damage. Nothing is
//     cut or repaired; the log opens, is served where it is whole, and refuses to be appended to. Its owner sees Damage, stops
//     voting, and fetches the log anew.
//   - Bytes that the disk refuses to read are damage wherever they lie.
//   - What was whole beyond the recovery point is synced before Open returns, as raft takes for durable what it finds.
//   - After a power failure the journal on disk may be about a second behind what was acknowledged. An entry of that last second
//     that then also rotted is taken for a torn end: that takes a power failure and a disk that lost what it had synced, at
//     once. (A killed process loses nothing of the journal.) To be sure of each cycle would take a second sync in every one.
//   - The end of the journal is cut where it is torn. Damage before that is an error at OpenStore: a vote may be lost. The last
//     record of all can't be told apart: it is taken for torn.
//   - Damage that a reader meets later is reported to it and listed; appending goes on, the owner decides.
//
// A crash in the middle of a change leaves what the next start finishes: DropHead writes the head file before it deletes, the
// oldest file first; TruncateBack takes the recovery point back, then removes the last file first, then cuts; Remove moves to
// the trash before the journal forgets; Install says durably what is to be done before it moves the old log to the trash and the
// new one to its place.
package wal
