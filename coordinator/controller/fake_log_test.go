package controller

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// fakeLog is a metadata log in memory. What is appended stays uncommitted until commit or fail says how it ends.
type fakeLog struct {
	state   msg.State
	batches []record.Batch
	pending *msg.Append
	waits   []*msg.Wait
	refuse  error // what Post answers to an Append
	reads   int
	views   int
	mute    bool  // reads find nothing
	silent  error // why reads are refused
	stopped error // what Post answers to a Wait
	members []msg.Member
}

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
			panic("two proposals in flight")
		}
		l.pending = m
		l.state.LogEnd += int64(m.Batches[0].Count())
	case *msg.Wait:
		if l.stopped != nil {
			return l.stopped
		}
		l.waits = append(l.waits, m)
	}
	l.wake()
	return nil
}

// wake wakes those whose condition holds, as a partition does.
func (l *fakeLog) wake() {
	l.waits = slices.DeleteFunc(l.waits, func(w *msg.Wait) bool {
		if w.Waiter.Expired() || l.state.Err != nil || l.state.HighWatermark > w.Offset || l.state.Epoch != w.Epoch {
			w.Waiter.Wake()
			return true
		}
		return false
	})
}

func (l *fakeLog) View() msg.View {
	l.views++
	state := l.state
	return fakeView{log: l, state: &state, batches: l.batches}
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
	l.state.LogEnd = l.state.HighWatermark
	l.wake()
	if p := l.pending; p != nil {
		l.pending = nil
		p.Refuse(msg.Errorf(kerr.NotLeaderForPartition, "node 2 leads"))
	}
}

func (l *fakeLog) commit() { l.commitUnanswered().Answer() }

func (l *fakeLog) commitUnanswered() *msg.Append {
	p := l.pending
	l.pending = nil
	p.Base = l.state.HighWatermark
	l.add(p.Batches[0])
	return p
}

// add commits a batch, whoever wrote it.
func (l *fakeLog) add(b record.Batch) {
	b.Stamp(l.state.HighWatermark, l.state.Epoch)
	l.batches = append(l.batches, b)
	l.state.HighWatermark = b.LastOffset() + 1
	l.state.LogEnd = max(l.state.LogEnd, l.state.HighWatermark)
	l.wake()
}

func (l *fakeLog) fail(err error) {
	p := l.pending
	l.pending = nil
	l.state.LogEnd = l.state.HighWatermark
	p.Refuse(err)
}

type fakeView struct {
	msg.View
	log     *fakeLog
	state   *msg.State
	batches []record.Batch
}

func (v fakeView) Members() []msg.Member { return v.log.members }

func (v fakeView) State() *msg.State { return v.state }

// Read returns the batch that holds the offset, alone, so that a long log takes many steps.
func (v fakeView) Read(req msg.ReadRequest) (msg.ReadResult, error) {
	v.log.reads++
	if v.log.silent != nil {
		return msg.ReadResult{}, v.log.silent
	}
	if v.log.mute {
		return msg.ReadResult{Release: func() {}}, nil
	}
	for _, b := range v.batches {
		if b.LastOffset() >= req.Offset {
			return msg.ReadResult{Chunks: [][]byte{b}, Bytes: len(b), Release: func() {}}, nil
		}
	}
	return msg.ReadResult{Release: func() {}}, nil
}
