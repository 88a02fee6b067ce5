// Package controller decides what happens to the cluster: it founds it, registers nodes, makes and deletes topics, places
// replicas, changes configs, hands out producer ids. Where this node leads the metadata log it decides; on every node it
// follows the log and applies it to the node's image.
//
// It promises that a change is answered only when it is committed and applied here, that a refused request leaves no trace,
// and that each decision is one batch in the log. The core is pure: requests and committed batches in, proposals and
// answers out.
//
// One conversation, from a request to its answer:
//
//	session    CreateTopics           → actor   it waits with what else arrives
//	actor      core.decide            → core    all that waits is checked, one after the other, against the image and what
//	                                            the ones before it change: one round
//	actor      msg.Append             → log     the round's records, one batch, with the leader epoch it was decided in
//	log        Appended, Wake         → actor   committed: the view's high watermark has passed it
//	actor      core.apply             → core    the batch is applied like any other; here and on every node
//	actor      Options.Applied        → node    spawns the partitions
//	actor      Answer                 → session
//
// Reading order: core.go (events in, effects out), round.go, then one file per request: create_topics.go and so on.
// names.go, overrides.go, assignment.go and placement.go hold the rules that they share. actor.go moves the messages.
//
// Place on a record's way: it makes the topic that the record goes to.
package controller
