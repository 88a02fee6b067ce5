// Command bench compares Troupe with Apache Kafka on this machine, in one run: the same load, the contenders in turn, medians
// and ratios printed as a table, beside what the disk alone allows in the same minutes.
//
// It promises that both sides get the same clients, the same topics and the same number of records, and that a round
// measures them back to back. It must never leave a process or a file behind.
//
//	go run ./test/bench [-rounds 3] [-kafka=false] [-scale 1] [-only produce]
//
// Kafka's side needs Java 17 and Maven, which fetches its jars once into the user's cache directory.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

// options are the command line's.
type options struct {
	rounds int
	kafka  bool
	scale  float64
	only   string
	limit  time.Duration
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 3, "how often each work is done by each contender")
	flag.BoolVar(&o.kafka, "kafka", true, "run Apache Kafka beside Troupe")
	flag.Float64Var(&o.scale, "scale", 1, "multiplies the number of records and the time of the latency works")
	flag.StringVar(&o.only, "only", "", "only works whose name contains this")
	flag.DurationVar(&o.limit, "limit", 40*time.Minute, "give up after this long")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), o.limit)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	contenders, err := prepare(ctx, o, dir)
	if err != nil {
		return err
	}
	defer func() {
		for _, c := range contenders {
			c.kill()
		}
	}()
	t := newTable(contenders)
	for _, c := range contenders {
		t.add("start to first answer, s", c, c.started.Seconds())
		t.add("resident when idle, MiB", c, c.residentMiB())
	}
	for round := range o.rounds {
		for _, w := range works(o.scale) {
			if !strings.Contains(w.name, o.only) {
				continue
			}
			if err := w.do(ctx, t, contenders, round, dir); err != nil {
				return fmt.Errorf("round %d, %s: %w", round+1, w.name, err)
			}
			fmt.Fprintf(os.Stderr, "round %d of %d: %s done\n", round+1, o.rounds, w.name)
		}
	}
	for _, c := range contenders {
		t.add("resident after the load, MiB", c, c.residentMiB())
	}
	t.print(os.Stdout)
	return nil
}

// prepare builds, fetches and starts the contenders.
func prepare(ctx context.Context, o options, dir string) ([]*contender, error) {
	troupe, err := startTroupe(ctx, dir)
	if err != nil {
		return nil, err
	}
	if !o.kafka {
		return []*contender{troupe}, nil
	}
	kafka, err := startKafka(ctx, dir)
	if err != nil {
		troupe.kill()
		return nil, err
	}
	return []*contender{troupe, kafka}, nil
}
