package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// sent is what each made of the input, one record a line, "~" being null.
func sent(t *testing.T, l lines, in string, files []string, whole bool, limit int) (string, error) {
	t.Helper()
	if err := l.check(); err != nil {
		return "", err
	}
	show := func(b []byte) string {
		if b == nil {
			return "~"
		}
		return string(b)
	}
	var out strings.Builder
	err := l.each(strings.NewReader(in), files, whole, limit, func(r *kgo.Record) error {
		fmt.Fprintf(&out, "%s=%s", show(r.Key), show(r.Value))
		for _, h := range r.Headers {
			fmt.Fprintf(&out, " %s:%s", h.Key, h.Value)
		}
		out.WriteString("\n")
		return nil
	})
	return out.String(), err
}

func TestLinesBecomeRecords(t *testing.T) {
	for _, c := range []struct {
		name string
		l    lines
		in   string
		want string
	}{
		{"a line is a value", lines{}, "a\nb\n", "~=a\n~=b\n"},
		{"the last line needs no end", lines{}, "a\nb", "~=a\n~=b\n"},
		{"an empty line is an empty value", lines{}, "\n", "~=\n"},
		{"nothing is nothing", lines{}, "", ""},
		{"keys", lines{separator: ":"}, "k:v:w\n:v\nk:\n", "k=v:w\n=v\nk=\n"},
		{"nulls", lines{separator: ":", null: "NULL"}, "NULL:v\nk:NULL\n", "~=v\nk=~\n"},
		{"headers", lines{headers: []string{"a=1", "b="}}, "v\n", "~=v a:1 b:\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := sent(t, c.l, c.in, nil, false, 100); err != nil || got != c.want {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestBadLinesAreNamed(t *testing.T) {
	for _, c := range []struct {
		name string
		l    lines
		in   string
		want string
	}{
		{"no separator", lines{separator: ":"}, "k:v\nkv\n", "standard input, line 2: there is no key separator"},
		{"too long", lines{}, "a\n" + strings.Repeat("x", 11) + "\n", "standard input, line 2 is longer than 10 bytes"},
		{"a header without a name", lines{headers: []string{"=x"}}, "", "want KEY=VALUE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := sent(t, c.l, c.in, nil, false, 10); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
	if got, err := sent(t, lines{}, strings.Repeat("x", 10), nil, false, 10); err != nil || got != "~=xxxxxxxxxx\n" {
		t.Errorf("a line of just the limit: %q, %v", got, err)
	}
}

func TestFilesBecomeRecords(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	for path, text := range map[string]string{one: "a\nb\n", two: "c"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := sent(t, lines{}, "unread", []string{one, two}, false, 10); err != nil || got != "~=a\n~=b\n~=c\n" {
		t.Errorf("lines of files: %q, %v", got, err)
	}
	if got, err := sent(t, lines{}, "unread", []string{one, two}, true, 10); err != nil || got != "~=a\nb\n\n~=c\n" {
		t.Errorf("whole files: %q, %v", got, err)
	}
	if _, err := sent(t, lines{}, "", []string{one}, true, 3); err == nil || !strings.Contains(err.Error(), "larger than 3 bytes") {
		t.Errorf("a file above the limit: %v", err)
	}
}
