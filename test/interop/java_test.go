package interop

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/test/kafka"
	"github.com/seed-e634fa49/troupe/test/process"
)

func startJava(t *testing.T) (node *process.Node, jars string) {
	t.Helper()
	if err := kafka.Installed(); err != nil {
		absent(t, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	jars, err := kafka.Jars(ctx)
	if err != nil {
		absent(t, err)
	}
	return process.Start(t), jars
}

func TestJavaConsole(t *testing.T) {
	node, jars := startJava(t)
	java(t, jars, "", "org.apache.kafka.tools.TopicCommand", "--bootstrap-server", node.Bootstrap, "--create", "--topic", "console", "--partitions", "2")
	java(t, jars, "one\ntwo\nthree\n", "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", node.Bootstrap, "--topic", "console",
		"--producer-property", "partitioner.class=org.apache.kafka.clients.producer.RoundRobinPartitioner")
	var got []string
	for p := range 2 {
		out := java(t, jars, "", "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", node.Bootstrap, "--topic", "console",
			"--partition", fmt.Sprint(p), "--offset", "earliest", "--timeout-ms", "3000")
		got = append(got, strings.Fields(out)...)
	}
	if len(got) != 3 {
		t.Fatalf("consumed %q, want one, two and three in some order", got)
	}
	described := java(t, jars, "", "org.apache.kafka.tools.TopicCommand", "--bootstrap-server", node.Bootstrap, "--describe", "--topic", "console")
	if !strings.Contains(described, "PartitionCount: 2") || strings.Contains(described, "Leader: none") {
		t.Fatalf("describe answered:\n%s", described)
	}
}

func TestJavaVerifiableProducer(t *testing.T) {
	node, jars := startJava(t)
	out := java(t, jars, "", "org.apache.kafka.tools.VerifiableProducer", "--bootstrap-server", node.Bootstrap, "--topic", "verify",
		"--max-messages", "2000", "--acks", "-1")
	if !strings.Contains(out, `"acked":2000`) {
		t.Fatalf("want 2000 acknowledged, got:\n%s", out[max(0, len(out)-1000):])
	}
	offsets := java(t, jars, "", "org.apache.kafka.tools.GetOffsetShell", "--bootstrap-server", node.Bootstrap, "--topic", "verify")
	if !strings.Contains(offsets, "verify:0:2000") {
		t.Fatalf("offsets are %q, want verify:0:2000", offsets)
	}
}

func TestJavaProducerPerformance(t *testing.T) {
	node, jars := startJava(t)
	out := java(t, jars, "", "org.apache.kafka.tools.ProducerPerformance", "--bootstrap-server", node.Bootstrap, "--topic", "perf", "--num-records", "100000",
		"--record-size", "100", "--throughput", "-1", "--command-property", "acks=all")
	if !strings.Contains(out, "100000 records sent") {
		t.Fatalf("got:\n%s", out)
	}
}

func TestJavaAdmin(t *testing.T) {
	node, jars := startJava(t)
	at := []string{"--bootstrap-server", node.Bootstrap}
	java(t, jars, "", "org.apache.kafka.tools.TopicCommand", append(at, "--create", "--topic", "admin", "--config", "retention.ms=1000")...)
	java(t, jars, "", "org.apache.kafka.tools.TopicCommand", append(at, "--alter", "--topic", "admin", "--partitions", "3")...)
	java(t, jars, "", "kafka.admin.ConfigCommand", append(at, "--alter", "--entity-type", "topics", "--entity-name", "admin", "--add-config", "max.message.bytes=2000")...)
	configs := java(t, jars, "", "kafka.admin.ConfigCommand", append(at, "--describe", "--entity-type", "topics", "--entity-name", "admin")...)
	for _, want := range []string{"max.message.bytes=2000", "retention.ms=1000"} {
		if !strings.Contains(configs, want) {
			t.Errorf("configs lack %s:\n%s", want, configs)
		}
	}
	dirs := java(t, jars, "", "org.apache.kafka.tools.LogDirsCommand", append(at, "--describe", "--topic-list", "admin")...)
	if !strings.Contains(dirs, `"partition":"admin-2"`) {
		t.Errorf("log dirs lack admin-2:\n%s", dirs)
	}
	java(t, jars, "", "org.apache.kafka.tools.TopicCommand", append(at, "--delete", "--topic", "admin")...)
	if list := java(t, jars, "", "org.apache.kafka.tools.TopicCommand", append(at, "--list")...); strings.Contains(list, "admin") {
		t.Errorf("admin is still listed:\n%s", list)
	}
}
