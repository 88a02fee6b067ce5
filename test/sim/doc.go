// Package sim runs a whole Troupe cluster from one seed, inside a Go test: the broker's own actors and cores on virtual time, over
// simulated links and disks, with checkers that watch all the time.
//
//	c := sim.New(t, sim.Seed(7), sim.Nodes(3))
//	c.CreateTopic("orders", 2, 3)
//	c.Produce("orders", 4)
//	c.Run(10 * time.Second)
//	c.Kill(1)
//	c.Run(10 * time.Second)
//	c.Check()
//
// It promises that a seed always goes the same way (Cluster.Trace), that everything runs on the caller's goroutine, and that a broken
// promise of the broker's ends the run with a command that replays it. It must never model the broker: what is simulated is only
// what surrounds it. What that is, file by file:
//
//	clock.go      time, which every node sees a little differently
//	life.go       a process: its steps and timers, which stop when it pauses, and are lost when it dies
//	node.go       a machine, and what of the product runs on it (cmd/node.Inside)
//	network.go    links between nodes, under the product's own wire formats (partitions.Peers, actors/fabric)
//	disk.go       logs in memory (log.go) that forget, at a power loss, what was not synced (log_crash.go)
//	producer.go   clients that write, admin.go those that change the cluster
//	faults.go     what goes wrong, drawn from the seed
//	check_*.go    what must hold, a file each
//
// etcd's raft draws its election timeouts from crypto/rand.Reader. A simulation replaces that reader until it is closed, so there is
// one simulation per process at a time.
//
// Place on a record's way: all of it, from a client's request to the replicas' disks.
package sim
