package partitions

import (
	"time"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// PeerDown tells every partition that the link to a node is broken. Groups that were led from there elect another leader at
// once, and do not wait for an election timeout. It is called after Transport.Echo shows it.
func (h *Host) PeerDown(node msg.NodeID) { h.tellAll(peerDown{node}) }

// PeerUp tells every partition that there is a link to a node.
func (h *Host) PeerUp(node msg.NodeID) { h.tellAll(peerUp{node}) }

// echo is the transport's, nil without one.
func (h *Host) echo() func(msg.NodeID) time.Time {
	if h.o.Transport == nil {
		return nil
	}
	return h.o.Transport.Echo
}

// tellAll tells the partitions in their order, so that a simulation goes the same way again.
func (h *Host) tellAll(m msg.Message) {
	for _, id := range h.All() {
		if p, here := h.partitions.Load(id); here {
			// One that has stopped has nothing to do with it any more.
			_ = p.(*hosted).Post(m)
		}
	}
}

// stand lets the replica stand for election after a while, 0 for not at all.
func (r *replica) stand(c *actors.Context, after time.Duration) {
	if after > 0 {
		r.standAfter(c, after, standTries)
	}
}

func (r *replica) standAfter(c *actors.Context, after time.Duration, tries int) {
	if !r.standing {
		r.standing = true
		c.After(after, stand{tries})
	}
}
