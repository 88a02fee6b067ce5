package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/cmd/node"
	"github.com/seed-e634fa49/troupe/test/traffic"
)

// TestAFullDisk fills the disk of one node: it refuses what it leads, or leads it no more, and follows when there is room again.
// The partitions that others lead go on.
func TestAFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	c := Start(t)
	adm := admin(t, c)
	work := underLoad(t, c, 6)
	full := c.Node(2)
	full.FillDisk()
	await(t, 10*time.Second, "some partition is led by another node and goes on", func() bool {
		before := work.Partitions()
		time.Sleep(500 * time.Millisecond)
		for p, n := range work.Partitions() {
			if n > before[p] {
				return true
			}
		}
		return false
	})
	time.Sleep(2 * time.Second)
	if !full.Up() {
		t.Fatal("the node with the full disk has ended")
	}
	t.Logf("a disk is full: %d records acknowledged, longest gap %s", work.Count(), work.Gap().Round(time.Millisecond))
	full.FreeDisk()
	work.goesOn("there is room again")
	await(t, 20*time.Second, "all replicas are in sync", func() bool { return adm.whole(t, traffic.Topic, 3) })
	work.ends()
}

// TestASyncThatFails ends the node whose disk it is, with an exit code of its own; the others go on, and it comes back.
func TestASyncThatFails(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	c := Start(t)
	adm := admin(t, c)
	work := underLoad(t, c, 6)
	broken := c.Node(2)
	broken.BreakDisk()
	if code := broken.AwaitExit(); code != node.ExitStorage {
		t.Errorf("it ended with exit code %d, want %d", code, node.ExitStorage)
	}
	work.goesOn("one node has left")
	broken.Start()
	await(t, 20*time.Second, "all replicas are in sync", func() bool { return adm.whole(t, traffic.Topic, 3) })
	work.goesOn("it is back")
	work.ends()
}

// TestARottenReplica flips bits of a log while its node is down. The node says so, takes no part in the group, fetches the log anew,
// and counts again: another node may go then.
func TestARottenReplica(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	c := Start(t, SegmentBytes(512<<10))
	adm := admin(t, c)
	work := underLoad(t, c, 1)
	rotten := c.Node(2)
	await(t, 20*time.Second, "there are sealed files", func() bool { return len(segments(t, rotten)) >= 2 })
	rotten.Kill()
	all := segments(t, rotten)
	for _, file := range all[len(all)-2:] { // a sealed file, and the last one
		rotten.Rot(file)
	}
	rotten.Start()
	await(t, 20*time.Second, "the node says that it is damaged", func() bool {
		return strings.Contains(rotten.Log(), "the partition is damaged here: this replica stops voting")
	})
	await(t, 30*time.Second, "it has fetched the log anew", func() bool {
		return strings.Contains(rotten.Log(), "the log's files were fetched and are in place")
	})
	await(t, 30*time.Second, "all replicas are in sync", func() bool { return adm.whole(t, traffic.Topic, 3) })
	c.Node(1).Kill()
	work.goesOn("one of the others has left")
	work.ends()
}

// segments are the files of one partition of the topic at a node, the largest log's, in order.
func segments(t testing.TB, n *Node) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(n.Dir, "partitions", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var most []string
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		var files []string
		for _, e := range entries {
			if len(e.Name()) == 20 {
				files = append(files, filepath.Join("partitions", filepath.Base(dir), e.Name()))
			}
		}
		if len(files) > len(most) {
			most = files
		}
	}
	return most
}
