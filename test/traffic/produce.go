package traffic

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const producers = 4

// mostWaiting is how many records of one producer may wait for one partition. A partition that stands still gets no more, so that
// the others go on: the client's own buffer would stop all of them.
const mostWaiting = 400

// waiting is what waits for acknowledgements of one partition.
type waiting struct {
	records int
	since   time.Time // of the latest acknowledgement, or of the first record that waits
	acked   int
}

// Gap is the longest time since the last call for which a partition had records waiting and acknowledged none, up to now.
func (t *Traffic) Gap() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	gap := t.gap
	for _, w := range t.waits {
		if w.records > 0 {
			gap = max(gap, time.Since(w.since))
		}
	}
	t.gap = 0
	return gap
}

// Partitions is how many records each partition has acknowledged so far.
func (t *Traffic) Partitions() map[int32]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[int32]int{}
	for p, w := range t.waits {
		all[p] = w.acked
	}
	return all
}

// Refused are the errors that the producers were told while they worked: those that their client did not retry by itself.
func (t *Traffic) Refused() []error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.refused)
}

// Run lets idempotent acks=all producers work until ctx ends. Each numbers its records, so that order shows; round, below 1000, makes
// the numbers of different runs differ.
func (t *Traffic) Run(ctx context.Context, round int) error {
	var all sync.WaitGroup
	errs := make(chan error, producers)
	for p := range producers {
		all.Go(func() { errs <- t.produce(ctx, fmt.Sprintf("r%03d-p%d", round, p)) })
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// producer is one of them.
type producer struct {
	t       *Traffic
	cl      *kgo.Client
	name    string
	number  int     // of the next record
	turn    int     // of the next partition
	waiting []int32 // how many records wait for each partition; under t.mu
}

func (t *Traffic) produce(ctx context.Context, name string) error {
	cl, err := t.client(kgo.ProducerLinger(time.Millisecond), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer cl.Close()
	partitions, err := partitionsOf(ctx, cl)
	if err != nil {
		return err
	}
	p := &producer{t: t, cl: cl, name: name, waiting: make([]int32, partitions)}
	for ctx.Err() == nil {
		if !p.next(ctx) || p.number%50 == 0 {
			time.Sleep(500 * time.Microsecond) // leaves the broker some of the machine
		}
	}
	return nil
}

// partitionsOf is how many partitions the topic has. Asking is tried again until ctx ends.
func partitionsOf(ctx context.Context, cl *kgo.Client) (int, error) {
	for {
		topics, err := kadm.NewClient(cl).ListTopics(ctx, Topic)
		if n := len(topics[Topic].Partitions); err == nil && n > 0 {
			return n, nil
		}
		if ctx.Err() != nil {
			return 0, nil // it was never asked to do anything
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// next produces a record to the next partition that not too many wait for, and reports whether there was one.
func (p *producer) next(ctx context.Context) bool {
	partition, ok := p.take()
	if !ok {
		return false
	}
	value := fmt.Sprintf("%s %07d", p.name, p.number)
	p.number++
	p.cl.Produce(ctx, &kgo.Record{Topic: Topic, Partition: partition, Value: []byte(value)}, func(r *kgo.Record, err error) {
		if err == nil {
			p.t.Acknowledged(r)
		}
		p.t.done(p, partition, err, ctx.Err() != nil)
	})
	return true
}

// take takes a partition's turn and has a record wait for it.
func (p *producer) take() (partition int32, ok bool) {
	p.t.mu.Lock()
	defer p.t.mu.Unlock()
	for range p.waiting {
		partition = int32(p.turn)
		p.turn = (p.turn + 1) % len(p.waiting)
		if p.waiting[partition] < mostWaiting {
			p.waiting[partition]++
			p.t.waitsFor(partition)
			return partition, true
		}
	}
	return 0, false
}

// waitsFor has one more record wait for a partition. The caller holds mu.
func (t *Traffic) waitsFor(partition int32) {
	w := t.waits[partition]
	if w == nil {
		w = &waiting{}
		t.waits[partition] = w
	}
	if w.records == 0 {
		w.since = time.Now()
	}
	w.records++
}

// done takes note that a record waits no more, for whatever reason.
func (t *Traffic) done(p *producer, partition int32, err error, over bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.waiting[partition]--
	w := t.waits[partition]
	w.records--
	switch {
	case err == nil:
		now := time.Now()
		t.gap = max(t.gap, now.Sub(w.since))
		w.since = now
		w.acked++
	case !over:
		t.refused = append(t.refused, fmt.Errorf("producing to partition %d: %w", partition, err))
	}
}
