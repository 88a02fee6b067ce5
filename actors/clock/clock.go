package clock

import "time"

// Clock tells the time and runs functions later. It is safe for concurrent use.
type Clock interface {
	// Now is the wall clock's time, with a monotonic reading where the machine has one.
	Now() time.Time
	// AfterFunc runs f once, d from now, on no particular goroutine. f must not block.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a function that waits for its time.
type Timer interface {
	// Stop keeps the function from running and reports whether it did so in time.
	Stop() bool
}

// System is the machine's own clock.
func System() Clock { return system{} }

type system struct{}

func (system) Now() time.Time { return time.Now() }

func (system) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
