package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/seed-e634fa49/troupe/test/traffic"
)

// refuses starts a node that must not come up, and returns once it has ended with an error that says why.
func refuses(t testing.TB, n *Node, why string) {
	t.Helper()
	if err := n.launch(); err != nil {
		t.Fatal(err)
	}
	if code := n.AwaitExit(); code != 1 || !strings.Contains(n.Log(), why) {
		t.Errorf("node %d ended with exit code %d, and did not say %q", n.ID, code, why)
	}
}

// another makes one more process that is not started as the node it was meant to be.
func (c *Cluster) another(t testing.TB) *Node {
	t.Helper()
	n := c.launch(c.seeds())
	n.Kill()
	n.Wipe()
	return n
}

func TestADirectoryIsOneNodesAndOneVersions(t *testing.T) {
	c := Start(t)
	twin := c.another(t)
	twin.spec.ID, twin.spec.Dir = 2, c.Node(2).Dir
	refuses(t, twin, "is in use by another process")

	twin.spec.ID = 7
	refuses(t, twin, "says that this directory belongs to node 2")

	n := c.Node(2)
	n.Kill()
	for file, change := range map[string]struct{ old, new, why string }{
		"node.json": {`"version":2`, `"version":3`, "start a newer troupe on it"},
		"format":    {"format 1", "format 9", "was written by another version"},
	} {
		path := filepath.Join(n.Dir, file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), change.old, change.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, n, change.why)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n.Start() // nothing was touched
}

// TestASeedOfAnotherCluster starts a node of one cluster with a seed of another one. It stays where it belongs, and says so.
func TestASeedOfAnotherCluster(t *testing.T) {
	ours, theirs := Start(t, Nodes(2), Room(1)), Start(t, Nodes(1), Room(0))
	n := ours.Node(2)
	n.Kill()
	n.spec.Seeds = theirs.seeds()
	n.Start()
	await(t, 10*time.Second, "it says that the seed belongs to another cluster", func() bool {
		return strings.Contains(n.Log(), "belongs to another cluster; take it out of --seeds")
	})
	lost := ours.another(t)
	lost.spec.Seeds = append(ours.seeds(), theirs.seeds()...)
	if err := lost.launch(); err != nil {
		t.Fatal(err)
	}
	await(t, 10*time.Second, "an empty node joins neither", func() bool { return strings.Contains(lost.Log(), "name seeds of one cluster only") })
	for _, c := range []*Cluster{ours, theirs} {
		adm := admin(t, c)
		if got := adm.brokers(t); len(got) != len(c.seeds()) {
			t.Errorf("brokers %v, want %d", got, len(c.seeds()))
		}
		if _, err := adm.CreateTopic(t.Context(), 1, 1, nil, traffic.Topic); err != nil {
			t.Error(err)
		}
		if err := adm.raw.ProduceSync(t.Context(), &kgo.Record{Topic: traffic.Topic, Value: []byte("r000-p0 here")}).FirstErr(); err != nil {
			t.Error(err)
		}
	}
}
