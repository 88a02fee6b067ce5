package sim

import (
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"time"
)

// keptLines is how many lines of a trace's text are kept.
const keptLines = 2000

// trace is what happened: a sum over everything that may differ between two runs, and the notable part in words.
type trace struct {
	sum   hash.Hash64
	count int
	lines []string
	to    io.Writer // gets each line at once; nil: nobody
	buf   []byte
}

func newTrace() *trace { return &trace{sum: fnv.New64a()} }

// event adds one event to the sum.
func (t *trace) event(at time.Duration, what byte, fields ...int64) {
	t.count++
	t.buf = append(t.buf[:0], what)
	for _, f := range append(fields, int64(at)) {
		for range 8 {
			t.buf = append(t.buf, byte(f))
			f >>= 8
		}
	}
	t.sum.Write(t.buf)
}

// line adds a line to the text, and to the sum.
func (t *trace) line(at time.Duration, format string, args ...any) {
	line := fmt.Sprintf("%10.4fs  ", at.Seconds()) + fmt.Sprintf(format, args...)
	t.count++
	t.sum.Write([]byte(line))
	if t.to != nil {
		fmt.Fprintln(t.to, line)
	}
	if len(t.lines) == keptLines {
		t.lines = append(t.lines[:0], t.lines[keptLines/2:]...)
	}
	t.lines = append(t.lines, line)
}

// Trace is what a run went through. Two runs of a seed have equal traces.
type Trace struct {
	// Sum is over every event, Events how many there were.
	Sum    uint64
	Events int
	// Lines are the last of what happened, in words.
	Lines []string
}

// Trace is what has happened so far.
func (c *Cluster) Trace() Trace {
	return Trace{c.trace.sum.Sum64(), c.trace.count, c.trace.lines}
}
