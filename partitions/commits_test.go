package partitions

import (
	"errors"
	"testing"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

func appTo(to, commit uint64, entries ...*raftpb.Entry) *raftpb.Message {
	return &raftpb.Message{Type: raftpb.MsgApp.Enum(), To: new(to), Commit: new(commit), Entries: entries}
}

// TestHeldCommits: news of a commit waits for entries, one for each member, and nothing else waits.
func TestHeldCommits(t *testing.T) {
	var h heldCommits
	entry := recordsEntry(9)
	for i, c := range []struct {
		m    *raftpb.Message
		held bool
		// of the member 2 and of the member 3, the commit that is held afterwards
		two, three uint64
	}{
		{appTo(2, 7), true, 7, 0},
		{appTo(3, 7), true, 7, 7},
		{appTo(2, 8), true, 8, 7},
		{heartbeat(1), false, 8, 7},
		{appTo(2, 8, entry), false, 0, 7},
		{appTo(2, 9), true, 9, 7},
		{&raftpb.Message{Type: raftpb.MsgAppResp.Enum(), To: new(uint64(3))}, false, 9, 7},
		{&raftpb.Message{Type: raftpb.MsgSnap.Enum(), To: new(uint64(3))}, false, 9, 0},
		{appTo(2, 10, entry), false, 0, 0},
	} {
		if held := h.holds(c.m); held != c.held {
			t.Errorf("step %d: held %v, want %v", i, held, c.held)
		}
		commits := map[uint64]uint64{}
		for _, m := range h.list {
			commits[m.GetTo()] = m.GetCommit()
		}
		if commits[2] != c.two || commits[3] != c.three || len(h.list) > 2 {
			t.Errorf("step %d: what is held says %v, want %d and %d", i, commits, c.two, c.three)
		}
	}
}

// TestFollowersHearOfTheLastCommit: no entries follow, and they do not wait for the heartbeat, which comes five times a second.
func TestFollowersHearOfTheLastCommit(t *testing.T) {
	w := newTown(t, 1, 2, 3)
	w.tick = 200 * time.Millisecond
	w.up(1, 2, 3)
	best := time.Hour
	for i := range 4 {
		w.fill(i, 1)
		began := time.Now()
		for id := range w.nodes {
			w.same(id)
		}
		best = min(best, time.Since(began))
	}
	if best > w.tick/2 {
		t.Errorf("the followers heard of a commit after %v at best", best)
	}
}

// TestFewMessagesForAnEntry: an entry goes to a member once and is answered once. The commit is told by the next one.
func TestFewMessagesForAnEntry(t *testing.T) {
	h := &heldCommits{}
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	sent := 0
	const entries = 20
	for i := range entries {
		g.append(1, 7, int32(i), 1)
		for quiet := false; !quiet; {
			quiet = true
			for len(g.wire) > 0 {
				quiet = false
				if h.holds(g.wire[0]) {
					g.wire = g.wire[1:]
					continue
				}
				sent++
				g.deliver(0)
			}
			for _, id := range g.voters {
				if len(g.members[id].log.pending) > 0 {
					quiet = false
					g.flush(id, -1)
				}
			}
		}
	}
	if sent != 4*entries {
		t.Errorf("%d messages for %d entries", sent, entries)
	}
	if high := g.members[1].core.State(g.now).HighWatermark; high != entries {
		t.Errorf("the high watermark is %d, want %d", high, entries)
	}
}

// TestRingKeepsWhatMembersLack: a follower keeps nothing that is applied, a leader what a member lacks whose node is there.
func TestRingKeepsWhatMembersLack(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.append(1, 7, 0, 1)
	g.settle()
	kept := func(id uint64) int { return len(g.members[id].core.store.ring.entries) }
	for _, id := range g.voters {
		if n := kept(id); n != 0 {
			t.Errorf("member %d keeps %d entries that all have", id, n)
		}
	}
	g.cut[3] = true
	for i := range 4 {
		g.append(1, 7, int32(i+1), 1)
		g.settle()
	}
	if kept(1) != 4 || kept(2) != 0 {
		t.Errorf("the leader keeps %d entries, the follower %d; member 3 lacks 4", kept(1), kept(2))
	}
	g.members[1].core.PeerDown(msg.NodeID(3), g.now)
	g.append(1, 7, 5, 1)
	g.settle()
	if kept(1) != 0 {
		t.Errorf("the leader keeps %d entries for a member whose node is away", kept(1))
	}
}

// unread is a log that nobody may read heads of.
type unread struct {
	History
	t *testing.T
}

func (u unread) Heads(lo, hi uint64, _ int) ([]wal.Frame, error) {
	u.t.Errorf("entries %d to %d were read", lo, hi)
	return nil, errors.New("they are not to be read")
}

// TestMembersAreListedWithoutReading: what a member has acknowledged is no longer in memory, and need not be read again.
func TestMembersAreListedWithoutReading(t *testing.T) {
	g := newGroup(t, 1, 2, 3)
	g.elect(1)
	g.cut[3] = true
	for i := range 3 {
		g.append(1, 7, int32(i), 1)
		g.settle()
	}
	c := g.members[1].core
	c.PeerDown(3, g.now)
	c.trim()
	c.Log = unread{c.Log, t}
	g.append(1, 7, 3, 1)
	g.deliver(0) // member 2 has not acknowledged it yet
	for _, m := range c.MemberList(g.now) {
		if m.RaftID == 2 && m.LogEnd != 3 {
			t.Errorf("member 2 ends at %d, want 3", m.LogEnd)
		}
	}
}
