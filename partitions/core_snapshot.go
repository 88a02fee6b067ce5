package partitions

import (
	"fmt"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// filesFrom is how much a leader's log must hold, beyond the file that a member has not come through yet, for that member to be
// sent files in place of entries: segments, or bytes.
const (
	filesFromSegments = 4
	filesFromBytes    = 64 << 20
)

// SnapshotNow is the replica as of the last entry applied: what a raft snapshot says of it, without data, and the state to
// save.
func (c *Core) SnapshotNow() (*raftpb.SnapshotMetadata, []byte, error) {
	term, err := c.store.Term(c.applied)
	if err != nil {
		return nil, nil, fmt.Errorf("looking up the term of entry %d: %w", c.applied, err)
	}
	state, err := c.savedState()
	if err != nil {
		return nil, nil, err
	}
	return &raftpb.SnapshotMetadata{Index: new(c.applied), Term: new(term), ConfState: c.members.conf}, state, nil
}

// Wants reports whether a snapshot up to an entry brings the replica what it does not have. If it has that entry, its log is as
// the snapshot says up to there.
func (c *Core) Wants(index, term uint64) bool {
	if index <= c.commit {
		return false
	}
	own, err := c.store.Term(index)
	return err != nil || own != term
}

// Offered is a message with a snapshot that raft has not asked for.
func (c *Core) Offered(to uint64, s *raftpb.Snapshot) *raftpb.Message {
	return &raftpb.Message{Type: raftpb.MsgSnap.Enum(), To: new(to), From: new(c.Self), Term: new(c.term), Snapshot: s}
}

// Snapshotting reports whether this replica leads, settled or not, and raft waits for a member to take a snapshot: without that
// member the leader may have no majority to settle with.
func (c *Core) Snapshotting(id uint64) (waits bool) {
	if c.damage != nil || c.role != msg.Leader {
		return false
	}
	c.rn.WithProgress(func(member uint64, _ raft.ProgressType, p tracker.Progress) {
		waits = waits || member == id && p.State == tracker.StateSnapshot
	})
	return waits
}

// SnapshotFailed tells raft that a member takes no more of the snapshot that it was told of.
func (c *Core) SnapshotFailed(id uint64) {
	if c.Snapshotting(id) {
		c.rn.ReportSnapshot(id, raft.SnapshotFailure)
	}
}

// RepairedBy is the index of the last entry that a damaged member may have acknowledged to this replica, or to a leader before
// it. A snapshot that reaches as far makes the member forget nothing. It is for a member that acknowledges no more, whose term is
// not above the one here; ok is false at a replica that does not lead, or has no such member.
func (c *Core) RepairedBy(id, term uint64) (index uint64, ok bool) {
	if term > c.term && c.Leads() {
		// The member has seen another leader's election, which this replica must hear of: then it leads no more.
		_ = c.rn.Step(&raftpb.Message{Type: raftpb.MsgHeartbeatResp.Enum(), From: new(id), To: new(c.Self), Term: new(term)})
		return 0, false
	}
	return c.last, c.Leads() && c.members.has(id)
}

// Applied is the index of the last entry applied.
func (c *Core) Applied() uint64 { return c.applied }

// farBehind reports whether a member that needs the entry at index, which was applied here, is better served with files: it has
// not come through the first of many. Raft asks for an entry that was applied only to send it.
func (c *Core) farBehind(index uint64) bool {
	if c.Snapshots == nil || !c.Leads() || index > c.applied {
		return false
	}
	segments := c.Log.Segments()
	if len(segments) < 2 || index >= segments[1].FirstIndex {
		return false
	}
	return len(segments)-1 > filesFromSegments || sizeOf(segments[1:]) > filesFromBytes
}

func sizeOf(segments []wal.Segment) (n int64) {
	for _, s := range segments {
		n += s.Bytes
	}
	return n
}
