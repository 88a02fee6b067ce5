// Package presence knows which nodes hear each other on the bus. Each says several times a second that it is there, and whom it
// hears; two nodes are in touch when each has been heard by the other within the last second, so that a wire that carries
// in one direction only counts for nothing.
//
// It promises that a node is known to be out of reach a second after its last beat, and remembers no more than it should. It
// must never be asked who is alive in the cluster: leases in the metadata log tell that.
//
// Place on a record's way: none. It chooses between the two ways of a request (actors/fabric).
package presence
