package cluster

import (
	"context"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/test/traffic"
)

// load is producers and a follower at work while the test breaks things.
type load struct {
	*traffic.Traffic
	t    testing.TB
	stop context.CancelFunc
	done chan error
}

// underLoad makes a topic with three replicas and puts it to work.
func underLoad(t testing.TB, c *Cluster, partitions int32) *load {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	l := &load{traffic.New(c.Bootstrap()...), t, stop, make(chan error, 2)}
	t.Cleanup(stop)
	if err := l.Create(t.Context(), partitions, 3); err != nil {
		t.Fatal(err)
	}
	go func() { l.done <- l.Run(ctx, 0) }()
	go func() { l.done <- l.Follow(ctx) }()
	await(t, 20*time.Second, "every partition is produced to", func() bool { return len(l.Partitions()) == int(partitions) })
	l.goesOn("at first")
	return l
}

// goesOn fails the test if a partition is not written to any more, and tells of the longest gap.
func (l *load) goesOn(when string) {
	l.t.Helper()
	if err := flows(l.Traffic, 20*time.Second); err != nil {
		l.t.Fatalf("%s: %v; producers were told of %v", when, err, l.Refused())
	}
	l.t.Logf("%s: %d records acknowledged, longest gap %s", when, l.Count(), l.Gap().Round(time.Millisecond))
}

// ends stops the work and checks what was promised.
func (l *load) ends() {
	l.t.Helper()
	l.stop()
	for range 2 {
		if err := <-l.done; err != nil {
			l.t.Error(err)
		}
	}
	for _, err := range l.Refused() {
		l.t.Errorf("a producer was told of: %v", err)
	}
	verify(l.t, l.Traffic)
}
