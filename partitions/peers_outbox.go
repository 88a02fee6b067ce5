package partitions

import (
	"sync"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

const (
	// payloadTarget is the size from which on a payload takes no more messages, bytes; outboxBytes how much may wait.
	payloadTarget = 32 << 10
	outboxBytes   = 1 << 20
)

// outbox gathers the urgent messages of all groups to one node. The first one starts a goroutine (Peers.behind) that hands them to the link;
// all that come before it runs, and while it does, go with them: one heartbeat alone leaves at once, those of a thousand
// groups in a few frames.
type outbox struct {
	links  PeerLinks
	to     msg.NodeID
	behind func(func())

	mu sync.Mutex
	// full are payloads that take no more, oldest first; filling is the one after them.
	full    [][]byte
	filling []byte
	// leaving: the goroutine runs. There is only one, so that the order is kept.
	leaving bool
}

// add takes a message, or drops it when too much waits.
func (o *outbox) add(id msg.TopicPartition, m *raftpb.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.full)*payloadTarget >= outboxBytes {
		return
	}
	o.filling = appendMessage(o.filling, id, m)
	if len(o.filling) >= payloadTarget {
		o.full = append(o.full, o.filling)
		o.filling = nil
	}
	if !o.leaving {
		o.leaving = true
		o.behind(o.leave)
	}
}

// leave sends what waits until there is nothing left.
func (o *outbox) leave() {
	for {
		payloads := o.take()
		if len(payloads) == 0 {
			return
		}
		for _, p := range payloads {
			o.links.Send(o.to, link.Urgent, link.Raft, p)
		}
	}
}

func (o *outbox) take() [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	payloads := o.full
	if len(o.filling) > 0 {
		payloads = append(payloads, o.filling)
	}
	o.full, o.filling = nil, nil
	o.leaving = len(payloads) > 0
	return payloads
}
