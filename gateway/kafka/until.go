package kafka

import "time"

// until runs f once, when it is so, or late: it looks now, and then every so often.
func (s *Server) until(late time.Time, every time.Duration, so func() bool, f func()) {
	if so() || !s.clock.Now().Before(late) {
		f()
		return
	}
	s.clock.AfterFunc(every, func() { s.until(late, every, so, f) })
}
