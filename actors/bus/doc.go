// Package bus is the cluster's notice board: every node embeds a NATS server, the servers are joined by routes, and what one
// node publishes all others hear. It carries hints that anybody may need (who is there, who leads what, what the metadata has
// come to) and the small requests between actors (actors/fabric). Bulk goes over the peer links.
//
// It promises that a message is delivered at most once, to whoever subscribes at that moment, and in the order in which one
// node published it on one subject. It promises no delivery: whatever is said on it is idempotent, and said again or asked
// again with a deadline. It must never decide anything: an interest is a hint, only raft fences.
//
// Place on a record's way: none. It tells where the way leads.
package bus
