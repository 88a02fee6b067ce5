package lint

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestTheMapNamesWhatIsThere follows every path that ARCHITECTURE.md names.
func TestTheMapNamesWhatIsThere(t *testing.T) {
	text, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z]+/[a-z0-9_/.]+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 10 {
		t.Fatalf("ARCHITECTURE.md names only %d places", len(named))
	}
	for _, m := range named {
		if m[1] == "tidwall/wal" { // somebody else's
			continue
		}
		if _, err := os.Stat(filepath.Join("../..", m[1])); err != nil {
			t.Errorf("ARCHITECTURE.md names %s: %v", m[1], err)
		}
	}
}
