package lint

import (
	"go/ast"
	"path"
	"strings"
	"testing"
)

// cores are the files that decide: they are given events and the time, and return effects. A pattern is matched against a
// file's path; one that begins with "!" takes files out again.
var cores = []string{
	"wal/record/*.go",
	"coordinator/metadata/*.go",
	"coordinator/metadata/configs/*.go",
	"coordinator/controller/*.go", "!coordinator/controller/actor.go",
	"coordinator/group/*.go", "!coordinator/group/actor*.go", "!coordinator/group/coordinators.go",
	"partitions/core*.go", "partitions/producers*.go",
	"actors/bus/presence/*.go",
}

// clocked are the folders whose time comes through actors/clock, so that the simulator can own it.
var clocked = []string{"actors", "partitions", "coordinator", "gateway"}

func isCore(file string) bool {
	in := false
	for _, pattern := range cores {
		if rest, out := strings.CutPrefix(pattern, "!"); out {
			if ok, _ := path.Match(rest, file); ok {
				in = false
			}
			continue
		}
		if ok, _ := path.Match(pattern, file); ok {
			in = true
		}
	}
	return in
}

func TestCoresArePure(t *testing.T) {
	seen := 0
	for _, s := range house(t) {
		if s.isTest || !isCore(s.path) {
			continue
		}
		seen++
		for _, imp := range s.imports {
			switch imp {
			case "os", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand", "sync", "sync/atomic", "syscall":
				t.Errorf("%s is a core and imports %s: files, sockets, randomness and locks belong to the edges", s.path, imp)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt, *ast.SelectStmt:
				t.Errorf("%s: a core starts no goroutine and selects nothing", s.at(n))
			case *ast.SelectorExpr:
				if tellsTime(n) {
					t.Errorf("%s: a core is given the time, it does not ask for it", s.at(n))
				}
			}
			return true
		})
	}
	if seen < 5 {
		t.Fatalf("only %d files match the list of cores: the list is stale", seen)
	}
}

func TestTimeComesThroughTheClock(t *testing.T) {
	for _, s := range house(t) {
		if s.isTest || s.pkg == "actors/clock" || s.pkg == "gateway/client" {
			continue
		}
		for _, folder := range clocked {
			if !below(s.pkg, folder) {
				continue
			}
			ast.Inspect(s.file, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok && tellsTime(sel) {
					t.Errorf("%s: the time comes through actors/clock", s.at(n))
				}
				return true
			})
		}
	}
}

func tellsTime(sel *ast.SelectorExpr) bool {
	id, ok := sel.X.(*ast.Ident)
	if !ok || id.Name != "time" {
		return false
	}
	switch sel.Sel.Name {
	case "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick":
		return true
	}
	return false
}
