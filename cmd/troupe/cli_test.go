package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/cmd/node"
)

// TestScripts runs command lines against a fresh node each script. The first line is the command line, as a shell would
// take it with single quotes; what follows is standard input. Printed are standard output, standard error behind "!", and
// the exit code where it is not 0. IDs and times are masked.
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/cli", func(t *testing.T, path string) {
		kafka, http := serveNode(t)
		env := map[string]string{"TROUPE_BOOTSTRAP": kafka, "TROUPE_OPERATOR": http}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd != "troupe" {
				d.Fatalf(t, "there is only the command troupe")
			}
			line, in, _ := strings.Cut(d.Input, "\n")
			return masked(runShell(t, env, in, shellFields(line)...))
		})
	})
}

// serveNode starts a node in this process and returns its addresses.
func serveNode(t *testing.T) (kafka, http string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	n, err := node.Start(ctx, node.Options{
		ID: 1, Dir: t.TempDir(), Kafka: []node.Listener{{Name: "PLAINTEXT", Bind: "127.0.0.1:0"}}, HTTP: "127.0.0.1:0",
		Static: map[string]string{"group.initial.rebalance.delay.ms": "0", "offsets.topic.num.partitions": "2"},
		Log:    zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel), Fatal: func(err error) { t.Errorf("fatal: %v", err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := n.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return n.KafkaAddr(), n.HTTPAddr()
}

func runShell(t *testing.T, env map[string]string, in string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var out, err bytes.Buffer
	s := shell{in: strings.NewReader(in), out: &out, err: &err, lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	code := s.run(ctx, args)
	for line := range strings.Lines(err.String()) {
		out.WriteString("! " + line)
	}
	if code != 0 {
		fmt.Fprintf(&out, "exit %d\n", code)
	}
	return out.String()
}

var masks = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`id [A-Za-z0-9_-]{22}`), "id ID"},
	{regexp.MustCompile(`"id": "[A-Za-z0-9_-]{22}"`), `"id": "ID"`},
	{regexp.MustCompile(`  [A-Za-z0-9_-]{22}\n`), "  ID\n"},
	{regexp.MustCompile(`partition [A-Za-z0-9_-]{22}-`), "partition ID-"},
	{regexp.MustCompile(`cluster [A-Za-z0-9_-]{22}`), "cluster CLUSTER"},
	{regexp.MustCompile(`"cluster": "[A-Za-z0-9_-]{22}"`), `"cluster": "CLUSTER"`},
	{regexp.MustCompile(`localhost:\d{5}`), "localhost:PORT"},
	{regexp.MustCompile(`troupe-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "MEMBER"},
	{regexp.MustCompile(`20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}`), "TIME"},
	{regexp.MustCompile(`after [0-9.]+m?s of`), "after SOME TIME of"},
	{regexp.MustCompile(`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`), "TIME"},
}

func masked(text string) string {
	for _, m := range masks {
		text = m.what.ReplaceAllString(text, m.by)
	}
	return text
}

// shellFields cuts a command line at blanks; single quotes keep them.
func shellFields(line string) []string {
	var fields []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			fields = append(fields, part)
		} else {
			fields = append(fields, strings.Fields(part)...)
		}
	}
	return fields
}
