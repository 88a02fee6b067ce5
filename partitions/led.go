package partitions

import "github.com/seed-e634fa49/troupe/actors/msg"

// watch is a function that waits for leaders. left counts the partitions without one; guarded by the host's mu.
type watch struct {
	left int
	then func()
}

// WhenLed runs f once, when each of ids that this node hosts has a leader that can serve; at once if that is so.
func (h *Host) WhenLed(ids []msg.TopicPartition, f func()) {
	w := &watch{then: f}
	h.mu.Lock()
	for _, id := range ids {
		found, ok := h.partitions.Load(id)
		if !ok {
			continue
		}
		if p := found.(*hosted); p.view.Load().state.Leader == msg.NoNode {
			w.left++
			p.watches = append(p.watches, w)
		}
	}
	ready := w.left == 0
	h.mu.Unlock()
	if ready {
		f()
	}
}

// led is called after a view was published that may have a leader where there was none, and when a partition goes away.
func (h *Host) led(p *hosted) {
	h.mu.Lock()
	_, hosted := h.partitions.Load(p.spec.ID)
	var ready []func()
	if !hosted || p.view.Load().state.Leader != msg.NoNode {
		for _, w := range p.watches {
			if w.left--; w.left == 0 {
				ready = append(ready, w.then)
			}
		}
		p.watches = nil
	}
	h.mu.Unlock()
	for _, f := range ready {
		f()
	}
}
