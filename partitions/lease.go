package partitions

import (
	"sync/atomic"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// lease is a leader's right to answer as one, in one term. Its followers don't vote for another before an election timeout
// has gone by since they last heard from it; what a majority of them has answered therefore says until when there is no other.
// The clock is the monotonic one of this process: it goes on while the process is stopped.
//
// Views hold the lease, and see it renewed without being published again.
type lease struct {
	base  time.Time    // when the term began here
	until atomic.Int64 // nanoseconds since base; 0: over
	// resting, while the group rests, stands in for until: nobody is asked, the nodes' pings are what is known.
	resting atomic.Pointer[func() time.Time]
}

var _ msg.Lease = (*lease)(nil)

// Until is when the lease ends.
func (l *lease) Until() time.Time {
	if f := l.resting.Load(); f != nil {
		return (*f)()
	}
	return l.base.Add(time.Duration(l.until.Load()))
}

// renew makes the lease end at another time, which may be sooner.
func (l *lease) renew(until time.Time) { l.until.Store(int64(until.Sub(l.base))) }

// end ends the lease for good: the term is over.
func (l *lease) end() {
	l.until.Store(0)
	l.resting.Store(nil)
}
