package clock

import "time"

// Until runs f once, when it is so, or late: it looks now, and then every so often. What it asks must not block.
func Until(c Clock, late time.Time, every time.Duration, so func() bool, f func()) {
	if so() || !c.Now().Before(late) {
		f()
		return
	}
	c.AfterFunc(every, func() { Until(c, late, every, so, f) })
}
