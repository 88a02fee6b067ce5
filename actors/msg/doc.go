// Package msg is the vocabulary of the actors: every message, who sends it, who answers and how, and the views through
// which a session reads a partition without a message.
//
// Actors are addressed, never imported: the gateway, the partitions and the coordinators know this package and not each
// other. A request carries its own reply slot. It is answered exactly once, from the answering actor's step, so whatever
// is called with the answer must not block.
//
// Place on a record's way: between each two steps. A produce request becomes one Append per partition, a fetch reads
// Views and leaves a Wait where there is nothing yet, an admin request becomes a message to the controller.
package msg
