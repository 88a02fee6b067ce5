package cluster

import (
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/test/traffic"
)

// TestRestartingAllNodesOneByOne is what an operator does for a new version. No producer is told of an error.
func TestRestartingAllNodesOneByOne(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	c := Start(t)
	adm := admin(t, c)
	work := underLoad(t, c, 12)
	var longest time.Duration
	for _, n := range c.All() {
		work.Gap()
		if err := n.Stop(); err != nil {
			t.Fatal(err)
		}
		n.Start()
		await(t, 20*time.Second, "all replicas are in sync", func() bool { return adm.whole(t, traffic.Topic, 3) })
		longest = max(longest, work.Gap())
	}
	work.goesOn("all were restarted")
	t.Logf("the longest time without an acknowledgement of any partition: %s", longest.Round(time.Millisecond))
	work.ends()
}
