package main

import (
	"context"
	"fmt"
	"time"
)

// work is one thing that every contender does in each round.
type work struct {
	name string
	do   func(ctx context.Context, t *table, cs []*contender, round int, dir string) error
}

func works(scale float64) []work {
	count := func(n int) int { return int(float64(n) * scale) }
	span := time.Duration(float64(10*time.Second) * scale)
	return []work{
		{"produce 100 B", throughput(100, count(3_000_000))},
		{"produce and consume 1 KiB", throughput(1024, count(1_000_000))},
		{"latency at 1000/s", pace(1000, span)},
		{"latency at 20000/s", pace(20_000, span)},
	}
}

// throughput produces n records of size bytes, acks=all and idempotent, then reads them back, contender by contender.
func throughput(size, n int) func(context.Context, *table, []*contender, int, string) error {
	return func(ctx context.Context, t *table, cs []*contender, round int, _ string) error {
		topic := fmt.Sprintf("bench-%d-%d", size, round)
		for _, c := range cs {
			l := load{contender: c, topic: topic, size: size}
			if err := l.create(ctx, nil); err != nil {
				return err
			}
			for _, phase := range []struct {
				name string
				run  func(context.Context, int) (usage, error)
			}{{"produce", l.produce}, {"consume", l.consume}} {
				u, err := phase.run(ctx, n)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", c.name, phase.name, err)
				}
				t.add(fmt.Sprintf("%s %d B, thousand records/s", phase.name, size), c, float64(n)/u.wall.Seconds()/1000)
				t.add(fmt.Sprintf("%s %d B, broker CPU s/GiB", phase.name, size), c, u.cpu/(float64(n)*float64(size)/(1<<30)))
			}
			if err := l.remove(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

// pace sends records at a fixed rate and measures from send to receipt; Troupe also with write.caching, and the disk alone.
func pace(rate int, span time.Duration) func(context.Context, *table, []*contender, int, string) error {
	return func(ctx context.Context, t *table, cs []*contender, round int, dir string) error {
		floor, err := diskFloor(dir, rate, span)
		if err != nil {
			return err
		}
		t.addNamed(fmt.Sprintf("at %d/s, p50 ms", rate), "disk alone", floor.p50)
		t.addNamed(fmt.Sprintf("at %d/s, p99 ms", rate), "disk alone", floor.p99)
		for _, c := range cs {
			l := load{contender: c, topic: fmt.Sprintf("pace-%d-%d", rate, round), size: 100}
			if err := paceOne(ctx, t, l, c.name, rate, span, nil); err != nil {
				return err
			}
			if c.name != "troupe" {
				continue
			}
			l.topic += "-cached"
			if err := paceOne(ctx, t, l, "troupe, write.caching", rate, span, map[string]string{"write.caching": "true"}); err != nil {
				return err
			}
		}
		return nil
	}
}

func paceOne(ctx context.Context, t *table, l load, column string, rate int, span time.Duration, configs map[string]string) error {
	if err := l.create(ctx, configs); err != nil {
		return err
	}
	p, err := l.endToEnd(ctx, rate, span)
	if err != nil {
		return fmt.Errorf("%s: %w", column, err)
	}
	t.addNamed(fmt.Sprintf("at %d/s, p50 ms", rate), column, p.p50)
	t.addNamed(fmt.Sprintf("at %d/s, p99 ms", rate), column, p.p99)
	return l.remove(ctx)
}
