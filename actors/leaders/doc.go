// Package leaders is what a node has heard of the leaders of partitions, wherever they live: a table, and the bytes in which
// nodes tell each other.
//
// It promises that what it says never goes back to an earlier epoch. It must never be taken for the truth: who leads is known to
// raft alone, announcements may be late or lost, and a client that is sent to the wrong node is told so there.
//
// Place on a record's way: it tells a client which node to send the record to.
package leaders
