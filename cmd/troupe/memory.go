package main

import (
	"fmt"
	"math"
	"runtime/debug"
	"strconv"
	"strings"
)

// The collector runs by growth, GOGC, until the heap nears the soft limit, and more often from there on. Most of a busy
// node's heap is buffers that live long, so letting garbage pile up to the whole of their size again would double it.
const (
	defaultMemoryLimit = "112MiB"
	defaultGCPercent   = 50
)

// limitMemory tells the runtime how much memory to use. GOGC and GOMEMLIMIT, which the runtime has read already, win over
// the defaults; --memory-limit wins over GOMEMLIMIT.
func (s *settings) limitMemory(lookup func(string) (string, bool)) error {
	limit, err := parseBytes(s.memoryLimit)
	if err != nil {
		return fmt.Errorf("memory-limit %s: %w", s.memoryLimit, err)
	}
	if _, set := lookup("GOMEMLIMIT"); !set || s.origins["memory-limit"] != fromDefault {
		debug.SetMemoryLimit(limit)
	}
	if _, set := lookup("GOGC"); !set {
		debug.SetGCPercent(defaultGCPercent)
	}
	return nil
}

// parseBytes reads a size such as 128MiB; off is no limit.
func parseBytes(text string) (int64, error) {
	if text == "off" {
		return math.MaxInt64, nil
	}
	digits := strings.TrimRight(text, "KMGiB")
	units := map[string]int64{"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
	unit, ok := units[text[len(digits):]]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !ok || n < 1 || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("want a number with B, KiB, MiB or GiB, or off")
	}
	return n * unit, nil
}
