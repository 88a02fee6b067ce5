package partitions

import (
	"sync/atomic"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Stats are what a host has counted since its start.
type Stats struct {
	// Elections are the terms that replicas here have seen begin, Taken are the leaderships that they have taken.
	Elections, Taken uint64
	// FileBytesIn and FileBytesOut are bytes of logs' files that came from other nodes, and that went to them.
	FileBytesIn, FileBytesOut uint64
}

// counters are the running figures behind Stats.
type counters struct {
	elections, taken, filesIn, filesOut atomic.Uint64
}

// Stats is safe to call at any time.
func (h *Host) Stats() Stats {
	c := &h.counters
	return Stats{
		Elections: c.elections.Load(), Taken: c.taken.Load(), FileBytesIn: c.filesIn.Load(), FileBytesOut: c.filesOut.Load(),
	}
}

// turned counts what a replica's step from one state to the next says about its group. The first state of a replica that has just
// been opened is no step.
func (c *counters) turned(old, s *msg.State) {
	if s.Epoch > old.Epoch && old.Epoch > 0 {
		c.elections.Add(uint64(s.Epoch - old.Epoch))
	}
	if s.Role == msg.Leader && (old.Role != msg.Leader || s.Epoch != old.Epoch) {
		c.taken.Add(1)
	}
}
