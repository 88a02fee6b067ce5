package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progressEvery is how often a command that waits looks how far the cluster is.
const progressEvery = 500 * time.Millisecond

// step is how far something has come.
type step struct {
	done, all int64
	says      string
	finished  bool
}

// progress shows how something goes on until it is done: on a terminal as a bar that moves, elsewhere as a line each time
// that it changes, and nothing where out is nil.
func progress(ctx context.Context, out io.Writer, look func(context.Context) (step, error)) error {
	bar := isTerminal(out)
	shown := ""
	for {
		now, err := look(ctx)
		if err != nil {
			return err
		}
		line := now.says
		if bar {
			line = fmt.Sprintf("%s %s", drawn(now), now.says)
		}
		if out != nil && line != shown {
			if bar {
				fmt.Fprintf(out, "\r\x1b[K%s", line)
			} else {
				fmt.Fprintln(out, line)
			}
			shown = line
		}
		if now.finished {
			if bar {
				fmt.Fprintln(out)
			}
			return nil
		}
		select {
		case <-time.After(progressEvery):
		case <-ctx.Done():
			return fmt.Errorf("stopped waiting (%w); the cluster goes on: see `troupe cluster status`", context.Cause(ctx))
		}
	}
}

// drawn is a bar of 20 places.
func drawn(s step) string {
	const places = 20
	filled := int64(0)
	switch {
	case s.finished:
		filled = places
	case s.all > 0:
		filled = min(places*s.done/s.all, places)
	}
	return "[" + strings.Repeat("#", int(filled)) + strings.Repeat(".", int(places-filled)) + "]"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
