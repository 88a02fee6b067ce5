// Package clock is the seam through which everything that needs the time gets it: the machine's clock in production, a
// virtual one in tests and in the simulator.
//
// It promises that no timer fires before its time, and that a virtual clock moves only when it is told to and fires its
// timers in the order of their times, then of their creation. Cores never hold a Clock: they are given the time with
// each event.
//
// Place on a record's way: beside it. It ends a fetch's long poll, an election's timeout, a failed actor's backoff.
package clock
