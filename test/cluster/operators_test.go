package cluster

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/test/traffic"
)

// door asks a node's operators' door and returns the status and the body; 0 where nobody answers.
func (n *Node) door(path string) (status int, body string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.HTTP+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

// metrics are the samples of a node, by name and labels as they are written.
func (n *Node) metrics(t testing.TB) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	_, text := n.door("/metrics")
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil {
			all[name] = v
		}
	}
	return all
}

// total adds a metric up over the nodes that run.
func (c *Cluster) total(t testing.TB, name string) (sum float64) {
	t.Helper()
	for _, n := range c.nodes {
		if n.Up() {
			value, shown := n.metrics(t)[name]
			if !shown {
				t.Fatalf("node %d does not show %s", n.ID, name)
			}
			sum += value
		}
	}
	return sum
}

// awaitTotals waits until metrics, added up over the nodes that run, have these values at a time.
func (c *Cluster) awaitTotals(t testing.TB, within time.Duration, want map[string]float64) {
	t.Helper()
	var wrong []string
	for until := time.Now().Add(within); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		wrong = nil
		for name, value := range want {
			if got := c.total(t, name); got != value {
				wrong = append(wrong, fmt.Sprintf("%s is %v, want %v", name, got, value))
			}
		}
		if len(wrong) == 0 {
			return
		}
	}
	t.Fatalf("not within %s: %s", within, strings.Join(wrong, "; "))
}

// readmeMetrics are the metrics that README.md names.
func readmeMetrics(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("troupe_[a-z_]+").FindAllString(string(text), -1)
	if len(names) < 10 {
		t.Fatalf("README.md names only %d metrics", len(names))
	}
	return names
}

// TestWhatOperatorsSeeOfACluster looks at the metrics and the readiness of three nodes, of two, and of one.
func TestWhatOperatorsSeeOfACluster(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	c := Start(t, Set("min.insync.replicas", "2"))
	adm := admin(t, c)
	if _, err := adm.CreateTopic(t.Context(), 6, 3, nil, traffic.Topic); err != nil {
		t.Fatal(err)
	}
	await(t, 10*time.Second, "three replicas everywhere", func() bool { return adm.whole(t, traffic.Topic, 3) })
	c.awaitTotals(t, 10*time.Second, map[string]float64{
		"troupe_controller_leads": 1, "troupe_cluster_nodes": 9, "troupe_cluster_nodes_fenced": 0, "troupe_partitions_hosted": 21,
		"troupe_partitions_led": 7, "troupe_partitions_under_replicated": 0, "troupe_partitions_under_min_isr": 0,
		"troupe_partitions_offline": 0, "troupe_partitions_moving": 0, "troupe_replicas_lagging": 0, "troupe_replicas_lag_records": 0,
		"troupe_bus_nodes_heard": 6, "troupe_fabric_timeouts_total": 0, "troupe_controller_image_lag_records": 0,
	})
	for _, n := range c.All() {
		for _, peer := range c.All() {
			label := fmt.Sprintf("{peer=%q}", fmt.Sprint(peer.ID))
			m := n.metrics(t)
			if up, shown := m["troupe_link_up"+label]; shown != (n != peer) || shown && up != 1 {
				t.Errorf("node %d shows a link to node %d: %v, %v", n.ID, peer.ID, shown, up)
			}
			if trip := m["troupe_link_round_trip_seconds"+label]; n != peer && (trip <= 0 || trip > 1) {
				t.Errorf("node %d shows a round trip of %v s to node %d", n.ID, trip, peer.ID)
			}
		}
		if status, body := n.door("/readyz"); status != http.StatusOK {
			t.Errorf("node %d: %s", n.ID, body)
		}
	}
	leads := func(some bool) func() bool {
		return func() bool { return (c.Node(3).metrics(t)["troupe_partitions_led"] > 0) == some }
	}
	for _, change := range []string{"drain", "undrain"} { // a node that drains serves as before
		resp, err := http.Post("http://"+c.Node(2).HTTP+"/admin/nodes/3/"+change, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		draining := float64(0)
		if change == "drain" {
			draining = 3
		}
		c.awaitTotals(t, 10*time.Second, map[string]float64{"troupe_cluster_nodes_draining": draining, "troupe_partitions_led": 7})
		await(t, 20*time.Second, "node 3 leads nothing while it drains, and some of it all else", leads(change == "undrain"))
		if status, body := c.Node(3).door("/readyz"); status != http.StatusOK {
			t.Errorf("%s: %s", change, body)
		}
	}
	_, text := c.Node(1).door("/metrics")
	for _, name := range readmeMetrics(t) {
		if !strings.Contains(text, "\n"+name+" ") && !strings.Contains(text, "\n"+name+"{") {
			t.Errorf("README.md speaks of %s, which node 1 does not show", name)
		}
	}
	before := c.Node(1).metrics(t)["troupe_partitions_elections_total"]
	c.Node(3).Kill()
	c.awaitTotals(t, 15*time.Second, map[string]float64{
		"troupe_controller_leads": 1, "troupe_cluster_nodes_fenced": 2, "troupe_partitions_led": 7, "troupe_partitions_offline": 0,
		`troupe_link_up{peer="3"}`: 0, `troupe_link_lost_total{peer="3"}`: 2,
	})
	if after := c.Node(1).metrics(t)["troupe_partitions_elections_total"]; after <= before {
		t.Errorf("node 1 has seen %v elections before a leader was killed, %v after", before, after)
	}
	c.Node(2).Kill()
	last := c.Node(1)
	await(t, 10*time.Second, "the last node is not ready, and says why", func() bool {
		status, body := last.door("/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "have no leader yet")
	})
	c.awaitTotals(t, 10*time.Second, map[string]float64{"troupe_controller_leads": 0, "troupe_partitions_led": 0, "troupe_partitions_offline": 6})
	if status, _ := last.door("/healthz"); status != http.StatusOK {
		t.Error("the last node is to be restarted, which would help nobody")
	}
	// What a node that starts without the others waits for.
	last.Kill()
	if err := last.launch(); err != nil {
		t.Fatal(err)
	}
	await(t, 10*time.Second, "a node that starts alone says what it waits for", func() bool {
		status, body := last.door("/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "0 of 2 other nodes are linked")
	})
}
