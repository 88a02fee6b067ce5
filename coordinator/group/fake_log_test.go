package group

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// fakeLog is a partition of the offsets topic in memory, and the directory that finds it. What is appended stays uncommitted
// until commit or fail says how it ends, unless it commits by itself.
type fakeLog struct {
	state   msg.State
	batches []record.Batch
	pending *msg.Append
	waits   []*msg.Wait
	deleted []int64
	refuse  error // what Post answers to an Append
	auto    bool  // appends are committed at once
}

func (l *fakeLog) Partition(msg.TopicPartition) (msg.Partition, bool)            { return l, true }
func (l *fakeLog) WhenLed([]msg.TopicPartition, func())                          {}
func (l *fakeLog) Leadership(msg.TopicPartition) (found msg.Leadership, ok bool) { return }

func (l *fakeLog) Post(m msg.Message) error {
	switch m := m.(type) {
	case *msg.Append:
		if l.refuse != nil {
			return l.refuse
		}
		if m.LeaderEpoch != l.state.Epoch || l.state.Role != msg.Leader {
			m.Refuse(msg.Errorf(kerr.FencedLeaderEpoch, "epoch %d", m.LeaderEpoch))
			return nil
		}
		if l.pending != nil {
			panic("two appends in flight")
		}
		if l.pending = m; l.auto {
			l.commit()
		}
	case *msg.Wait:
		l.waits = append(l.waits, m)
		l.wake()
	case *msg.DeleteRecords:
		l.deleted = append(l.deleted, m.Offset)
		l.state.LogStart = m.Offset
		m.Answer(m.Offset, nil)
	}
	return nil
}

func (l *fakeLog) wake() {
	l.waits = slices.DeleteFunc(l.waits, func(w *msg.Wait) bool {
		if w.Waiter.Expired() || l.state.Err != nil || l.state.Epoch != w.Epoch {
			w.Waiter.Wake()
			return true
		}
		return false
	})
}

func (l *fakeLog) View() msg.View {
	state := l.state
	return fakeView{state: &state, batches: l.batches}
}

// lead makes node 1 the leader, in the next epoch.
func (l *fakeLog) lead() {
	l.state.Epoch++
	l.state.Role, l.state.Leader = msg.Leader, 1
	l.wake()
}

// lose makes another node the leader. What is pending is lost.
func (l *fakeLog) lose() {
	l.state.Epoch++
	l.state.Role, l.state.Leader = msg.Follower, 2
	l.wake()
	if l.pending != nil {
		l.fail(msg.Errorf(kerr.NotLeaderForPartition, "node 2 leads"))
	}
}

func (l *fakeLog) commit() {
	p := l.pending
	l.pending = nil
	p.Base = l.state.HighWatermark
	for _, b := range p.Batches {
		b.Stamp(l.state.HighWatermark, l.state.Epoch)
		l.batches = append(l.batches, b)
		l.state.HighWatermark = b.LastOffset() + 1
	}
	p.Answer()
}

func (l *fakeLog) fail(err error) {
	p := l.pending
	l.pending = nil
	p.Refuse(err)
}

type fakeView struct {
	msg.View
	state   *msg.State
	batches []record.Batch
}

func (v fakeView) State() *msg.State { return v.state }

// Read returns the batch that holds the offset, alone, so that a long log takes many steps.
func (v fakeView) Read(req msg.ReadRequest) (msg.ReadResult, error) {
	for _, b := range v.batches {
		if b.LastOffset() >= req.Offset {
			return msg.ReadResult{Chunks: [][]byte{b}, Bytes: len(b), Release: func() {}}, nil
		}
	}
	return msg.ReadResult{Release: func() {}}, nil
}

// fakeLease is until when a leader may serve.
type fakeLease time.Time

func (l fakeLease) Until() time.Time { return time.Time(l) }
