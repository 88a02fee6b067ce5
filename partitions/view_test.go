package partitions

import (
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// shown is the view of a leader of epoch 3 over eight records, of which six are committed, five stable, and two deleted:
//
//	offsets  0 1 | 2 3 4 | 5 | 6 7
//	         gone          LSO  HW
//
// Offsets 0 to 3 were written in epoch 1, at times 10, 20, 30, 40, the others in epoch 3, at 35, 50, 60, 70.
func shown(t *testing.T) *view {
	t.Helper()
	g := newGroup(t, 1)
	g.lead()
	for i, ts := range []int64{10, 20, 30, 40} {
		g.members[1].core.Append(&msg.Append{Batches: batches(produced(-1, 0, 0, 1, ts)), LeaderEpoch: -1, Slot: i})
	}
	g.after(1)
	g.settle()
	for range 2 {
		g.logs[1].crash(100)
		g.open(1)
		g.lead()
	}
	for _, ts := range []int64{35, 50, 60, 70} {
		g.members[1].core.Append(&msg.Append{Batches: batches(produced(-1, 0, 0, 1, ts)), LeaderEpoch: -1})
		g.after(1)
	}
	v := &view{id: testID, topic: "t", state: g.members[1].core.State(g.now), reader: g.logs[1].Reader()}
	v.state.LogStart, v.state.LastStable, v.state.HighWatermark = 2, 5, 6
	return v
}

func TestViewReadsWithinItsBounds(t *testing.T) {
	v := shown(t)
	for _, c := range []struct {
		offset int64
		iso    msg.Isolation
		first  int64 // offset of the first batch, -1: nothing
		count  int
		err    error
	}{
		{1, msg.ReadUncommitted, -1, 0, kerr.OffsetOutOfRange},
		{2, msg.ReadUncommitted, 2, 4, nil},
		{5, msg.ReadUncommitted, 5, 1, nil},
		{6, msg.ReadUncommitted, -1, 0, nil},
		{7, msg.ReadUncommitted, -1, 0, kerr.OffsetOutOfRange},
		{2, msg.ReadCommitted, 2, 3, nil},
		{5, msg.ReadCommitted, -1, 0, nil},
		{6, msg.ReadCommitted, -1, 0, nil},
	} {
		res, err := v.Read(msg.ReadRequest{Offset: c.offset, MaxBytes: 1 << 20, Isolation: c.iso})
		if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) || len(res.Chunks) != c.count {
			t.Errorf("read from %d at isolation %d: %d batches, %v; want %d, %v", c.offset, c.iso, len(res.Chunks), err, c.count, c.err)
		}
		if c.count > 0 && batches(res.Chunks[0])[0].BaseOffset() != c.first {
			t.Errorf("read from %d: the first batch is another", c.offset)
		}
		res.Release()
	}
}

// TestNothingNewTakesNoRead: the usual poll finds nothing, and costs no look at the log.
func TestNothingNewTakesNoRead(t *testing.T) {
	v := &view{state: msg.State{LastStable: 3, HighWatermark: 5}, reader: struct{ Reader }{}}
	for offset, iso := range map[int64]msg.Isolation{5: msg.ReadUncommitted, 3: msg.ReadCommitted} {
		if res, err := v.Read(msg.ReadRequest{Offset: offset, Isolation: iso}); err != nil || res.Bytes != 0 {
			t.Errorf("read at %d: %d bytes, %v", offset, res.Bytes, err)
		}
	}
}

func TestViewFindsTimesAndEpochs(t *testing.T) {
	v := shown(t)
	if got, err := v.OffsetForTime(15, msg.ReadUncommitted); err != nil || got != (msg.TimedOffset{Offset: 2, Timestamp: 30, Epoch: 1}) {
		t.Errorf("first record from time 15 on: %+v, %v", got, err)
	}
	if got, err := v.OffsetForTime(45, msg.ReadUncommitted); err != nil || got != (msg.TimedOffset{Offset: 5, Timestamp: 50, Epoch: 3}) {
		t.Errorf("first record from time 45 on: %+v, %v", got, err)
	}
	if got, err := v.OffsetForTime(45, msg.ReadCommitted); err != nil || got != nowhere {
		t.Errorf("first stable record from time 45 on: %+v, %v", got, err)
	}
	if got, err := v.MaxTimestamp(); err != nil || got != (msg.TimedOffset{Offset: 5, Timestamp: 50, Epoch: 3}) {
		t.Errorf("greatest time: %+v, %v", got, err)
	}
	for _, c := range []struct {
		epoch, found int32
		end          int64
	}{{-1, -1, -1}, {0, -1, -1}, {1, 1, 4}, {2, 2, 4}, {3, 3, 6}, {4, -1, -1}} {
		if found, end := v.EndOffsetForEpoch(c.epoch); found != c.found || end != c.end {
			t.Errorf("end of epoch %d: %d, %d; want %d, %d", c.epoch, found, end, c.found, c.end)
		}
	}
	for offset, want := range map[int64]int32{1: -1, 2: 1, 3: 1, 4: 3, 5: 3, 6: -1} {
		if got := v.EpochAt(offset); got != want {
			t.Errorf("epoch at %d: %d, want %d", offset, got, want)
		}
	}
}

func TestClosedViewSaysWhy(t *testing.T) {
	why := msg.Errorf(kerr.KafkaStorageError, "no log")
	v := closedView(Spec{ID: testID}, why)
	if v.State().Err != error(why) || v.State().Leader != msg.NoNode {
		t.Errorf("state: %+v", v.State())
	}
	if res, err := v.Read(msg.ReadRequest{}); err != error(why) || res.Release == nil {
		t.Errorf("read: %v", err)
	}
	if _, err := v.OffsetForTime(1, 0); err != error(why) {
		t.Errorf("time: %v", err)
	}
	if _, err := v.MaxTimestamp(); err != error(why) {
		t.Errorf("max: %v", err)
	}
}
