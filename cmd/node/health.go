package node

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// health sums up the partitions of a node.
type health struct {
	hosted int
	led    int   // by this node
	coming int   // without a leader yet, and nothing wrong with them
	failed int   // can't be served
	size   int64 // bytes of the logs' files
	why    error // what is wrong with one of the failed
}

// health looks at the view of every partition of this node.
func (n *Node) health() health {
	var h health
	for _, id := range n.host.All() {
		if p, ok := n.host.Partition(id); ok {
			h.add(id, p.View().State())
		}
	}
	return h
}

func (h *health) add(id msg.TopicPartition, s *msg.State) {
	h.hosted++
	h.size += s.Size
	switch {
	case s.Err != nil && !errors.Is(s.Err, kerr.NotLeaderForPartition):
		h.failed++
		h.why = fmt.Errorf("%s: %w", id, s.Err)
	case s.Leader == msg.NoNode:
		h.coming++
	case s.Role == msg.Leader:
		h.led++
	}
}

// err says what is not served, nil if everything is.
func (h health) err() error {
	switch {
	case h.failed > 0:
		return fmt.Errorf("%d of %d partitions can't be served, such as %w", h.failed, h.hosted, h.why)
	case h.coming > 0:
		return fmt.Errorf("%d of %d partitions have no leader yet", h.coming, h.hosted)
	}
	return nil
}
