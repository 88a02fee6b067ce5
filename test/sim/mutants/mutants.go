package main

// mutant is a guard, and what the file says without it.
type mutant struct {
	name, file     string
	guard, without string
}

// mutants are the guards. Each is in its file once, as written here.
var mutants = []mutant{
	{"sync before ack and vote", "partitions/core_ready.go", "if r.after > c.syncs.durable {", "if false {"},
	{"sync before asking for votes", "partitions/core_ready.go",
		"c.syncs.waiting = append(c.syncs.waiting, release{c.syncs.asked, candidacy})", "out.Messages = append(out.Messages, candidacy...)"},
	{"vote is kept", "partitions/core_ready.go", "out.HardState = &wal.HardState{Term: m.GetTerm(), Vote: m.GetVote(),", "out.HardState = &wal.HardState{Term: m.GetTerm(),"},
	{"check-quorum", "partitions/core.go", "CheckQuorum:               true", "CheckQuorum:               false"},
	{"pre-vote", "partitions/core.go", "PreVote:                   true", "PreVote:                   false"},
	{"term of the answered entry", "partitions/core_flight.go", "case err != nil || term != f.term:", "case err != nil || term == 0:"},
	{"sequence check", "partitions/producers.go", "first != want {", "first != want && first < 0 {"},
	{"known duplicates", "partitions/producers.go", "w.first == first && w.last == last {", "w.first == first && w.last == last && first < 0 {"},
	{"sequences go back with the log", "partitions/producers.go", "func (t *producers) rollback() { clear(t.pending) }", "func (t *producers) rollback() {}"},
	{"duplicate waits for its commit", "partitions/core_append.go", "f != nil && a.Acks == -1 {", "f != nil && a.Acks == -2 {"},
	{"lease shorter than election", "partitions/core_lease.go", "leaseTicks = electionTicks - 2", "leaseTicks = 4 * electionTicks"},
	{"lease of a resting group", "partitions/core_rest.go", "return echo(members.node(id))", "return base.Add(math.MaxInt64 / 2)"},
	{"lost links wake groups", "partitions/host_peers.go", "{ h.tellAll(peerDown{node}) }", "{}"},
	{"only caught-up learners vote", "partitions/core_move.go", "case !is:\n\t\t\treturn step{}", "case !is:"},
	{"a move's end is known to all", "partitions/core_move.go", "if c.spread(now) {", "if c.spread(now) || true {"},
	{"a leader out of touch is let alone", "coordinator/controller/core.go", "if c.overdue || !c.settled() {", "if !c.settled() {"},
	{"own entry before serving", "partitions/core_ready.go",
		"c.term, c.settled = term, c.applied > 0 && c.appliedTerm == term", "c.term, c.settled = term, true"},
	{"only what is committed is shown", "partitions/core.go", "LastStable: c.highWater, HighWatermark: c.highWater,", "LastStable: c.next, HighWatermark: c.next,"},
}
