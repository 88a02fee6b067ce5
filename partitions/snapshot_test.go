package partitions

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// left is a group of three of which one node is down, and the beginning of what it misses is gone.
func left(t *testing.T, rate int64) (w *town, lost msg.NodeID) {
	w = newTown(t, 1, 2, 3)
	w.rate = rate
	w.up(1, 2, 3)
	w.fill(0, 5)
	lost = w.follower()
	w.same(lost) // it learns of the last commit a moment after the leader
	w.down(lost)
	w.fill(5, 70)
	w.forget(12_000)
	return w, lost
}

// pieceOf tells what a frame says about files.
func pieceOf(k link.Kind, p []byte) (*fileFrame, bool) {
	if k != link.Files {
		return nil, false
	}
	f, err := decodeFileFrame(p)
	return f, err == nil
}

func TestMemberThatMissedWhatIsGoneGetsTheFiles(t *testing.T) {
	w, lost := left(t, 0)
	w.up(lost)
	w.same(lost)
	if w.state(lost).LogStart == 0 {
		t.Error("the log of the member that was away was not replaced")
	}
	if in, out := w.nodes[lost].host.Stats().FileBytesIn, w.nodes[w.leader()].host.Stats().FileBytesOut; in == 0 || out < in {
		t.Errorf("counted are %d bytes of files that came, and %d that went", in, out)
	}
	w.fill(75, 10)
	w.same(lost)
	w.down(lost)
	w.up(lost)
	w.same(lost)
	if moved := w.spoils(nil); moved == 0 || moved > 1<<20 {
		t.Errorf("%d bytes of files came", moved)
	}
}

// What is left of a transfer is deleted, and the leader lets go of what it has held.
func TestNothingIsLeftOfATransfer(t *testing.T) {
	w, lost := left(t, 0)
	w.up(lost)
	w.same(lost)
	l := w.nodes[w.leader()].host.files
	w.eventually("the leader to let go of its offers", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.offers) == 0
	})
	w.eventually("the member to clean up", func() bool {
		entries, err := os.ReadDir(filepath.Join(w.dir(lost), "incoming"))
		return err == nil && len(entries) == 0 && len(w.nodes[lost].host.Transfers()) == 0
	})
}

func TestNewMemberGetsALongLogAsFilesAndAShortOneAsEntries(t *testing.T) {
	for _, c := range []struct {
		batches int
		files   bool
	}{{10, false}, {50, true}} {
		t.Run(fmt.Sprint(c.batches), func(t *testing.T) { newMember(t, c.batches, c.files) })
	}
}

func newMember(t *testing.T, batches int, files bool) {
	w := newTown(t, 1, 2, 3)
	w.up(1, 2, 3)
	w.fill(0, batches)
	for id := msg.NodeID(1); id <= 3; id++ { // so that the log is not in memory
		w.down(id)
	}
	w.up(1, 2, 3, 4)
	w.leader()
	w.assign(1, 2, 3, 4)
	w.same(4)
	if moved := w.spoils(nil); moved > 0 != files {
		t.Errorf("%d batches: %d bytes of files came", batches, moved)
	}
	w.fill(batches, 5)
	w.same(4)
	// Its log is as good as the others': it goes on without files.
	w.down(4)
	w.fill(batches+5, 5)
	w.up(4)
	w.same(4)
	if moved := w.spoils(nil); moved > 0 {
		t.Errorf("%d batches: %d bytes of files came to a member that had missed a little", batches, moved)
	}
}

// stopAfter holds all pieces back once some bytes of them have come, and closes the channel then.
func (w *town) stopAfter(limit int64) <-chan struct{} {
	var sum atomic.Int64
	stopped := make(chan struct{})
	w.spoils(func(_, _ msg.NodeID, k link.Kind, p []byte) []byte {
		if f, ok := pieceOf(k, p); ok && f.says == herePiece {
			before := sum.Load()
			if before >= limit {
				return nil
			}
			if after := sum.Add(int64(f.count)); after >= limit {
				close(stopped)
			}
		}
		return p
	})
	return stopped
}

// A transfer that is broken off goes on where it was: after the member was killed, and when another node leads.
func TestTransferGoesOnWhereItWasBrokenOff(t *testing.T) {
	for name, breakOff := range map[string]func(w *town, lost msg.NodeID){
		"the member was killed": func(w *town, lost msg.NodeID) {
			w.kill(lost)
			w.spoils(nil)
			w.up(lost)
		},
		"the leader was killed": func(w *town, _ msg.NodeID) {
			l := w.leader()
			w.kill(l)
			w.spoils(nil)
			w.up(l)
		},
		"nothing came for long": func(w *town, _ msg.NodeID) {
			gave := make(chan struct{}, 100)
			w.spoils(func(_, _ msg.NodeID, k link.Kind, p []byte) []byte {
				f, ok := pieceOf(k, p)
				if ok && f.says == gaveUp {
					gave <- struct{}{}
				}
				if ok && f.says == herePiece {
					return nil
				}
				return p
			})
			await(w.t, first(gave), "the member to give up")
			w.spoils(nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, lost := left(t, 0)
			all := w.sizeAt(w.leader())
			stopped := w.stopAfter(all * 2 / 3)
			w.up(lost)
			await(t, stopped, "some pieces")
			w.mu.Lock()
			before := w.moved
			w.mu.Unlock()
			breakOff(w, lost)
			w.spoils(func(_, _ msg.NodeID, _ link.Kind, p []byte) []byte { return p })
			w.same(lost)
			if after := w.spoils(nil); after == 0 || before+after > all*5/4 {
				t.Errorf("%d bytes came before and %d after, of a log of %d", before, after, all)
			}
		})
	}
}

// When the leader's node says that it offers the files no longer, the member does not wait for them.
func TestMemberDoesNotWaitForWhatIsOfferedNoLonger(t *testing.T) {
	w, lost := left(t, 0)
	stopped := w.stopAfter(100 << 10)
	w.up(lost)
	await(t, stopped, "some pieces")
	w.nodes[w.leader()].host.files.closeOffers(townID, func(*heldOffer) bool { return true })
	gave := make(chan struct{}, 100)
	w.spoils(func(_, _ msg.NodeID, k link.Kind, p []byte) []byte {
		if f, ok := pieceOf(k, p); ok && f.says == gaveUp {
			gave <- struct{}{}
		}
		return p
	})
	began := time.Now()
	await(t, first(gave), "the member to give up")
	if took, most := time.Since(began), w.nodes[lost].host.ticks(stuckAfter)*2/3; took > most {
		t.Errorf("it waited for %v", took)
	}
	w.same(lost)
}

func (w *town) sizeAt(id msg.NodeID) int64 { return w.state(id).Size }

// Retention goes on while files are fetched, and neither waits for the other.
func TestRetentionRacesATransfer(t *testing.T) {
	w, lost := left(t, 400<<10)
	w.up(lost)
	w.eventually("a transfer", func() bool { return len(w.nodes[lost].host.Transfers()) > 0 })
	for below := int64(14_000); below <= 40_000; below += 2_000 {
		w.forget(below)
	}
	w.same(lost)
}

// Who asks keeps to its node's limit, and who serves to its own.
func TestTransferIsThrottledAndSeen(t *testing.T) {
	const rate = 300 << 10
	t.Run("where it is asked for", func(t *testing.T) { throttled(t, 0, rate) })
	t.Run("where it is served", func(t *testing.T) { throttled(t, rate, 0) })
}

func throttled(t *testing.T, served, asked int64) {
	rate := max(served, asked)
	w, lost := left(t, served)
	w.rate = asked
	began := time.Now()
	w.up(lost)
	seen, told, shown := map[int64]bool{}, map[string]bool{}, map[string]bool{}
	w.eventually("the transfer", func() bool {
		for _, tr := range w.nodes[lost].host.Transfers() {
			if tr.ID != townID || tr.From != w.leader() || tr.Here > tr.Bytes || tr.Waits {
				t.Errorf("a transfer that can't be: %+v", tr)
			}
			seen[tr.Here] = true
		}
		told[w.doing(w.leader(), lost)], shown[w.doing(lost, lost)] = true, true
		return w.state(lost).LogStart > 0
	})
	took := time.Since(began)
	w.same(lost)
	moved := w.spoils(nil)
	if least := time.Duration(moved-rate) * time.Second / time.Duration(rate); took < least {
		t.Errorf("%d bytes came within %v", moved, took)
	}
	if asked > 0 && len(seen) < 5 {
		t.Errorf("its progress was seen at %v", seen)
	}
	if !beginsOneOf(told, "snapshot ") || !beginsOneOf(shown, "fetching ") {
		t.Errorf("the leader says of the member that it is %v, the member itself %v", told, shown)
	}
	w.eventually("nothing to be done", func() bool { return w.doing(w.leader(), lost) == "" && w.doing(lost, lost) == "" })
}

// doing is what a node says that a member does.
func (w *town) doing(at, who msg.NodeID) string {
	p, _ := w.nodes[at].host.Partition(townID)
	for _, m := range p.View().Members() {
		if m.Node == who {
			return m.Doing
		}
	}
	return ""
}

func beginsOneOf(all map[string]bool, with string) bool {
	for s := range all {
		if strings.HasPrefix(s, with) {
			return true
		}
	}
	return false
}

// A link that spoils, loses or doubles frames costs time, and nothing else.
func TestTransferOverABadLink(t *testing.T) {
	for name, spoil := range map[string]func(n int64, p []byte) []byte{
		"flipped": func(n int64, p []byte) []byte {
			if n%7 == 3 {
				p = bytes.Clone(p)
				p[len(p)/2] ^= 1
			}
			return p
		},
		"lost": func(n int64, p []byte) []byte {
			if n%7 == 3 {
				return nil
			}
			return p
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, lost := left(t, 0)
			var n atomic.Int64
			w.spoils(func(_, _ msg.NodeID, k link.Kind, p []byte) []byte {
				if k != link.Files {
					return p
				}
				return spoil(n.Add(1), p)
			})
			w.up(lost)
			w.same(lost)
		})
	}
}

// The raft message that tells of a snapshot may be lost, and come again when it is old.
func TestSnapshotIsLostAndRepeated(t *testing.T) {
	w, lost := left(t, 0)
	var told []byte
	var from msg.NodeID
	w.spoils(func(f, to msg.NodeID, k link.Kind, p []byte) []byte {
		if k == link.RaftEntries && to == lost && isSnapshot(p) && told == nil {
			told, from = p, f
			return nil
		}
		return p
	})
	w.up(lost)
	w.same(lost)
	w.spoils(nil)
	w.nodes[lost].mu.Lock()
	take := w.nodes[lost].takes[link.RaftEntries]
	w.nodes[lost].mu.Unlock()
	take(from, bytes.Clone(told))
	w.fill(75, 5)
	w.same(lost)
	if moved := w.spoils(nil); moved > 0 {
		t.Errorf("%d bytes of files came for a snapshot that brought nothing", moved)
	}
}

func isSnapshot(p []byte) bool {
	r, err := decodeBulk(p)
	return err == nil && r.step.Message.GetType() == raftpb.MsgSnap
}

// A member whose disk is full stays as it is, and takes the files when there is room.
func TestMemberWithAFullDisk(t *testing.T) {
	w, lost := left(t, 0)
	gave := make(chan struct{}, 100)
	w.spoils(func(_, _ msg.NodeID, k link.Kind, p []byte) []byte {
		if f, ok := pieceOf(k, p); ok && f.says == gaveUp {
			gave <- struct{}{}
		}
		return p
	})
	w.full = lost
	w.up(lost)
	await(t, first(gave), "the member to give up")
	began := time.Now()
	if s := w.state(lost); s.Err != nil || s.HighWatermark != 5*batchRecords {
		t.Errorf("the member is not as it was: %+v", s)
	}
	await(t, first(gave), "the member to give up again")
	if rested, least := time.Since(began), w.nodes[lost].host.ticks(restAfter); rested < least*9/10 {
		t.Errorf("it tried again within %v, and is to rest for %v", rested, least)
	}
	w.nodes[lost].disk.set(false)
	w.same(lost)
}

func TestHardStateAfterASnapshot(t *testing.T) {
	for _, c := range []struct {
		term      uint64
		want, was wal.HardState
	}{
		{term: 4, was: wal.HardState{Term: 4, Vote: 2, Commit: 1}, want: wal.HardState{Term: 4, Vote: 2, Commit: 9}},
		{term: 5, was: wal.HardState{Term: 4, Vote: 2, Commit: 1}, want: wal.HardState{Term: 5, Commit: 9}},
	} {
		m := &raftpb.Message{Term: new(c.term), Snapshot: &raftpb.Snapshot{Metadata: &raftpb.SnapshotMetadata{Index: new(uint64(9))}}}
		if got := hardStateAfter(c.was, m); got != c.want {
			t.Errorf("%+v becomes %+v, want %+v", c.was, got, c.want)
		}
	}
}

func first(c chan struct{}) <-chan struct{} {
	done := make(chan struct{})
	go func() { <-c; close(done) }()
	return done
}

// More partitions than may fetch at once wait for each other, and their leader for them.
func TestTransfersWaitForEachOther(t *testing.T) {
	f := &files{fetching: map[msg.TopicPartition]*Transfer{}}
	var all []*fetcher
	for range transfersAtOnce + 1 {
		x := &fetcher{files: f, state: &Transfer{Waits: true}}
		x.claim()
		all = append(all, x)
	}
	last := all[transfersAtOnce]
	if !all[0].running || last.running || !last.state.Waits {
		t.Fatalf("running: %v, the last one: %v", all[0].running, last.running)
	}
	all[0].end(nil)
	last.claim()
	if !last.running || last.state.Waits {
		t.Error("the last one does not take the place that became free")
	}
}

func TestFileFramesAreReadAsTheyWereSent(t *testing.T) {
	for _, f := range []fileFrame{
		{says: wantPiece, id: townID, index: 9, file: 1 << 40, at: 77, count: pieceBytes, bytes: []byte{}},
		{says: herePiece, id: townID, index: 9, file: 3, at: 1 << 50, count: 3, bytes: []byte("abc")},
		{says: isDamaged, id: msg.TopicPartition{Partition: -1}, bytes: []byte{}},
	} {
		sent := append(f.encode(), f.bytes...)
		got, err := decodeFileFrame(sent)
		if err != nil || !reflect.DeepEqual(*got, f) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, f)
		}
		for i := range sent {
			bad := bytes.Clone(sent)
			bad[i] ^= 1
			if _, err := decodeFileFrame(bad); err == nil {
				t.Errorf("a change of byte %d goes unnoticed", i)
			}
		}
	}
	for name, f := range map[string]fileFrame{
		"nothing known":        {says: 7},
		"nothing at all":       {},
		"a count too large":    {says: wantPiece, count: pieceBytes + 1},
		"bytes without reason": {says: wantPiece, count: 1, bytes: []byte{1}},
		"too few bytes":        {says: herePiece, count: 2, bytes: []byte{1}},
	} {
		if _, err := decodeFileFrame(append(f.encode(), f.bytes...)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzFileFrame(f *testing.F) {
	f.Add((&fileFrame{says: herePiece, id: townID, count: 0}).encode())
	f.Fuzz(func(t *testing.T, p []byte) {
		_, _ = decodeFileFrame(p)
		_, _ = decodeSnapshot(p)
	})
}

func TestSnapshotDataIsReadAsItWasSent(t *testing.T) {
	d := &snapshotData{asked: 5, manifest: wal.Manifest{First: 8, PrevTerm: 1, Base: 3, Last: 7, Term: 1}}
	got, err := decodeSnapshot(d.encode())
	if err != nil || !reflect.DeepEqual(got, d) {
		t.Errorf("%v: %+v", err, got)
	}
	newer := d.encode()
	newer[0]++
	for _, bad := range [][]byte{nil, newer, d.encode()[:20], binary.BigEndian.AppendUint64(d.encode(), 1)} {
		if _, err := decodeSnapshot(bad); err == nil {
			t.Errorf("%x is taken", bad)
		}
	}
}
