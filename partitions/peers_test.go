package partitions

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// recordedLinks are links without a network: they keep what is sent.
type recordedLinks struct {
	handlers map[link.Kind]func(msg.NodeID, []byte)
	mu       sync.Mutex
	sent     []sentFrame
	// gate, if not nil, is waited for by each urgent Send.
	gate chan struct{}
}

type sentFrame struct {
	to      msg.NodeID
	lane    link.Lane
	kind    link.Kind
	payload []byte
}

func newRecordedLinks() *recordedLinks {
	return &recordedLinks{handlers: map[link.Kind]func(msg.NodeID, []byte){}}
}

func (l *recordedLinks) Handle(k link.Kind, f func(msg.NodeID, []byte)) { l.handlers[k] = f }

func (l *recordedLinks) Send(to msg.NodeID, lane link.Lane, k link.Kind, payload ...[]byte) bool {
	if l.gate != nil && lane == link.Urgent {
		<-l.gate
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, sentFrame{to, lane, k, bytes.Join(payload, nil)})
	return true
}

func (l *recordedLinks) Echo(node msg.NodeID) time.Time { return time.Unix(int64(node), 0) }

// frames waits until n messages were sent, and takes the frames that hold them.
func (l *recordedLinks) frames(t *testing.T, n int) []sentFrame {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		l.mu.Lock()
		sent, count := slices.Clone(l.sent), 0
		l.mu.Unlock()
		for _, f := range sent {
			count += len(messagesOf(t, f))
		}
		if count == n {
			return sent
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages were sent, want %d", count, n)
		}
	}
}

func messagesOf(t *testing.T, f sentFrame) (all []*received) {
	t.Helper()
	if f.kind == link.RaftEntries {
		r, err := decodeBulk(f.payload)
		if err != nil {
			t.Fatal(err)
		}
		return []*received{r}
	}
	if err := decodeUrgent(f.payload, func(r *received) { all = append(all, r) }); err != nil {
		t.Fatal(err)
	}
	return all
}

func partitionNumber(i int) msg.TopicPartition {
	return msg.TopicPartition{Topic: wireID.Topic, Partition: int32(i)}
}

func heartbeat(term uint64) *raftpb.Message {
	return &raftpb.Message{Type: raftpb.MsgHeartbeat.Enum(), To: new(uint64(1)), From: new(uint64(2)), Term: &term}
}

// TestHeartbeatsOfAllGroupsShareFrames: three thousand groups beat at once.
func TestHeartbeatsOfAllGroupsShareFrames(t *testing.T) {
	l := newRecordedLinks()
	l.gate = make(chan struct{})
	p := NewPeers(l, func() *Host { return nil })
	const groups, beats = 3000, 2
	for beat := range beats {
		for i := range groups {
			p.Send(7, partitionNumber(i), []*raftpb.Message{heartbeat(uint64(beat + 1))})
		}
	}
	close(l.gate)
	frames := l.frames(t, groups*beats)
	if len(frames) > 12 {
		t.Errorf("%d frames for %d heartbeats", len(frames), groups*beats)
	}
	next := 0
	for _, f := range frames {
		if f.to != 7 || f.lane != link.Urgent || f.kind != link.Raft || len(f.payload) > payloadTarget+100 {
			t.Errorf("a frame of kind %d and %d bytes went to node %d on the %v lane", f.kind, len(f.payload), f.to, f.lane)
		}
		for _, r := range messagesOf(t, f) {
			if r.id != partitionNumber(next%groups) || r.term != uint64(next/groups+1) {
				t.Fatalf("message %d is of %v and term %d", next, r.id, r.term)
			}
			next++
		}
	}
}

// TestOutboxIsBounded: a link that takes nothing costs a megabyte, and what was taken is still in order.
func TestOutboxIsBounded(t *testing.T) {
	l := newRecordedLinks()
	l.gate = make(chan struct{})
	p := NewPeers(l, func() *Host { return nil })
	const sent = 200_000
	for i := range sent {
		p.Send(7, wireID, []*raftpb.Message{heartbeat(uint64(i + 1))})
	}
	box := p.outbox(7)
	box.mu.Lock()
	waiting := len(box.full)*payloadTarget + len(box.filling)
	box.mu.Unlock()
	if waiting > outboxBytes+payloadTarget {
		t.Errorf("%d bytes wait", waiting)
	}
	close(l.gate)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		box.mu.Lock()
		left := box.leaving
		box.mu.Unlock()
		if !left {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the outbox does not empty")
		}
	}
	last, count := uint64(0), 0
	for _, f := range l.sent {
		for _, r := range messagesOf(t, f) {
			if r.term <= last {
				t.Fatalf("term %d came after %d", r.term, last)
			}
			last = r.term
			count++
		}
	}
	if count == sent {
		t.Error("nothing was dropped, so the test has shown nothing")
	}
}

// TestAppendsKeepToTheirLane: a MsgApp without entries speaks of those before it.
func TestAppendsKeepToTheirLane(t *testing.T) {
	l := newRecordedLinks()
	p := NewPeers(l, func() *Host { return nil })
	sent := append(bulkExamples(), &raftpb.Message{Type: raftpb.MsgHup.Enum()}, &raftpb.Message{Type: raftpb.MsgStorageAppend.Enum()})
	p.Send(3, wireID, sent)
	frames := l.frames(t, len(bulkExamples()))
	for i, f := range frames {
		if f.lane != link.Bulk || f.kind != link.RaftEntries || messagesOf(t, f)[0].kind != sent[i].GetType() {
			t.Errorf("%v went on the %v lane as kind %d", sent[i].GetType(), f.lane, f.kind)
		}
	}
	if len(p.outboxes) > 0 {
		t.Error("something went on the urgent lane")
	}
	if p.Echo(9) != time.Unix(9, 0) {
		t.Error("the echo is not that of the links")
	}
}

// steps is an actor that notes the raft messages that it gets.
type steps struct{ seen chan string }

func (steps) Started(*actors.Context) error { return nil }
func (steps) Idle(*actors.Context)          {}
func (steps) Stopped(*actors.Context)       {}
func (s steps) Receive(_ *actors.Context, m msg.Message) {
	if m, ok := m.(*Step); ok {
		s.seen <- fmt.Sprintf("%v of term %d with %d entries from node %d", m.Message.GetType(), m.Message.GetTerm(), len(m.Message.GetEntries()), m.From)
	}
}

func TestMessagesReachTheirPartition(t *testing.T) {
	l := newRecordedLinks()
	h := NewHostOver(HostOptions{}, nil)
	var host *Host
	p := NewPeers(l, func() *Host { return host })
	urgent := appendMessage(nil, partitionNumber(8), heartbeat(1))
	urgent = appendMessage(urgent, partitionNumber(5), heartbeat(2))
	bulk := bytes.Join(bulkPieces(partitionNumber(5), bulkExamples()[1]), nil)
	l.handlers[link.Raft](3, urgent) // there is no host yet

	s := steps{seen: make(chan string, 10)}
	ref, err := actors.NewSystem(actors.Options{}).Spawn(actors.Spec{Name: "p", New: func() actors.Actor { return s }})
	if err != nil {
		t.Fatal(err)
	}
	h.partitions.Store(partitionNumber(5), &hosted{Ref: ref})
	host = h
	l.handlers[link.Raft](3, urgent) // that for partition 8 is for nobody
	l.handlers[link.RaftEntries](4, bulk)
	l.handlers[link.RaftEntries](4, bulk[:len(bulk)-1])
	l.handlers[link.Raft](4, urgent[:len(urgent)-1])
	p.deliver(6, &received{id: partitionNumber(5), step: Step{Message: heartbeat(9)}})
	for _, want := range []string{
		"MsgHeartbeat of term 2 with 0 entries from node 3",
		"MsgApp of term 1 with 4 entries from node 4",
		"MsgHeartbeat of term 9 with 0 entries from node 6",
	} {
		if got := <-s.seen; got != want {
			t.Errorf("the partition got %s, want %s", got, want)
		}
	}
}
