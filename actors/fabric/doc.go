// Package fabric carries requests to the actors of other nodes, and brings their answers back.
//
// It promises that a request is delivered at most once, and that a request it has taken is answered: by the actor, or with
// REQUEST_TIMED_OUT when no answer came in time, and then nobody knows whether it was carried out. It must never send a
// request a second time, and never block.
//
// Place on a record's way: none; a change of the cluster goes over it from the node that was asked to the one that leads.
package fabric
