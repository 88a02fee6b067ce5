package partitions

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// replay is what a log says about its producers, read from its first frame on.
func replay(t *testing.T, frames []wal.Frame) []msg.ProducerState {
	t.Helper()
	table := newProducers(1<<40, 1<<20)
	for i, f := range frames {
		if f.Kind() != wal.KindRecords {
			continue
		}
		if err := batchesOf(f, func(b record.Batch) { table.settle(b, uint64(i+1), 1) }); err != nil {
			t.Fatal(err)
		}
	}
	return sorted(table.list())
}

func sorted(p []msg.ProducerState) []msg.ProducerState {
	slices.SortFunc(p, func(a, b msg.ProducerState) int { return int(a.ProducerID - b.ProducerID) })
	return p
}

// TestRecoveredStateIsThatOfAReplay crashes a replica at all kinds of moments. What it knows after it is what the log says,
// and what was acknowledged is there.
func TestRecoveredStateIsThatOfAReplay(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 3))
		g := newGroup(t, 1)
		g.lead()
		var asked []*request
		for range 150 {
			switch n := rng.IntN(10); {
			case n < 6:
				asked = append(asked, g.ask(1, int64(rng.IntN(3)), asked, rng))
			case n < 8:
				g.flush(1, rng.IntN(3))
			case n == 8 && rng.IntN(3) == 0:
				g.members[1].core.upkeep.saveNow = true
				g.after(1)
			case n == 9:
				g.logs[1].crash(g.logs[1].durable + uint64(rng.IntN(4)))
				g.open(1)
				g.lead()
				if got, want := sorted(g.members[1].core.Producers()), replay(t, g.logs[1].frames); !reflect.DeepEqual(got, want) && len(got)+len(want) > 0 {
					t.Fatalf("seed %d: recovered %v, the log says %v", seed, got, want)
				}
			}
		}
		g.settle()
		g.verify(asked)
	}
}

// lead makes the only member the leader.
func (g *group) lead() {
	g.t.Helper()
	if err := g.members[1].core.Campaign(); err != nil {
		g.t.Fatal(err)
	}
	g.after(1)
	g.flush(1, -1)
}

// TestStateOfALostLogIsNotTaken: under write.caching a saved state can outlive the entries it was made of.
func TestStateOfALostLogIsNotTaken(t *testing.T) {
	g := newGroup(t, 1)
	g.config.WriteCaching = true
	g.lead()
	g.members[1].core.Config.WriteCaching = true
	for i := range int32(4) {
		r := g.append(1, 5, i, 1)
		if i == 0 { // that answers are given from the cache is durable before the first one
			if r.answered {
				t.Fatal("answered from the cache, and after a power loss nobody knows")
			}
			g.flush(1, -1)
		}
		if !r.answered || r.Err != nil {
			t.Fatalf("not answered from the cache: %v", r.Err)
		}
	}
	g.members[1].core.upkeep.saveNow = true
	g.after(1)
	g.logs[1].crash(0)
	g.config.WriteCaching = false
	g.open(1)
	g.lead()
	for i := range int32(9) {
		g.append(1, 6, i, 1)
	}
	g.settle()
	g.logs[1].crash(0)
	g.open(1)
	g.lead()
	if got, want := g.members[1].core.Producers(), replay(t, g.logs[1].frames); !reflect.DeepEqual(got, want) {
		t.Fatalf("recovered %v, the log says %v", got, want)
	}
}

// TestReplayCountsWholeFrames: only the heads of frames are replayed, but what was replayed is what a next recovery is spared by
// saving the state.
func TestReplayCountsWholeFrames(t *testing.T) {
	g := newGroup(t, 1)
	g.lead()
	b := record.Build([]record.Record{{Value: make([]byte, 100<<10)}}, time.UnixMilli(1))
	g.members[1].core.Append(&msg.Append{Batches: batches(b), LeaderEpoch: -1})
	g.after(1)
	g.logs[1].crash(g.logs[1].LastIndex())
	g.open(1)
	g.lead()
	if n := g.members[1].core.upkeep.unsaved; n < 100<<10 {
		t.Errorf("after a replay of 100 KiB %d bytes count as not saved", n)
	}
}

// TestReplayIsWholeBeforeAnythingIsTaken: what is replayed comes in several Readys, and until the last one the producers
// are not what they were.
func TestReplayIsWholeBeforeAnythingIsTaken(t *testing.T) {
	g := newGroup(t, 1)
	g.lead()
	for range 8 {
		b := record.Build([]record.Record{{Value: make([]byte, 1<<20)}}, time.UnixMilli(1))
		g.members[1].core.Append(&msg.Append{Batches: batches(b), LeaderEpoch: -1})
	}
	g.after(1)
	g.logs[1].crash(g.logs[1].LastIndex())
	g.open(1)
	d := g.members[1]
	if err := d.core.Campaign(); err != nil {
		t.Fatal(err)
	}
	g.after(1)
	d.log.flush(-1)
	d.core.Durable(d.synced)
	g.after(1)
	d.log.flush(-1)
	d.core.Durable(d.synced)
	rounds := 0
	for ; d.core.HasReady(); rounds++ {
		if _, err := d.core.Ready(g.now); err != nil {
			t.Fatal(err)
		}
		d.core.Written()
		if d.core.Leads() != (d.core.applied == d.log.LastIndex()) {
			t.Fatalf("leads: %v, having applied %d of %d entries", d.core.Leads(), d.core.applied, d.log.LastIndex())
		}
	}
	if rounds < 2 || !d.core.Leads() {
		t.Fatalf("%d rounds, leads: %v", rounds, d.core.Leads())
	}
}

// TestStateIsSavedNowAndThen, so that recovery replays little, and the disk has time for other things.
func TestStateIsSavedNowAndThen(t *testing.T) {
	g := newGroup(t, 1)
	g.lead()
	put := func(size int) {
		b := record.Build([]record.Record{{Value: make([]byte, size)}}, time.UnixMilli(1))
		g.members[1].core.Append(&msg.Append{Batches: batches(b), LeaderEpoch: -1})
		g.after(1)
		g.settle()
	}
	for i, step := range []struct {
		after  time.Duration
		size   int
		retain bool
		states int
	}{
		{savePause, 10, false, 0},
		{0, saveLeast, false, 1},
		{savePause - 1, saveLeast, false, 1},
		{1, 10, false, 2},
		{savePause, 10, true, 2},
		{savePause / 2, saveLeast, true, 3},
	} {
		g.now = g.now.Add(step.after)
		if put(step.size); step.retain {
			g.members[1].core.Retain(g.now)
			g.after(1)
		}
		if got := len(g.logs[1].states); got != step.states {
			t.Fatalf("step %d: %d states are saved, want %d", i, got, step.states)
		}
	}
}

// TestHeadWithoutAState: files were deleted, and the state that knew of the log start is damaged.
func TestHeadWithoutAState(t *testing.T) {
	g := newGroup(t, 1)
	g.lead()
	for i := range int32(3) {
		g.append(1, 5, 2*i, 2)
		g.settle()
		_ = g.logs[1].Roll()
	}
	if _, err := g.logs[1].DropHead(4); err != nil {
		t.Fatal(err)
	}
	g.logs[1].states = nil
	g.logs[1].crash(100)
	g.open(1)
	g.lead()
	if s := g.members[1].core.State(g.now); s.LogStart != 4 || s.HighWatermark != 6 {
		t.Fatalf("the log begins at %d and ends at %d, want 4 and 6", s.LogStart, s.HighWatermark)
	}
}

// TestMuchGoesThroughOneReplica: requests wait while much is under way, entries are applied without end, the state is saved
// now and then, and frames are given back when nobody reads them any more (the tests' memory is spoilt when it is given back).
func TestMuchGoesThroughOneReplica(t *testing.T) {
	g := newGroup(t, 1)
	g.lead()
	d := g.members[1]
	const size, count = 200 << 10, 400
	batch := record.Build([]record.Record{{Value: make([]byte, size)}}, time.UnixMilli(1))
	answered := 0
	for range count {
		d.core.Append(&msg.Append{Batches: []record.Batch{batch}, Acks: -1, LeaderEpoch: -1, Sink: sink{func(a *msg.Append) {
			if a.Err != nil || a.Base != int64(answered) {
				t.Fatalf("request %d: offset %d, %v", answered, a.Base, a.Err)
			}
			answered++
		}}})
	}
	g.after(1)
	if n := len(d.core.queue.waiting()); n == 0 || d.core.flights.bytes > flightTarget+2*frameTarget {
		t.Fatalf("%d requests wait while %d bytes are under way", n, d.core.flights.bytes)
	}
	g.settle()
	if answered != count {
		t.Fatalf("%d of %d requests are answered", answered, count)
	}
	if d.core.applied != d.log.LastIndex() || len(d.core.store.ring.entries) != 0 || d.core.Busy() {
		t.Fatalf("applied %d of %d entries, %d in memory", d.core.applied, d.log.LastIndex(), len(d.core.store.ring.entries))
	}
	if n := len(d.log.states); n < 3 || n > 8 {
		t.Fatalf("%d states were saved on the way of %d MiB", n, count*size>>20)
	}
	if kept := d.frames.taken - d.frames.given; kept != 0 {
		t.Fatalf("%d frames were not given back", kept)
	}
	for _, f := range d.log.frames {
		if err := f.Check(); err != nil {
			t.Fatal(err)
		}
	}
}
