package partitions

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// listing is the group as its leader last listed it for its views. It never changes.
type listing struct {
	members []msg.Member
	self    uint64 // this replica's raft id
	// resting: since then nothing has happened, and whoever was caught up is.
	resting bool
}

// listEvery is the ticks between two listings.
const listEvery = 5

// tell keeps the listing of a leader's group fresh. It is called with each tick.
func (r *replica) tell(now time.Time) {
	if r.ticks++; r.published.Role == msg.Leader && (r.ticks%listEvery == 0 || !r.core.Ticking()) {
		r.list(now)
	}
}

// list lists the group as it stands.
func (r *replica) list(now time.Time) {
	r.listing.Store(&listing{members: r.core.MemberList(now), self: r.spec.Self, resting: !r.core.Ticking()})
}

// members is the group as last listed, and this replica as it is now. From any goroutine.
func (r *replica) members() []msg.Member {
	l, s, now := r.listing.Load(), r.View().State(), r.host.o.System.Clock().Now()
	out := slices.Clone(l.members)
	for i := range out {
		m := &out[i]
		self := m.RaftID == l.self
		if self {
			m.LogEnd = s.LogEnd
		}
		if self || m.Doing == "snapshot" {
			m.Doing += r.host.moved(r.spec.ID, m.Node, self)
		}
		if !m.LastCaughtUp.IsZero() && (l.resting || self) {
			m.LastFetch, m.LastCaughtUp = now, now
		}
	}
	return out
}

// describe tells how the replicas stand, which only their leader knows.
func (r *replica) describe(q *msg.DescribePartition) {
	s := r.View().State()
	if s.Role != msg.Leader {
		q.Refuse(msg.Errorf(kerr.NotLeaderForPartition, "describing partition %s of %s: node %d leads it; ask there", r.spec.ID, r.spec.Topic, s.Leader))
		return
	}
	q.Epoch, q.LogStart, q.HighWatermark, q.LogEnd, q.Members = s.Epoch, s.LogStart, s.HighWatermark, s.LogEnd, r.members()
	q.Answer(nil)
}
