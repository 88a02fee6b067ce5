package partitions

import (
	"sync/atomic"
	"time"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Transport takes raft messages to the nodes of the other members of a partition's group. Messages may be lost, and are when
// a node's queue is full. Send does not block, and is done with the messages when it returns, but for the bytes of their
// entries, which never change.
type Transport interface {
	Send(to msg.NodeID, id msg.TopicPartition, messages []*raftpb.Message)
	// Echo is when the last ping that a node has answered was sent to it, by the clock's monotonic time; zero while there is no
	// link. It renews the leases of quiesced groups.
	Echo(node msg.NodeID) time.Time
}

// Step hands a partition's actor a raft message from a member on another node; not answered.
type Step struct {
	Message *raftpb.Message
	From    msg.NodeID
	// size is that of the message as it came, 0 if it did not come over a link.
	size int
}

// Bytes is the size of the message.
func (s *Step) Bytes() int {
	if s.size > 0 {
		return s.size
	}
	return proto.Size(s.Message)
}

// peerDown tells that the link to a node is broken, peerUp that there is one again.
type (
	peerDown struct{ node msg.NodeID }
	peerUp   struct{ node msg.NodeID }
)

func (peerDown) Bytes() int { return 0 }
func (peerUp) Bytes() int   { return 0 }

// stand asks the actor to stand for election, if there is no leader yet, and again a little later.
type stand struct{ tries int }

func (stand) Bytes() int { return 0 }

// tick is raft's clock, from the actor to itself.
type tick struct{}

func (tick) Bytes() int { return 0 }

// finish asks the actor to answer what is in flight, take nothing more, and call done.
type finish struct{ done func() }

func (*finish) Bytes() int { return 0 }

// synced tells the actor that syncs are done. There is one per open log, and it waits in the mailbox at most once.
type synced struct {
	target msg.Target
	done   func(error) // handed to the log with each sync
	count  atomic.Uint64
	failed atomic.Pointer[error]
	posted atomic.Bool
}

func (*synced) Bytes() int { return 0 }

func newSynced(target msg.Target) *synced {
	s := &synced{target: target}
	s.done = s.report
	return s
}

// report is called by the syncer, in the order of the syncs, on its own goroutine.
func (s *synced) report(err error) {
	if err != nil {
		s.failed.CompareAndSwap(nil, &err)
	} else if s.failed.Load() == nil {
		s.count.Add(1)
	}
	if s.posted.CompareAndSwap(false, true) {
		// An actor that has stopped does not wait for it.
		_ = s.target.Post(s)
	}
}

// take is how many syncs are done, or why they no longer are.
func (s *synced) take() (uint64, error) {
	s.posted.Store(false)
	if err := s.failed.Load(); err != nil {
		return 0, *err
	}
	return s.count.Load(), nil
}
