package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestReadmeSpeaksOfWhatThereIs parses each command line that README.md shows, and looks up each flag that it names.
func TestReadmeSpeaksOfWhatThereIs(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^    (?:.*\| )?troupe (.*?)(?:\s+#.*)?$`).FindAllStringSubmatch(string(text), -1)
	if len(lines) < 20 {
		t.Fatalf("README.md shows only %d command lines", len(lines))
	}
	s := shell{lookup: func(string) (string, bool) { return "", false }}
	for _, line := range lines {
		c, rest, err := s.root().Find(shellFields(line[1]))
		if err == nil {
			err = c.ParseFlags(rest)
		}
		if err == nil && c.Args != nil {
			err = c.Args(c, c.Flags().Args())
		}
		if err != nil {
			t.Errorf("troupe %s: %v", line[1], err)
		}
	}
	known := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, c := range s.root().Commands() {
		known.AddFlagSet(c.Flags())
		for _, sub := range c.Commands() {
			known.AddFlagSet(sub.Flags())
		}
	}
	for _, flag := range regexp.MustCompile("`--([a-z-]+)").FindAllStringSubmatch(string(text), -1) {
		if known.Lookup(flag[1]) == nil {
			t.Errorf("README.md names --%s, which no command has", flag[1])
		}
	}
	for _, door := range []string{"kafka", "peer", "nats-routes", "nats", "http"} {
		def := known.Lookup(door).DefValue
		if row := "| `--" + door + "` | " + strings.Trim(def, "[]") + " |"; !strings.Contains(string(text), row) {
			t.Errorf("README.md does not say %q", row)
		}
	}
}
