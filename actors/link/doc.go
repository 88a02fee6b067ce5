// Package link joins two nodes by a pair of framed TCP connections, a small lane that is never behind a large one.
//
// It promises that what is sent on a lane arrives in order, whole, once, or not at all; that queues are bounded in bytes; that a
// dead peer is noticed within about a second. It must never block a sender, nor know what a payload means.
//
// Place on a record's way: between the leader's core and the followers' cores.
package link
