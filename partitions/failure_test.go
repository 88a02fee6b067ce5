package partitions

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// sickStore is a store of logs in memory, whose disk fails as told. Syncs are done at once.
type sickStore struct {
	mu     sync.Mutex
	log    *memLog
	opens  int
	refuse error // of the next Open
	write  error // of the next Append
	full   error // what Room says
	panics bool  // of the next Append
}

func (s *sickStore) Open(string) (Log, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opens++
	if err := s.refuse; err != nil {
		s.refuse = nil
		return nil, err
	}
	return &sickLog{s.log, s}, nil
}

func (s *sickStore) Remove(string) error { return nil }

func (s *sickStore) Room(int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.full
}

type sickLog struct {
	*memLog
	store *sickStore
}

func (l *sickLog) Append(first uint64, frames []wal.Frame) error {
	l.store.mu.Lock()
	err, panics := l.store.write, l.store.panics
	l.store.write, l.store.panics = nil, false
	l.store.mu.Unlock()
	if panics {
		panic("a bug")
	}
	if err != nil {
		return err
	}
	return l.memLog.Append(first, frames)
}

func (l *sickLog) Sync(hs *wal.HardState, done func(error)) {
	l.memLog.Sync(hs, done)
	l.memLog.flush(-1)
}

func (s *sickStore) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func sickNode(t *testing.T) (*node, *sickStore) {
	s := &sickStore{log: newMemLog()}
	sys := actors.NewSystem(actors.Options{Node: 1, Log: zerolog.Nop()})
	h := NewHostOver(HostOptions{System: sys, Node: 1, Log: zerolog.Nop()}, s)
	t.Cleanup(func() {
		if err := sys.Shutdown(10 * time.Second); err != nil {
			t.Error(err)
		}
	})
	return &node{t: t, sys: sys, host: h}, s
}

func batches(b ...record.Batch) []record.Batch { return b }

// ledAgain waits until the partition is led, in an epoch behind the one given.
func (n *node) ledAgain(p msg.Partition, behind int32) {
	n.t.Helper()
	for p.View().State().Epoch <= behind || p.View().State().Leader == msg.NoNode {
		led := make(chan struct{})
		n.host.WhenLed(n.host.All(), func() { close(led) })
		await(n.t, led, "a leader after a failure")
	}
}

func TestFailedWriteIsAnsweredAndRecoveredFrom(t *testing.T) {
	n, store := sickNode(t)
	p := n.lead(0)
	if a := appendTo(p, produced(5, 0, 0, 1, 1)); a.Err != nil {
		t.Fatal(a.Err)
	}
	waiter := &sleeper{make(chan struct{}, 1)}
	_ = p.Post(&msg.Wait{Offset: 1, Epoch: 1, Waiter: waiter})
	store.set(func() { store.write, store.refuse = errors.New("i/o error"), errors.New("not yet") })
	if a := appendTo(p, produced(5, 0, 1, 1, 1)); !errors.Is(a.Err, kerr.KafkaStorageError) {
		t.Fatalf("an append that could not be written was answered %v", a.Err)
	}
	await(t, waiter.woken, "a reader to be woken by a failure")
	n.ledAgain(p, 1)
	if store.opens != 3 {
		t.Fatalf("the log was opened %d times, want 3: at first, refused, and again", store.opens)
	}
	if a := appendTo(p, produced(5, 0, 1, 1, 1)); a.Err != nil || a.Base != 1 {
		t.Fatalf("after recovery: offset %d, %v", a.Base, a.Err)
	}
}

// TestStateIsNotSavedAfterAPanic: what a core knows that has panicked may be half of the truth.
func TestStateIsNotSavedAfterAPanic(t *testing.T) {
	n, store := sickNode(t)
	p := n.lead(0)
	if a := appendTo(p, produced(5, 0, 0, 1, 1)); a.Err != nil {
		t.Fatal(a.Err)
	}
	store.set(func() { store.panics = true })
	if a := appendTo(p, produced(5, 0, 1, 1, 1)); a.Err == nil {
		t.Fatal("an append that ended in a panic was answered with success")
	}
	n.ledAgain(p, 1)
	if a := appendTo(p, produced(5, 0, 1, 1, 1)); a.Err != nil || a.Base != 1 {
		t.Fatalf("after recovery: offset %d, %v", a.Base, a.Err)
	}
	if len(store.log.states) != 0 {
		t.Fatal("a state was saved")
	}
}

// TestReportsOfAnEarlierLogAreIgnored: they count the syncs of a log that is closed.
func TestReportsOfAnEarlierLogAreIgnored(t *testing.T) {
	g := newGroup(t, 1)
	r := &replica{core: g.members[1].core, synced: newSynced(nobody{})}
	old := newSynced(nobody{})
	old.report(nil)
	r.durable(nil, old)
	if r.core.syncs.durable != 0 {
		t.Fatal("a sync of another log was taken for one of this log")
	}
	r.synced.report(nil)
	r.durable(nil, r.synced)
	if r.core.syncs.durable != 1 {
		t.Fatal("a sync was not noticed")
	}
}

type nobody struct{}

func (nobody) Post(msg.Message) error { return msg.ErrStopped }

func TestStoppingPartitionTakesNothingMore(t *testing.T) {
	g := newGroup(t, 1)
	r := &replica{core: g.members[1].core, hosted: &hosted{spec: &Spec{}}, finishing: &finish{}}
	req := &request{}
	req.Sink = req
	r.append(&req.Append)
	if !req.answered || !errors.Is(req.Err, kerr.NotLeaderForPartition) {
		t.Fatalf("answered: %v, %v", req.answered, req.Err)
	}
}

func TestFullDiskRefusesAndRecovers(t *testing.T) {
	n, store := sickNode(t)
	p := n.lead(0)
	if a := appendTo(p, produced(5, 0, 0, 1, 1)); a.Err != nil {
		t.Fatal(a.Err)
	}
	store.set(func() { store.full = errors.New("no room") })
	if a := appendTo(p, produced(5, 0, 1, 1, 1)); !errors.Is(a.Err, kerr.KafkaStorageError) {
		t.Fatalf("without room: %v", a.Err)
	}
	deleted := make(chan error, 1)
	_ = p.Post(&msg.DeleteRecords{Offset: -1, Done: func(_ int64, err error) { deleted <- err }})
	if err := <-deleted; err != nil {
		t.Fatalf("records must be deletable without room: %v", err)
	}
	store.set(func() { store.full = nil })
	if a := appendTo(p, produced(5, 0, 1, 1, 1)); a.Err != nil || a.Base != 1 {
		t.Fatalf("with room again: offset %d, %v", a.Base, a.Err)
	}
}

func TestDamagedPartitionIsReadAndNotWritten(t *testing.T) {
	n, store := sickNode(t)
	p := n.lead(0)
	if a := appendTo(p, produced(-1, 0, 0, 2, 1)); a.Err != nil {
		t.Fatal(a.Err)
	}
	stopped := make(chan struct{})
	n.host.Stop(n.host.All()[0], func() { close(stopped) })
	await(t, stopped, "a stop")
	store.log.damage = []wal.Damage{{File: "1", FirstIndex: 9, Reason: "rot"}}
	p = n.lead(0)
	if a := appendTo(p, produced(-1, 0, 0, 1, 1)); !errors.Is(a.Err, kerr.KafkaStorageError) {
		t.Fatalf("an append to a damaged log: %v", a.Err)
	}
	if got := readAll(t, p.View()); len(got) != 2 {
		t.Fatalf("read %d records of a damaged log, want what is whole", len(got))
	}
}

func TestCloseAnswersWhatIsInFlight(t *testing.T) {
	dir := t.TempDir()
	n := startNode(t, dir)
	p := n.lead(0)
	const count = 50
	r := reply{make(chan *msg.Append, count)}
	for range count {
		_ = p.Post(&msg.Append{Batches: batches(produced(-1, 0, 0, 1, 1)), Acks: -1, LeaderEpoch: -1, Sink: r})
	}
	n.stop()
	written := 0
	for range count {
		if a := <-r.c; a.Err == nil {
			written++
		} else if !errors.Is(a.Err, kerr.NotLeaderForPartition) {
			t.Fatal(a.Err)
		}
	}
	n = startNode(t, dir)
	defer n.stop()
	if got := readAll(t, n.lead(0).View()); len(got) != written || written == 0 {
		t.Fatalf("%d records are there, %d were acknowledged", len(got), written)
	}
}

func TestDeletedRecordsAreAnsweredOnce(t *testing.T) {
	n, _ := sickNode(t)
	p := n.lead(0)
	if a := appendTo(p, produced(5, 0, 0, 1, 1)); a.Err != nil {
		t.Fatal(a.Err)
	}
	answers := make(chan error, 2)
	q := &msg.DeleteRecords{Offset: -1, Done: func(_ int64, err error) { answers <- err }}
	if err := p.Post(q); err != nil {
		t.Fatal(err)
	}
	if err := <-answers; err != nil {
		t.Fatal(err)
	}
	q.Refuse(errors.New("the actor panicked later in the same step"))
	if len(answers) != 0 {
		t.Error("a request that was answered was answered again")
	}
}
