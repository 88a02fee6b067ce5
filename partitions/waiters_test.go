package partitions

import (
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

type dozer struct {
	woken   int
	expired bool
}

func (d *dozer) Wake()         { d.woken++ }
func (d *dozer) Expired() bool { return d.expired }

func TestWaiters(t *testing.T) {
	s := &msg.State{HighWatermark: 10, Epoch: 4}
	var q waiters
	at := func(offset int64, epoch int32) *dozer {
		d := &dozer{}
		q.add(&msg.Wait{Offset: offset, Epoch: epoch, Waiter: d}, s)
		return d
	}
	below, other, here, later, gone := at(9, 4), at(10, 3), at(10, 4), at(11, 4), at(10, 4)
	if below.woken != 1 || other.woken != 1 || here.woken != 0 {
		t.Fatalf("woken at once: %d below, %d of another epoch, %d in time", below.woken, other.woken, here.woken)
	}
	gone.expired = true
	q.passed(11)
	if here.woken != 1 || later.woken != 0 || gone.woken > 1 {
		t.Fatalf("woken at 11: %d at 10, %d at 11", here.woken, later.woken)
	}
	q.wakeAll()
	q.wakeAll()
	if later.woken != 1 || here.woken != 1 {
		t.Fatalf("woken by a change: %d, %d", later.woken, here.woken)
	}
}

func TestWaitersOfAnIdlePartitionDoNotPileUp(t *testing.T) {
	s := &msg.State{}
	var q waiters
	stays := &dozer{}
	q.add(&msg.Wait{Waiter: stays}, s)
	for range 100_000 {
		d := &dozer{}
		q.add(&msg.Wait{Waiter: d}, s)
		d.expired = true
		if len(q.list) > 2*smallWaiters {
			t.Fatalf("%d waiters are kept, one waits", len(q.list))
		}
	}
	if q.wakeAll(); stays.woken != 1 {
		t.Fatal("the one that waits was forgotten")
	}
}
