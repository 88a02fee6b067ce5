// Package controller decides what happens to the cluster: it founds it, registers nodes, makes and deletes topics, places
// replicas, changes configs, hands out producer ids. Where this node leads the metadata log it decides; on every node it
// follows the log and applies it to the node's image.
//
// It promises that a change is answered only when it is committed and applied here, that a refused request leaves no trace,
// and that each decision is one batch in the log. The core is pure: requests and committed batches in, proposals and
// answers out.
//
// Place on a record's way: it makes the topic that the record goes to.
package controller
