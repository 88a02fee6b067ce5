// Package group coordinates consumer groups: who is a member, who reads which partition, and how far everybody has read. It
// speaks the classic protocol, where a leader among the members assigns, and the consumer protocol (KIP-848), where the
// coordinator does.
//
// Groups are spread over the partitions of __consumer_offsets by their ids. Each replica of such a partition has an actor
// beside it on its node; where the replica leads, the actor is the coordinator of the partition's groups, elsewhere it sleeps.
//
// It promises that an answer tells nothing that is not committed to the partition; that a coordinator which takes over knows
// all that was ever answered; that an event of one group costs no other group more than its own time; and that the log stays
// as small as what lives in it, up to a factor. It must never look into assignments and subscriptions of protocol types that
// it does not know, nor range over a map where the order shows.
//
// One conversation, from a request to its answer:
//
//	session    CommitOffsets      → actor   handed to the core at once
//	actor      core.handle        → core    the state is changed, records and an answer come out
//	actor      msg.Append         → log     the records of all that came in meanwhile, with the leader epoch that they are from
//	log        Appended           → actor   committed: the answers are given, in order
//
// Should the append fail, everything under way is refused with a code that clients retry on, and the state is loaded from the
// log again: what was not committed never happened.
//
// Reading order: core.go (requests and the time in, records and answers out), group.go, then the classic protocol
// (classic.go, classic_join.go, classic_rebalance.go, classic_sync.go, classic_leave.go), the consumer protocol
// (consumer.go, consumer_heartbeat.go, consumer_reconcile.go, assign_uniform.go, assign_range.go), offsets.go,
// offsets_expire.go, admin.go. record.go and the files record_*.go draw the records, replay.go reads them, rewrite.go keeps
// the log short. actor.go moves the messages, coordinators.go has one actor per replica.
//
// Place on a record's way: behind its end. It remembers that a record was consumed, and decides who consumes it.
package group
