package node

import (
	"reflect"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/leaders"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// told is what an announcer sent to a peer, decoded.
type told map[msg.NodeID][]leaders.Announcement

// announcing makes the announcer of node 1 whose frames go to told, as long as room says so.
func announcing(t *testing.T, room func(msg.NodeID) bool) (*announcer, *clock.Virtual, told) {
	t.Helper()
	c := clock.NewVirtual(time.Unix(0, 0))
	a, to := newAnnouncer(1, c, zerolog.Nop()), told{}
	a.send = func(peer msg.NodeID, frame []byte) bool {
		if !room(peer) {
			return false
		}
		all, err := leaders.Decode(frame)
		if err != nil {
			t.Fatal(err)
		}
		to[peer] = append(to[peer], all...)
		return true
	}
	return a, c, to
}

func leading(epoch int32, inSync ...msg.NodeID) *msg.State {
	return &msg.State{Role: msg.Leader, Leader: 1, Epoch: epoch, InSync: inSync}
}

var (
	first  = msg.TopicPartition{Topic: ordersID}
	second = msg.TopicPartition{Topic: ordersID, Partition: 1}
)

func announced(id msg.TopicPartition, leader msg.NodeID, epoch int32, inSync ...msg.NodeID) leaders.Announcement {
	return leaders.Announcement{Partition: id, Leadership: msg.Leadership{Leader: leader, Epoch: epoch, InSync: inSync}}
}

func TestPeersAreToldWhoLeads(t *testing.T) {
	a, c, to := announcing(t, func(msg.NodeID) bool { return true })
	a.turned(first, leading(3, 1, 2))
	a.linked(2)
	if want := []leaders.Announcement{announced(first, 1, 3, 1, 2)}; !reflect.DeepEqual(to[2], want) {
		t.Fatalf("when it is linked a peer hears %v, want %v", to[2], want)
	}
	clear(to)
	c.Advance(time.Second)
	clear(to)
	a.turned(second, &msg.State{Role: msg.Follower, Leader: 2, Epoch: 4})
	a.turned(first, &msg.State{Role: msg.Follower, Leader: msg.NoNode, Epoch: 5})
	c.Advance(time.Second)
	if want := []leaders.Announcement{announced(first, msg.NoNode, 3)}; !reflect.DeepEqual(to[2], want) {
		t.Errorf("of a leader that stepped down, and of another's, a peer hears %v, want %v", to[2], want)
	}
}

func TestAPeerThatMissedSomethingIsToldEverything(t *testing.T) {
	room := false
	a, c, to := announcing(t, func(msg.NodeID) bool { return room })
	a.linked(2)
	a.turned(first, leading(3, 1))
	a.turned(second, leading(7, 1))
	c.Advance(10 * gatherFor)
	room = true
	c.Advance(2 * catchUpEvery)
	if want := []leaders.Announcement{announced(first, 1, 3, 1), announced(second, 1, 7, 1)}; !reflect.DeepEqual(to[2], want) {
		t.Errorf("it hears %v, want %v", to[2], want)
	}
	a.unlinked(2)
	clear(to)
	a.turned(first, leading(9, 1))
	c.Advance(time.Minute)
	if len(to) > 0 {
		t.Errorf("a peer whose link is gone hears %v", to)
	}
}

func TestOnlyTheLeaderSpeaksForItself(t *testing.T) {
	a, _, _ := announcing(t, func(msg.NodeID) bool { return true })
	frames := leaders.Encode([]leaders.Announcement{announced(first, 2, 5, 2), announced(second, 3, 5, 3)})
	a.hear(2, frames[0])
	a.hear(2, []byte("noise"))
	a.hearBus(leadersSubject, append([]byte{0, 0, 0, 1}, leaders.Encode([]leaders.Announcement{announced(first, 1, 9)})[0]...))
	if l, _ := a.table.Get(first); l.Leader != 2 || l.Epoch != 5 {
		t.Errorf("of the partition that node 2 leads is known %+v", l)
	}
	if l, known := a.table.Get(second); known {
		t.Errorf("node 2 said that node 3 leads, and it is believed: %+v", l)
	}
	a.hearBus(leadersSubject, append([]byte{0, 0, 0, 3}, leaders.Encode([]leaders.Announcement{announced(second, 3, 5, 3)})[0]...))
	if l, _ := a.table.Get(second); l.Leader != 3 {
		t.Errorf("node 3 said on the bus that it leads, and what is known is %+v", l)
	}
}
