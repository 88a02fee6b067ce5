package partitions

import (
	"testing"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/wal"
)

func TestWantsOnlyWhatItDoesNotHave(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.append(1, 5, 0, 1)
	g.settle()
	g.cut[2], g.cut[3] = true, true
	g.append(1, 5, 1, 1)
	g.flush(1, -1)
	c := g.members[1].core
	last := g.logs[1].LastIndex()
	for _, want := range []struct {
		index, term uint64
		yes         bool
	}{{last - 1, 1, false}, {last - 1, 9, false}, {last, 1, false}, {last, 2, true}, {last + 1, 1, true}} {
		if got := c.Wants(want.index, want.term); got != want.yes {
			t.Errorf("a snapshot up to %d of term %d: %v; committed up to %d", want.index, want.term, got, c.commit)
		}
	}
}

// segmented is a log that says that it has segments of some entries and bytes.
type segmented struct {
	*memLog
	segments []wal.Segment
}

func (l *segmented) Segments() []wal.Segment { return l.segments }

func segmentsOf(n int, bytes int64) (out []wal.Segment) {
	for i := range n {
		out = append(out, wal.Segment{FirstIndex: uint64(1 + i), Bytes: bytes})
	}
	return out
}

// Files are for those who miss the first file and much more, and are asked for by the leader alone, not to apply an entry.
func TestFarBehind(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.append(1, 5, 0, 1)
	g.append(1, 5, 1, 1)
	g.settle()
	leader, follower := g.members[1].core, g.members[2].core
	files := func() (*raftpb.Snapshot, error) { return nil, raft.ErrSnapshotTemporarilyUnavailable }
	for name, c := range map[string]struct {
		core     *Core
		index    uint64
		segments []wal.Segment
		none     bool
		want     bool
	}{
		"many segments":                {core: leader, index: 1, segments: segmentsOf(6, 1), want: true},
		"few small segments":           {core: leader, index: 1, segments: segmentsOf(5, 1)},
		"few large segments":           {core: leader, index: 1, segments: segmentsOf(3, filesFromBytes/2+1), want: true},
		"one large segment behind":     {core: leader, index: 1, segments: segmentsOf(2, filesFromBytes)},
		"beyond the first file":        {core: leader, index: 2, segments: segmentsOf(6, 1)},
		"one segment":                  {core: leader, index: 1, segments: segmentsOf(1, 2*filesFromBytes)},
		"an entry that is not applied": {core: leader, index: leader.applied + 1, segments: append([]wal.Segment{{FirstIndex: 1}}, segmentsFrom(leader.applied+2, 9)...)},
		"a follower":                   {core: follower, index: 1, segments: segmentsOf(6, 1)},
		"no files to send":             {core: leader, index: 1, segments: segmentsOf(6, 1), none: true},
	} {
		c.core.Log, c.core.Snapshots = &segmented{memLog: newMemLog(), segments: c.segments}, files
		if c.none {
			c.core.Snapshots = nil
		}
		if got := c.core.farBehind(c.index); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func segmentsFrom(first uint64, n int) []wal.Segment {
	out := segmentsOf(n, 1)
	for i := range out {
		out[i].FirstIndex += first - 1
	}
	return out
}
