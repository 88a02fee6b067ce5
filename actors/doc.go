// Package actors is the actor system of a node, over protoactor-go's actor package: spawning, supervision, mailboxes
// that are bounded in bytes, the dispatcher and clock seams.
//
// It promises that every request is answered: by its actor, or with an error when the actor stops or panics; that a full
// mailbox says no instead of blocking or growing; and that on the deterministic dispatcher a run replays exactly. It must
// never know what the messages mean.
//
// Place on a record's way: between the session, the partition, the coordinator: whoever asks and whoever owns.
package actors
