package wal

import (
	"sort"
	"sync"
	"time"
)

// verified knows which bytes of a segment were verified lately, so that they may be sent without being looked at again. It
// begins empty when the segment is opened, and forgets all when its oldest knowledge is older than verifiedFor: what lies on
// a disk may rot. Safe for concurrent use.
type verified struct {
	mu     sync.Mutex
	since  time.Time   // of the oldest range
	ranges []byteRange // in order, apart from each other, maxVerified at most
}

type byteRange struct{ from, to int64 }

const (
	// verifiedFor is how long bytes that were verified, or just written, are sent unseen. What is read again in so short a
	// time comes from the page cache, or from a disk that had it whole minutes ago.
	verifiedFor = 5 * time.Minute
	// maxVerified bounds the ranges of a segment; consumers that go forward need one each.
	maxVerified = 16
)

// add takes note that the bytes from from to to are what was appended.
func (v *verified) add(from, to int64, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stale(now) || len(v.ranges) == 0 {
		v.since, v.ranges = now, v.ranges[:0]
	}
	i := sort.Search(len(v.ranges), func(i int) bool { return v.ranges[i].to >= from })
	j := i
	for ; j < len(v.ranges) && v.ranges[j].from <= to; j++ {
		from, to = min(from, v.ranges[j].from), max(to, v.ranges[j].to)
	}
	switch {
	case j > i:
		v.ranges[i] = byteRange{from, to}
		v.ranges = append(v.ranges[:i+1], v.ranges[j:]...)
	case len(v.ranges) < maxVerified:
		v.ranges = append(v.ranges, byteRange{})
		copy(v.ranges[i+1:], v.ranges[i:])
		v.ranges[i] = byteRange{from, to}
	default:
		v.since, v.ranges = now, append(v.ranges[:0], byteRange{from, to})
	}
}

// covers reports whether all bytes from from to to were verified lately.
func (v *verified) covers(from, to int64, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stale(now) {
		return false
	}
	i := sort.Search(len(v.ranges), func(i int) bool { return v.ranges[i].to >= to })
	return i < len(v.ranges) && v.ranges[i].from <= from
}

// clear forgets everything: something in the segment was found to be damaged.
func (v *verified) clear() {
	v.mu.Lock()
	v.ranges = v.ranges[:0]
	v.mu.Unlock()
}

// stale is called with v.mu held. A clock that was set back makes nothing last longer.
func (v *verified) stale(now time.Time) bool {
	age := now.Sub(v.since)
	return age < 0 || age > verifiedFor
}
