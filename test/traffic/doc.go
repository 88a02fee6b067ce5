// Package traffic is the work that clients do while something is broken under them, and the account of what they were promised.
//
// It promises to know every acknowledgement, and says afterwards which of them was not kept: a record that is missing, twice, out of
// its producer's order, or at an offset whose content has changed since somebody read it. It must never retry on its own what the
// client library does not: what a user's client sees is what is tested.
//
// Place on a record's way: both ends.
package traffic
