package partitions

import (
	"errors"
	"fmt"
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

// node is a host over real actors and a real log.
type node struct {
	t     testing.TB
	dir   string
	sys   *actors.System
	store *wal.Store
	host  *Host
}

func startNode(t testing.TB, dir string) *node {
	t.Helper()
	store, err := wal.OpenStore(wal.Options{Dir: dir, Log: zerolog.Nop(), Fatal: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	sys := actors.NewSystem(actors.Options{Node: 1, Log: zerolog.Nop()})
	return &node{t: t, dir: dir, sys: sys, store: store, host: NewHost(HostOptions{System: sys, Store: store, Node: 1, Log: zerolog.Nop()})}
}

// stop is a clean stop.
func (n *node) stop() {
	n.t.Helper()
	done := make(chan struct{})
	n.host.Close(func() { close(done) })
	await(n.t, done, "the partitions to stop")
	if err := n.sys.Shutdown(10 * time.Second); err != nil {
		n.t.Fatal(err)
	}
	if err := n.store.Close(); err != nil {
		n.t.Fatal(err)
	}
}

func await(t testing.TB, done <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("waited too long for %s", what)
	}
}

// lead starts partition i and waits until it is led.
func (n *node) lead(i int32) msg.Partition {
	n.t.Helper()
	id := msg.TopicPartition{Topic: msg.TopicID{9}, Partition: i}
	if err := n.host.Start(Spec{ID: id, Topic: "t", Self: 7, Voters: []Voter{{Node: 1, RaftID: 7}}, Config: testConfig()}); err != nil {
		n.t.Fatal(err)
	}
	done := make(chan struct{})
	n.host.WhenLed([]msg.TopicPartition{id}, func() { close(done) })
	await(n.t, done, "a leader")
	p, ok := n.host.Partition(id)
	if !ok || p.View().State().Role != msg.Leader {
		n.t.Fatalf("partition %d: %v, %+v", i, ok, p.View().State())
	}
	return p
}

type reply struct{ c chan *msg.Append }

func (r reply) Appended(a *msg.Append) { r.c <- a }

// appendTo appends one batch and waits for its answer.
func appendTo(p msg.Partition, b record.Batch) *msg.Append {
	r := reply{make(chan *msg.Append, 1)}
	a := &msg.Append{Batches: []record.Batch{b}, Acks: -1, LeaderEpoch: -1, Sink: r}
	if err := p.Post(a); err != nil {
		a.Err = err
		return a
	}
	return <-r.c
}

func TestManyProducersAndARestart(t *testing.T) {
	dir := t.TempDir()
	n := startNode(t, dir)
	p := n.lead(0)
	const producers, each = 8, 125
	var wg sync.WaitGroup
	var mu sync.Mutex
	at := map[int64]string{}
	for pid := range int64(producers) {
		wg.Go(func() {
			for seq := range int32(each) {
				a := appendTo(p, produced(pid, 0, seq, 1, 1))
				if a.Err != nil {
					t.Errorf("producer %d, sequence %d: %v", pid, seq, a.Err)
					return
				}
				if hw := p.View().State().HighWatermark; hw <= a.Base {
					t.Errorf("offset %d is answered, and the high watermark shown is %d", a.Base, hw)
				}
				mu.Lock()
				at[a.Base] = fmt.Sprintf("%d/0/%d", pid, seq)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(at) != producers*each {
		t.Fatalf("%d offsets were answered, want %d", len(at), producers*each)
	}
	verify := func(v msg.View) {
		t.Helper()
		if got := readAll(t, v); len(got) != len(at) {
			t.Fatalf("read %d records, want %d", len(got), len(at))
		} else {
			for offset, value := range got {
				if at[int64(offset)] != value {
					t.Fatalf("offset %d holds %s, %s was acknowledged there", offset, value, at[int64(offset)])
				}
			}
		}
		for _, s := range v.Producers() {
			if s.LastSequence != each-1 {
				t.Fatalf("producer %d is known up to sequence %d", s.ProducerID, s.LastSequence)
			}
		}
	}
	verify(p.View())
	n.stop()
	if err := p.Post(&msg.Retain{}); !errors.Is(err, msg.ErrStopped) {
		t.Fatalf("a stopped partition takes messages: %v", err)
	}

	n = startNode(t, dir)
	defer n.stop()
	p = n.lead(0)
	verify(p.View())
	if e := p.View().State().Epoch; e != 2 {
		t.Fatalf("leader epoch %d after the restart, want 2", e)
	}
	if a := appendTo(p, produced(3, 0, each-1, 1, 1)); a.Err != nil || at[a.Base] != fmt.Sprintf("3/0/%d", each-1) {
		t.Fatalf("a repeated batch was answered %d, %v", a.Base, a.Err)
	}
}

// readAll reads a partition record by record, a few hundred bytes at a time.
func readAll(t *testing.T, v msg.View) []string {
	t.Helper()
	var out []string
	for offset := v.State().LogStart; ; {
		res, err := v.Read(msg.ReadRequest{Offset: offset, MaxBytes: 300, AtLeastOne: true})
		if err != nil {
			t.Fatal(err)
		}
		if res.Bytes == 0 {
			return out
		}
		var all []byte
		for _, c := range res.Chunks {
			all = append(all, c...)
		}
		res.Release()
		for len(all) > 0 {
			b, rest, err := record.Next(all)
			if err != nil {
				t.Fatal(err)
			}
			for r, err := range b.Records() {
				if err != nil || r.Offset != int64(len(out)) {
					t.Fatalf("record %d has offset %d, %v", len(out), r.Offset, err)
				}
				out = append(out, string(r.Value))
			}
			offset, all = b.LastOffset()+1, rest
		}
	}
}

// sleeper is a waiter.
type sleeper struct{ woken chan struct{} }

func (s *sleeper) Wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}
func (s *sleeper) Expired() bool { return false }

func TestWaitIsWokenByWhatItWaitsFor(t *testing.T) {
	n := startNode(t, t.TempDir())
	defer n.stop()
	p := n.lead(0)
	s := &sleeper{make(chan struct{}, 1)}
	_ = p.Post(&msg.Wait{Offset: 0, Epoch: p.View().State().Epoch, Waiter: s})
	if a := appendTo(p, produced(-1, 0, 0, 1, 1)); a.Err != nil {
		t.Fatal(a.Err)
	}
	await(t, s.woken, "a reader to be woken by an append")
	_ = p.Post(&msg.Wait{Offset: 0, Epoch: 1, Waiter: s})
	await(t, s.woken, "a reader to be woken at once")
	_ = p.Post(&msg.Wait{Offset: 1, Epoch: 0, Waiter: s})
	await(t, s.woken, "a reader of another epoch to be woken")
	_ = p.Post(&msg.Wait{Offset: 1, Epoch: 1, Waiter: s})
	deleted := make(chan struct{})
	_ = p.Post(&msg.DeleteRecords{Offset: -1, Done: func(low int64, err error) {
		if low != 1 || err != nil || p.View().State().LogStart != 1 {
			t.Errorf("log start %d (%d in the view), %v", low, p.View().State().LogStart, err)
		}
		close(deleted)
	}})
	await(t, deleted, "records to be deleted")
	await(t, s.woken, "a reader to be woken by a new log start")
	_ = p.Post(&msg.Wait{Offset: 1, Epoch: 1, Waiter: s})
	n.host.Stop(n.host.All()[0], nil)
	await(t, s.woken, "a reader to be woken by a stop")
}

func TestWhenLedDoesNotWaitForWhatGoesAway(t *testing.T) {
	n := startNode(t, t.TempDir())
	defer n.stop()
	n.lead(0)
	alone := msg.TopicPartition{Topic: msg.TopicID{9}, Partition: 5}
	if err := n.host.Start(Spec{ID: alone, Self: 7, Voters: []Voter{{Node: 1, RaftID: 7}, {Node: 2, RaftID: 8}}, Config: testConfig()}); err != nil {
		t.Fatal(err)
	}
	led := make(chan struct{})
	elsewhere := msg.TopicPartition{Topic: msg.TopicID{8}}
	n.host.WhenLed(append(n.host.All(), elsewhere), func() { close(led) })
	select {
	case <-led:
		t.Fatal("a partition without a quorum is said to be led")
	default:
	}
	n.host.Stop(alone, nil)
	await(t, led, "the rest to be led")
}

func TestClosedHostStartsNothing(t *testing.T) {
	n := startNode(t, t.TempDir())
	defer n.stop()
	closed := make(chan struct{})
	n.host.Close(func() { close(closed) })
	await(t, closed, "an empty host to close")
	if err := n.host.Start(Spec{ID: testID, Self: 1}); err == nil {
		t.Fatal("a partition was started on a node that stops")
	}
}

func TestDeletedPartitionIsGone(t *testing.T) {
	n := startNode(t, t.TempDir())
	defer n.stop()
	p := n.lead(3)
	id := n.host.All()[0]
	if a := appendTo(p, produced(-1, 0, 0, 1, 1)); a.Err != nil {
		t.Fatal(a.Err)
	}
	if err := n.host.Start(Spec{ID: id, Topic: "t", Self: 7, Config: testConfig()}); err == nil {
		t.Fatal("a partition was started twice")
	}
	gone := make(chan struct{})
	n.host.Delete(id)
	n.host.Stop(id, func() { close(gone) })
	await(t, gone, "a second stop")
	if err := n.sys.Shutdown(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if logs, err := n.store.Logs(); err != nil || len(logs) != 0 {
		t.Fatalf("logs left: %v, %v", logs, err)
	}
	if _, err := p.View().Read(msg.ReadRequest{}); !errors.Is(err, kerr.NotLeaderForPartition) {
		t.Fatalf("reading a deleted partition: %v", err)
	}
}

func TestAPartitionTellsHowItsReplicasStand(t *testing.T) {
	n := startNode(t, t.TempDir())
	p := n.lead(0)
	if a := appendTo(p, produced(1, 0, 0, 3, 1)); a.Err != nil {
		t.Fatal(a.Err)
	}
	answered := make(chan error, 1)
	q := &msg.DescribePartition{Asked: msg.Asked{Done: func(err error) { answered <- err }}}
	if err := p.Post(q); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil || q.LogEnd != 3 || q.HighWatermark != 3 || q.Epoch < 1 || len(q.Members) != 1 || q.Members[0].RaftID != 7 || q.Members[0].LogEnd != 3 {
		t.Errorf("%v, %+v", err, q)
	}
}
