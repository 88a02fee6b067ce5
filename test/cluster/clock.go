package cluster

import (
	"time"
	"unsafe"

	"github.com/seed-e634fa49/troupe/actors/clock"
)

// ahead is a clock whose time of day is wrong by some seconds. Its monotonic readings are the machine's: a clock that was set wrong
// still measures right. Add would shift both, so the seconds are added where time.Time keeps those of the day beside a monotonic reading:
//
//	wall  1 bit: there is a monotonic reading   33 bits: seconds since 1885   30 bits: nanoseconds
type ahead struct {
	clock.Clock
	seconds int64
}

// Now implements clock.Clock.
func (a ahead) Now() time.Time {
	t := a.Clock.Now()
	wall := (*uint64)(unsafe.Pointer(&t))
	*wall += uint64(a.seconds) << 30 // a negative number of them borrows, as it should
	return t
}
