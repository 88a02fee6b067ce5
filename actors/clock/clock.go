// Package clock is the seam through which everything that needs the time gets it: the machine's clock in production,
// a virtual one in tests and in the simulator.
//
// It promises that no timer fires before its time. Cores never hold a Clock: they are given the time with each event.
package clock

import "time"

// Clock tells the time and runs functions later.
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
