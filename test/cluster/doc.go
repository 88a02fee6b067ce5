// Package cluster runs a cluster of real nodes inside a Go test: the same code, real disks, real sockets, real processes that can be
// killed with SIGKILL, paused, restarted, wiped, cut off from each other or linked badly, and given a clock that is wrong or a disk that is
// slow, full, rotten or fails.
//
//	c := cluster.Start(t, cluster.Nodes(3))
//	client, _ := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...))
//	c.Node(2).Kill()
//	c.Cut(1, 3)
//	c.Heal()
//	c.Node(2).Start()
//
// A node is the test's own binary, started once more: importing this package is all it takes (child.go). Between any two nodes stands
// a proxy of the test's (wires.go), for their links and for their bus; a cut stops what flows through it, as a network does
// that loses packets.
//
// It promises that no process outlives its test. It must never reach into a node other than as an operator, a client, a network or a
// disk can.
//
// Place on a record's way: round all of it.
package cluster
