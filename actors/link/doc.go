// Package link joins each two nodes by one link: two framed TCP connections, the lanes. What is small and must not wait goes on the
// urgent lane, and is never behind what is large, on the bulk lane.
//
// It promises that a frame arrives whole, once, and in the order of its lane, or not at all; that between two nodes there is at most
// one link, whoever dials; that what waits for a peer is bounded in bytes; that a peer that is dead, cut off one way or both, or that no
// longer reads is noticed in about a second, and told by one call of Down for each of Up; and that a link that is possible is made again
// within milliseconds. It must never block a sender, keep what was queued for a link that is down, or know what a payload means.
//
// # A link's life
//
//	lower node id                                         higher node id
//	  connects, hello(urgent, session 7)  ──────────────▶  checks cluster, node ids, Admit; whether a link stands
//	                                      ◀──────────────  welcome, or refusal with the reason
//	  connects, hello(bulk, session 7)    ──────────────▶
//	  Up                                  ◀──────────────  welcome, Up
//	  frames, pings                       ◀─────────────▶  frames, pings
//	  Down, both connections closed             ✗          Down, both connections closed
//	  dials again: at once, then after 20 ms, up to 1 s    dials as well if DeadAfter passes without a link
//
// Identities are checked on both sides (handshake.go, accept.go, dial.go). A refusal is logged once for each reason on both sides, however
// often it is tried. A process that was started again replaces the link of the one before; a second data directory under a node id
// does not. If both dial at once the lower node's attempt stands (peer.go).
//
// # A frame's way
//
// Send (links.go) puts it into the lane's queue, or says no (queue.go). The lane's writer takes all that waits and hands it to one writev,
// payloads as they lie (writer.go, frame.go). The other side's reader copies each payload once, checks it, and calls the handler of its
// kind (session.go, kinds.go). A handler that takes long stops its lane, and TCP stops the sender, whose queue then says no.
//
// pulse.go tells the living from the dead. ask.go is for what is asked before there is a link, when a cluster is founded or joined.
//
// With Options.TLS everything above runs over mutual TLS, with the same bytes inside.
//
// Place on a record's way: from the leader's core to the followers' cores, and their acknowledgements back.
package link
