package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// options are those of a node on free loopback ports.
func options(t testing.TB, dir string) Options {
	return Options{
		ID: 1, Dir: dir, Kafka: []Listener{{Name: "PLAINTEXT", Bind: "127.0.0.1:0"}}, HTTP: "127.0.0.1:0",
		Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel),
		// A sync that fails in a test is the test's failure, not the end of all the others.
		Fatal: func(err error) { t.Errorf("fatal: %v", err) },
	}
}

// start starts a node that is stopped, at the latest, with the test.
func start(t testing.TB, o Options) *Node {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	n, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, n) })
	return n
}

func stop(t testing.TB, n *Node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := n.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// client connects to a node.
func client(t testing.TB, n *Node, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(n.KafkaAddr()), kgo.RetryTimeout(10 * time.Second), kgo.RecordDeliveryTimeout(10 * time.Second)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func createTopic(t testing.TB, n *Node, name string, partitions int32) kadm.TopicID {
	t.Helper()
	made, err := kadm.NewClient(client(t, n)).CreateTopic(context.Background(), partitions, -1, nil, name)
	if err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// values reads n records of a topic from its start.
func values(t testing.TB, node *Node, topic string, n int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c := client(t, node, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	var all []string
	for len(all) < n {
		fetches := c.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("after %d of %d records: %v", len(all), n, err)
		}
		fetches.EachRecord(func(r *kgo.Record) { all = append(all, string(r.Value)) })
	}
	return all
}

func TestWhatIsProducedIsThereAfterARestart(t *testing.T) {
	o := options(t, filepath.Join(t.TempDir(), "a", "data"))
	n := start(t, o)
	id := createTopic(t, n, "orders", 1)
	c := client(t, n, kgo.DefaultProduceTopic("orders"))
	for i := range 100 {
		if err := c.ProduceSync(context.Background(), kgo.StringRecord(fmt.Sprint(i))).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	cluster := n.ClusterID()
	stop(t, n)
	n = start(t, o)
	if n.ClusterID() != cluster {
		t.Errorf("cluster %s after the restart, %s before", n.ClusterID(), cluster)
	}
	self, _ := n.Image().Node(1)
	if _, port, _ := net.SplitHostPort(n.KafkaAddr()); self == nil || fmt.Sprint(self.Listeners["PLAINTEXT"].Port) != port {
		t.Errorf("served on port %s with an image that says %+v", port, self)
	}
	topic, ok := n.Image().Topic("orders")
	if !ok || kadm.TopicID(topic.ID) != id {
		t.Fatalf("topic after the restart: %+v, %v; its id was %s", topic, ok, id)
	}
	for i, v := range values(t, n, "orders", 100) {
		if v != fmt.Sprint(i) {
			t.Fatalf("record %d is %q", i, v)
		}
	}
}

func TestClientsAreToldLocalhost(t *testing.T) {
	n := start(t, options(t, t.TempDir()))
	meta, err := kadm.NewClient(client(t, n)).BrokerMetadata(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(meta.Brokers) != 1 || meta.Brokers[0].Host != "localhost" || meta.Brokers[0].NodeID != 1 || meta.Cluster != n.ClusterID() {
		t.Errorf("metadata: %+v", meta)
	}
}

func TestEveryListenerServesAndAdvertisesItself(t *testing.T) {
	o := options(t, t.TempDir())
	o.Kafka = []Listener{{Name: "INSIDE", Bind: "127.0.0.1:0"}, {Name: "OUTSIDE", Bind: "127.0.0.1:0", Advertise: "127.0.0.1:0"}}
	n := start(t, o)
	for name, host := range map[string]string{"INSIDE": "localhost", "OUTSIDE": "127.0.0.1"} {
		addr := n.KafkaAddrs()[name]
		c := client(t, n, kgo.SeedBrokers(addr))
		meta, err := kadm.NewClient(c).BrokerMetadata(context.Background())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b := meta.Brokers[0]
		if _, port, _ := net.SplitHostPort(addr); b.Host != host || fmt.Sprint(b.Port) != port {
			t.Errorf("%s on %s is told %s:%d", name, addr, b.Host, b.Port)
		}
	}
}

func TestRefusedStarts(t *testing.T) {
	used := options(t, filepath.Join(t.TempDir(), "used"))
	first := start(t, used)
	stopped := options(t, filepath.Join(t.TempDir(), "stopped"))
	stop(t, start(t, stopped))
	orphan := options(t, filepath.Join(t.TempDir(), "orphan"))
	stop(t, start(t, orphan))
	if err := os.Remove(filepath.Join(orphan.Dir, identityFile)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		o      Options
		change func(*Options)
		want   string
	}{
		{"the directory is in use", used, func(*Options) {}, "is in use by another process"},
		{"the directory is another node's", stopped, func(o *Options) { o.ID = 2 }, "start it with --node-id 1"},
		{"the directory does not say whose it is", orphan, func(*Options) {}, "but no node.json"},
		{"the port is taken", stopped, func(o *Options) { o.Kafka[0].Bind = first.KafkaAddr() }, "choose another with --kafka"},
		{"the HTTP port is taken", stopped, func(o *Options) { o.HTTP = first.HTTPAddr() }, "--http off"},
		{"no such config", stopped, func(o *Options) { o.Static = map[string]string{"num.partition": "1"} }, "there is num.partitions"},
		{"a topic's config", stopped, func(o *Options) { o.Static = map[string]string{"retention.ms": "1"} }, "log.retention.ms is its default"},
		{"a config out of range", stopped, func(o *Options) { o.Static = map[string]string{"num.partitions": "0"} }, "num.partitions"},
		{"a config that is a flag", stopped, func(o *Options) { o.Static = map[string]string{"log.dirs": "/x"} }, "say it with --data"},
		{"an address that is none", stopped, func(o *Options) { o.Kafka[0].Bind = "9092" }, `"9092" is not HOST:PORT`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := c.o
			o.Kafka = append([]Listener(nil), o.Kafka...)
			c.change(&o)
			n, err := Start(context.Background(), o)
			if err == nil {
				stop(t, n)
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error: %v\nwant one that says %q", err, c.want)
			}
		})
	}
	if err := first.Ready(); err != nil {
		t.Errorf("the first node, after all that: %v", err)
	}
	stop(t, start(t, stopped))
}

func TestMetadataOfAnotherClusterIsRefused(t *testing.T) {
	o := options(t, t.TempDir())
	stop(t, start(t, o))
	path := filepath.Join(o.Dir, identityFile)
	id, _, err := readIdentity(o.Dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), id.Cluster, "another-cluster", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if n, err := Start(ctx, o); err == nil || !strings.Contains(err.Error(), "is of cluster "+id.Cluster) {
		if n != nil {
			stop(t, n)
		}
		t.Errorf("started with %v", err)
	}
}

func TestAStopAnswersWhatIsInFlight(t *testing.T) {
	o := options(t, t.TempDir())
	n := start(t, o)
	createTopic(t, n, "orders", 1)
	var acknowledged, asked, failed atomic.Int64
	ctx, cancel := context.WithCancel(context.Background())
	c := client(t, n, kgo.DefaultProduceTopic("orders"), kgo.ProducerLinger(0), kgo.RecordDeliveryTimeout(5*time.Second), kgo.RecordRetries(0))
	producing, loaded := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(producing)
		for ctx.Err() == nil {
			asked.Add(1)
			c.Produce(ctx, kgo.StringRecord("x"), func(_ *kgo.Record, err error) {
				if err != nil {
					failed.Add(1)
				} else if acknowledged.Add(1) == 1000 {
					close(loaded)
				}
			})
		}
	}()
	select {
	case <-loaded:
	case <-time.After(20 * time.Second):
		t.Fatalf("%d acknowledged and %d failed of %d after 20 s", acknowledged.Load(), failed.Load(), asked.Load())
	}
	idle, err := net.Dial("tcp", n.KafkaAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	stop(t, n)
	cancel()
	<-producing
	if err := idle.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := idle.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a connection is still open after the stop")
	}
	c.Close()
	if acknowledged.Load()+failed.Load() > asked.Load() {
		t.Fatalf("%d acknowledged and %d failed of %d", acknowledged.Load(), failed.Load(), asked.Load())
	}
	n = start(t, o)
	ends, err := kadm.NewClient(client(t, n)).ListEndOffsets(context.Background(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	end, _ := ends.Lookup("orders", 0)
	// What was appended was answered, and nothing was answered that is not there.
	if end.Err != nil || end.Offset != acknowledged.Load() {
		t.Errorf("%d records there (%v), %d acknowledged", end.Offset, end.Err, acknowledged.Load())
	}
}

func TestWhatOperatorsSee(t *testing.T) {
	n := start(t, options(t, t.TempDir()))
	createTopic(t, n, "orders", 3)
	for path, wants := range map[string][]string{
		"/healthz": {"ok\n"}, "/readyz": {"ready\n"},
		"/metrics": {
			"\ntroupe_partitions_led 4\n", // the metadata's too
			"\ntroupe_partitions_offline 0\n", "\ntroupe_partitions_under_replicated 0\n", "\ntroupe_partitions_leaderships_taken_total 4\n",
			"\ntroupe_controller_leads 1\n", "\ntroupe_controller_image_lag_records 0\n", "\ntroupe_cluster_nodes 1\n",
			"\ntroupe_bus_routes 0\n", "\ntroupe_fabric_pending 0\n", "\ntroupe_transfers_running 0\n",
		},
	} {
		a, err := http.Get("http://" + n.HTTPAddr() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(a.Body)
		a.Body.Close()
		for _, want := range wants {
			if err != nil || a.StatusCode != 200 || !strings.Contains(string(body), want) {
				t.Errorf("%s: %s %v, without %q:\n%.2000s", path, a.Status, err, want, body)
			}
		}
	}
	stop(t, n)
	if n.Ready() == nil {
		t.Error("a stopped node is ready")
	}
}

func TestADeletedTopicLeavesNothing(t *testing.T) {
	o := options(t, t.TempDir())
	n := start(t, o)
	createTopic(t, n, "orders", 2)
	admin := kadm.NewClient(client(t, n))
	if _, err := admin.DeleteTopic(context.Background(), "orders"); err != nil {
		t.Fatal(err)
	}
	stop(t, n)
	n = start(t, o)
	if all := n.host.All(); len(all) != 1 || all[0] != metadataPartition {
		t.Errorf("partitions: %v", all)
	}
	if names, err := n.store.Logs(); err != nil || len(names) != 1 {
		t.Errorf("logs on disk: %v, %v", names, err)
	}
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	o := options(t, t.TempDir())
	n, err := Start(ctx, o)
	if err == nil {
		stop(t, n)
		t.Fatal("it started")
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
	start(t, o) // everything was let go of
}

// BenchmarkFirstAnswer measures from the start on an empty directory to the first answer that a client has.
func BenchmarkFirstAnswer(b *testing.B) {
	for b.Loop() {
		n := start(b, options(b, b.TempDir()))
		c := client(b, n)
		if err := c.Ping(context.Background()); err != nil {
			b.Fatal(err)
		}
		c.Close()
		b.StopTimer()
		stop(b, n)
		b.StartTimer()
	}
}
