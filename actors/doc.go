// Package actors is the actor system of a node, over protoactor-go's actor package: spawning, supervision, mailboxes
// that are bounded in bytes, the dispatcher and clock seams, and the addresses of actors on other nodes.
//
// It promises that every request that was taken is answered: by its actor, or with an error when the actor stops or
// panics; that a full mailbox says no instead of blocking or growing; and that on the deterministic dispatcher a run
// replays exactly. It must never know what the messages mean.
//
// # A message's way
//
// Ref.Post (ref.go) puts it into the mailbox (mailbox.go), which asks the dispatcher for a step unless one is under way.
// The step (step.go) hands protoactor's own lifecycle messages and ours to protoactor's actor context one by one; that
// calls the cell (cell.go), which calls the Actor: Started, Receive, Stopped. When the mailbox has run empty, the step
// calls Idle, where a partition proposes in one go what many sessions asked for.
//
//	Post ── inbox ──▶ step ──▶ protoactor's context ──▶ cell ──▶ Actor.Receive, … , Actor.Idle
//	                   ▲
//	Dispatcher ────────┘ one goroutine per step, or Deterministic: one message per step, whose turn by a seed
//
// # When an actor fails
//
// A panic, Context.Fail or an error of Started ends the incarnation (supervision.go): it is logged once, the request in
// hand is answered with UNKNOWN_SERVER_ERROR, Stopped is called, and protoactor's supervision asks Spec.Restart how long to
// wait. Requests that wait in the mailbox then, or are posted until the restart, are refused with NOT_LEADER_OR_FOLLOWER
// at once, on the actor's step, and not held for the length of a backoff. Other messages, such as a new configuration, are
// kept for the next incarnation, within the mailbox's budget. Messages of timers die with the incarnation that set them.
//
// # What is not used of protoactor
//
// Its remote and cluster packages; futures, receive timeouts, stash and ReenterAfter (they race, or use the machine's
// clock); its mailboxes (a full bounded one spins); its backoff strategy (global random source, machine's clock); dead
// letters as a way to send (their log throttle starts a goroutine); children (an actor has none here, the node owns them
// all). So nothing of protoactor starts a goroutine, and a deterministic system is single-threaded.
//
// Place on a record's way: between the session, the partition, the coordinator: whoever asks and whoever owns.
package actors
