package interop

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/test/process"
)

// kcat runs Debian's kcat (librdkafka) against a node.
type kcat struct {
	t    *testing.T
	node *process.Node
}

func startKcat(t *testing.T) kcat {
	t.Helper()
	if _, err := exec.LookPath("kcat"); err != nil {
		absent(t, err)
	}
	return kcat{t, process.Start(t)}
}

func (k kcat) run(input string, args ...string) string {
	k.t.Helper()
	return shell(k.t, input, "kcat", append([]string{"-b", k.node.Bootstrap, "-q"}, args...)...)
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "key-%d:value-%d\n", i, i)
	}
	return b.String()
}

func TestKcatReadsBackWhatItWrote(t *testing.T) {
	k := startKcat(t)
	for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		t.Run(codec, func(t *testing.T) {
			topic, in := "codec-"+codec, numbered(1000)
			k.run(in, "-P", "-t", topic, "-p", "0", "-K", ":", "-z", codec)
			if got := k.run("", "-C", "-t", topic, "-p", "0", "-o", "beginning", "-e", "-K", ":"); got != in {
				t.Fatalf("read %d bytes, wrote %d", len(got), len(in))
			}
		})
	}
}

func TestKcatSeesDenseOffsetsHeadersAndNulls(t *testing.T) {
	k := startKcat(t)
	k.run("a:1\nb:\nc:3\n", "-P", "-t", "shape", "-p", "0", "-K", ":", "-Z", "-H", "trace=x", "-H", "trace=y")
	got := k.run("", "-C", "-t", "shape", "-p", "0", "-o", "beginning", "-e", "-Z", "-f", "%o %k %s %h\n")
	want := "0 a 1 trace=x,trace=y\n1 b NULL trace=x,trace=y\n2 c 3 trace=x,trace=y\n"
	if got != want {
		t.Fatalf("got\n%swant\n%s", got, want)
	}
}

func TestKcatReadsFromOffsetEndAndTime(t *testing.T) {
	k := startKcat(t)
	k.run(numbered(10), "-P", "-t", "from", "-p", "0")
	time.Sleep(5 * time.Millisecond) // so that the next records are younger by at least a millisecond
	middle := time.Now().UnixMilli()
	k.run("late\n", "-P", "-t", "from", "-p", "0")
	for _, c := range []struct{ offset, want string }{
		{"8", "8\n9\n10\n"},
		{"-2", "9\n10\n"},
		{fmt.Sprintf("s@%d", middle), "10\n"},
	} {
		if got := k.run("", "-C", "-t", "from", "-p", "0", "-o", c.offset, "-e", "-f", "%o\n"); got != c.want {
			t.Errorf("from %s: got %q, want %q", c.offset, got, c.want)
		}
	}
	if got := k.run("", "-Q", "-t", fmt.Sprintf("from:0:%d", middle)); !strings.Contains(got, "offset 10") {
		t.Errorf("query by time answered %q, want offset 10", got)
	}
}
