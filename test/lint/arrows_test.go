package lint

import (
	"strings"
	"testing"
)

// arrows say what a folder may import of ours, itself aside. The first rule whose folder holds the importer counts.
var arrows = []struct {
	folder string
	may    []string
}{
	{"wal/record", nil},
	{"wal", []string{"wal/record"}},
	{"actors", []string{"actors", "wal/record"}},
	{"partitions", []string{"wal", "actors"}},
	{"coordinator/metadata", []string{"actors", "wal/record", "coordinator/metadata"}},
	{"coordinator", []string{"actors", "wal/record", "coordinator/metadata"}},
	{"gateway/admin", []string{"actors", "wal/record", "coordinator/metadata"}},
	{"gateway", []string{"actors", "wal/record", "coordinator/metadata", "gateway/admin"}},
	{"cmd", []string{"wal", "actors", "partitions", "coordinator", "gateway", "cmd"}},
	{"test", []string{"wal", "actors", "partitions", "coordinator", "gateway", "cmd", "test"}},
}

// owners say which folder alone may import a dependency, so that it can be understood, and replaced, in one place. Tests
// may use what they like.
var owners = map[string]string{
	"github.com/tidwall/wal":              "wal",
	"github.com/asynkron/protoactor-go":   "actors",
	"go.etcd.io/raft/v3":                  "partitions",
	"github.com/nats-io/nats-server":      "actors/bus",
	"github.com/nats-io/nats.go":          "actors/bus",
	"github.com/spf13/cobra":              "cmd/troupe",
	"github.com/twmb/franz-go/pkg/kmsg":   "gateway",
	"github.com/twmb/franz-go/pkg/kadm":   "cmd/troupe",
	"github.com/prometheus/client_golang": "gateway",
}

func TestImportArrows(t *testing.T) {
	for _, s := range house(t) {
		for _, imp := range s.imports {
			if ours, ok := strings.CutPrefix(imp, module); ok {
				checkArrow(t, s, ours)
			}
		}
	}
}

func checkArrow(t *testing.T, s source, ours string) {
	for _, a := range arrows {
		if !below(s.pkg, a.folder) {
			continue
		}
		if ours == s.pkg || s.isTest && s.pkg == ours {
			return
		}
		for _, may := range a.may {
			if below(ours, may) {
				return
			}
		}
		t.Errorf("%s imports %s, but %s may import only %v", s.path, ours, a.folder, a.may)
		return
	}
	t.Errorf("%s lies outside the house", s.path)
}

func TestDependenciesHaveOneOwner(t *testing.T) {
	for _, s := range house(t) {
		if s.isTest || below(s.pkg, "test") || below(s.pkg, "cmd") {
			continue
		}
		for _, imp := range s.imports {
			for dep, owner := range owners {
				if below(imp, dep) && !below(s.pkg, owner) {
					t.Errorf("%s imports %s, which only %s may know", s.path, imp, owner)
				}
			}
		}
	}
}
