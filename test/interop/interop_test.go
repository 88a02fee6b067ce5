package interop

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/test/kafka"
	"github.com/seed-e634fa49/troupe/test/process"
)

func TestMain(m *testing.M) {
	code := m.Run()
	process.Clean()
	os.Exit(code)
}

// absent skips the test, or fails it where every tool must be there.
func absent(t *testing.T, why error) {
	t.Helper()
	if os.Getenv("TROUPE_REQUIRE_TOOLS") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// shell runs a command with input on its standard input and returns its standard output.
func shell(t *testing.T, input string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var out, errs strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

// java runs one of Kafka's own programs.
func java(t *testing.T, jars, input, class string, args ...string) string {
	t.Helper()
	cmd := kafka.Command(t.Context(), jars, class, args...)
	return shell(t, input, cmd.Path, cmd.Args[1:]...)
}
