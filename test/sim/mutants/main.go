// Command mutants takes guards out of the broker, one at a time, and tells after how many seeds the simulator finds out.
//
//	go run ./test/sim/mutants            all of them
//	go run ./test/sim/mutants -only lease -seeds 100
//
// It promises to leave the sources as they are: a mutant is compiled from a copy of one file (go test -overlay). It must never hold
// a guard that is no longer in the sources: that is an error, and a test looks for it. One that no seed finds is a hole in the
// simulator, or a guard that something else stands behind.
//
// Place on a record's way: none; it tests what tests.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

var found = regexp.MustCompile(`seed (\d+): ([a-z ]+): (.*)`)

func main() {
	only := flag.String("only", "", "the mutants whose name holds this")
	seeds := flag.Int("seeds", 40, "how many seeds to try")
	from := flag.Int("from", 1, "the first seed")
	flag.Parse()
	dir, err := os.MkdirTemp("", "mutants")
	if err == nil {
		defer os.RemoveAll(dir)
		for _, m := range mutants {
			if strings.Contains(m.name, *only) && err == nil {
				err = m.try(dir, *from, *seeds)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// apply is the mutant's file without its guard.
func (m mutant) apply(root string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(text), m.guard); n != 1 {
		return nil, fmt.Errorf("%s: the guard is in %s %d times, not once", m.name, m.file, n)
	}
	return []byte(strings.Replace(string(text), m.guard, m.without, 1)), nil
}

// try runs seeds without the guard until one is red.
func (m mutant) try(dir string, from, seeds int) error {
	text, err := m.apply(".")
	if err != nil {
		return err
	}
	copied, overlay := filepath.Join(dir, filepath.Base(m.file)), filepath.Join(dir, "overlay.json")
	file, err := filepath.Abs(m.file)
	if err != nil {
		return err
	}
	plan, err := json.Marshal(map[string]map[string]string{"Replace": {file: copied}})
	if err != nil {
		return err
	}
	for path, content := range map[string][]byte{copied: text, overlay: plan} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	began := time.Now()
	out, err := exec.Command("go", "test", "-overlay", overlay, "./test/sim", "-run", "^TestSeeds$", "-failfast", "-timeout=10m",
		fmt.Sprint("-sim.from=", from), fmt.Sprint("-sim.seeds=", seeds)).CombinedOutput()
	m.report(out, err, from, seeds, time.Since(began))
	return nil
}

func (m mutant) report(out []byte, err error, from, seeds int, took time.Duration) {
	is := found.FindSubmatch(out)
	switch {
	case err == nil:
		fmt.Printf("%-34s not found in %d seeds (%.0f s)\n", m.name, seeds, took.Seconds())
	case is == nil:
		fmt.Printf("%-34s failed in another way (%.0f s):\n%s\n", m.name, took.Seconds(), out[:min(len(out), 2000)])
	default:
		fmt.Printf("%-34s seed %s, after %d (%.0f s), by %s: %.110s\n", m.name, is[1], number(is[1])-from+1, took.Seconds(), is[2], is[3])
	}
}

func number(digits []byte) (n int) {
	for _, c := range digits {
		n = 10*n + int(c-'0')
	}
	return n
}
