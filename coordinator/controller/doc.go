// Package controller decides what happens to the cluster: it founds it, takes nodes in and out, makes and deletes topics, places
// and moves replicas, changes configs, hands out producer ids. Where this node leads the metadata log it decides; on every node
// it follows the log and applies it to the node's image, and keeps the node in the cluster: registered, with its lease renewed.
//
// It promises that a change is answered only when it is committed and applied here, that a refused request leaves no trace,
// and that each decision is one batch in the log. Leases are kept in the leader's memory; what follows from one goes through the
// log. The core is pure: requests, committed batches and the time in, proposals, answers and what to tell others out.
//
// One conversation, from a request to its answer:
//
//	session    CreateTopics           → actor   it waits with what else arrives
//	actor      core.decide            → core    chores first: who is fenced, who votes, what moves. Then all that waits is checked,
//	                                            one after the other, against the image and what the ones before it change: one
//	                                            round
//	actor      msg.Append             → log     the round's records, one batch, with the leader epoch it was decided in
//	log        Appended, Wake         → actor   committed: the view's high watermark has passed it
//	actor      core.apply             → core    the batch is applied like any other; here and on every node
//	actor      Options.Applied        → node    spawns the partitions
//	actor      Answer                 → session
//
// And one from a wish to its fulfilment, a partition's move:
//
//	operator   AlterAssignments, or the plan of moves.go: PartitionMoving with a target, new replicas under new raft ids
//	node       tells the partition's group its members (msg.Assign)
//	leader     the group has them: MoveDone
//	core       PartitionMoved: the target is what the replicas are
//
// Reading order: core.go (events in, effects out), round.go, then one file per request: create_topics.go and so on.
// names.go, overrides.go, assignment.go and placement.go hold the rules that they share. What the core does unasked: leases.go
// (who is alive), quorum.go (who votes on the log), layout.go, moves.go, lost.go and balance.go (where replicas lie), leaders.go (who leads
// them), snapshot.go (how the log stays short). actor.go moves the messages; member.go speaks for the node.
//
// Place on a record's way: it makes the topic that the record goes to, and moves it.
package controller
