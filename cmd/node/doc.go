// Package node is one node wired together from the rest: it opens the data directory, starts the actors, follows the
// cluster's metadata, runs the partitions that the metadata gives to this node, and opens the doors.
//
// It promises that a data directory is used by the node that it belongs to and by no other, that a node which cannot
// trust its disk any more ends at once, and that a clean stop answers what is in flight before it lets go of the log.
// It must never decide anything about the cluster: the controller does, and the node carries it out.
//
// A node starts in this order, and stops in the opposite one:
//
//	listeners bound      their ports are part of the registration; clients wait in the backlog
//	directory            identity checked or founded, store opened and locked
//	actors               the metadata's partition, the controller
//	image                applied up to this start's own registration; partitions of this node started
//	doors                clients are served
//
// Place on a record's way: none; it builds the way.
package node
