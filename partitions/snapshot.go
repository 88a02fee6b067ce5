package partitions

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/seed-e634fa49/troupe/wal"
)

// A replica that can't be brought up by entries gets files: one that needs what the leader's log no longer has, that is new and
// far behind, or whose own log is damaged. From the leader's wish to the member's new log:
//
//	snapshot_offer.go     the leader holds the committed beginning of its log, and tells the member by a raft snapshot
//	snapshot_take.go      the member keeps the snapshot away from raft, and has the files fetched
//	snapshot_fetch.go     an actor asks for them, piece by piece, and writes them beside the log (wal.Incoming)
//	snapshot_serve.go     an actor on the leader's node reads the pieces
//	snapshot_take.go      the files take the log's place, the partition is opened from them, and only now raft sees the snapshot,
//	                      of an entry that it has: so it acknowledges it, and the leader goes on with the entries behind it
//	snapshot_repair.go    how a damaged replica asks for all that by itself
//
// What is lost on the way is asked for again; what is asked in vain runs into a time limit, and raft begins anew. What was
// fetched until then stays, and serves the next snapshot.

const (
	// pieceBytes is how much of a file travels in one frame; piecesAhead pieces are asked for before the first has come.
	pieceBytes  = 256 << 10
	piecesAhead = 4
	// transfersAtOnce bounds how many partitions of a node fetch files at the same time.
	transfersAtOnce = 4

	// mostRefusals is how often pieces may be wrong before a transfer is given up.
	mostRefusals = 3
	// offerFor is the longest that an offer is held, however busy it is: files that retention has dropped take their room that long.
	offerFor = time.Hour
)

// Times that are counted in raft's ticks, as those of elections are.
const (
	// askAgain is after how long without an answer pieces are asked for again, and how often a transfer that has to wait tells the
	// leader that it is still there. stuckAfter is after how long without progress a transfer is given up, at both ends.
	askAgain   = 20
	stuckAfter = 150
	// restAfter is how long a member that could not take a snapshot, as its disk is full or the pieces are wrong, takes no other.
	restAfter = 100
	// watchOffers is how often a leader looks after its offers, repairEvery how often a damaged replica asks.
	watchOffers = 20
	repairEvery = 10
)

// ticks is the length of n ticks.
func (h *Host) ticks(n int) time.Duration { return time.Duration(n) * h.o.TickInterval }

// snapshotData is the data of a raft snapshot. Its index is that of the manifest.
//
//	0  1  version 1
//	1  8  the number of the request that it answers (snapshot_repair.go), 0 if raft wanted it
//	9     the manifest, as wal.Manifest encodes it
type snapshotData struct {
	asked    uint64
	manifest wal.Manifest
}

const snapshotVersion = 1

func (d *snapshotData) encode() []byte {
	return d.manifest.Append(binary.BigEndian.AppendUint64([]byte{snapshotVersion}, d.asked))
}

func decodeSnapshot(p []byte) (*snapshotData, error) {
	if len(p) < 9 || p[0] != snapshotVersion {
		return nil, fmt.Errorf("reading a snapshot's description: %d bytes of an unknown version", len(p))
	}
	m, err := wal.ParseManifest(p[9:])
	if err != nil {
		return nil, fmt.Errorf("reading a snapshot's description: %w", err)
	}
	return &snapshotData{binary.BigEndian.Uint64(p[1:]), m}, nil
}
