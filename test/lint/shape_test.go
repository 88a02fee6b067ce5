package lint

import (
	"go/ast"
	"os"
	"path"
	"strings"
	"testing"
)

const (
	maxFileLines = 500
	maxFuncLines = 70
)

func TestPackagesSayWhatTheyAreFor(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range house(t) {
		if _, known := documented[s.pkg]; !known {
			documented[s.pkg] = false
		}
		if s.file.Doc == nil || s.isTest {
			continue
		}
		text := s.file.Doc.Text()
		if strings.HasPrefix(text, "Package "+s.file.Name.Name+" ") || strings.HasPrefix(text, "Command ") {
			documented[s.pkg] = true
		}
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment: say what it is for, what it promises, what it must never do", pkg)
		}
	}
}

func TestFoldersAreTheHouse(t *testing.T) {
	allowed := map[string]bool{"actors": true, "partitions": true, "coordinator": true, "wal": true, "gateway": true, "cmd": true, "test": true}
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && e.Name() != "data" && !allowed[e.Name()] {
			t.Errorf("folder %s is not one of the seven rooms of the house", e.Name())
		}
	}
	for _, s := range house(t) {
		switch path.Base(s.pkg) {
		case "utils", "util", "common", "helpers", "types", "misc":
			t.Errorf("%s: a package is named after what it provides", s.pkg)
		}
	}
}

func TestFilesAndFunctionsFitInAHead(t *testing.T) {
	for _, s := range house(t) {
		if s.isTest {
			continue
		}
		if s.lines > maxFileLines {
			t.Errorf("%s has %d lines, more than %d: is it still about one subject?", s.path, s.lines, maxFileLines)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line; n > maxFuncLines {
				t.Errorf("%s: %s has %d lines, more than %d", s.at(f), f.Name.Name, n, maxFuncLines)
			}
		}
	}
}
