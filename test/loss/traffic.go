package loss

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	topic      = "loss"
	partitions = 4
	producers  = 4
)

// place is where a record lies.
type place struct {
	partition int32
	offset    int64
}

// traffic is what producers were promised, over all rounds.
type traffic struct {
	bootstrap string

	mu    sync.Mutex
	acked map[place]string
	count int // acknowledgements so far
}

func newTraffic(bootstrap string) *traffic {
	return &traffic{bootstrap: bootstrap, acked: map[place]string{}}
}

func (t *traffic) client(opts ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(opts, kgo.SeedBrokers(t.bootstrap))...)
}

func (t *traffic) create(ctx context.Context) error {
	cl, err := t.client()
	if err != nil {
		return err
	}
	defer cl.Close()
	_, err = kadm.NewClient(cl).CreateTopic(ctx, partitions, 1, nil, topic)
	return err
}

// run lets idempotent acks=all producers work until ctx ends. Each numbers its records, so that order shows.
func (t *traffic) run(ctx context.Context, round int) error {
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

func (t *traffic) produce(ctx context.Context, name string) error {
	cl, err := t.client(kgo.DefaultProduceTopic(topic), kgo.ProducerLinger(time.Millisecond), kgo.RecordPartitioner(kgo.RoundRobinPartitioner()))
	if err != nil {
		return err
	}
	defer cl.Close()
	for i := 0; ctx.Err() == nil; i++ {
		value := fmt.Sprintf("%s %07d", name, i)
		cl.Produce(ctx, kgo.StringRecord(value), func(r *kgo.Record, err error) {
			if err == nil {
				t.mu.Lock()
				defer t.mu.Unlock()
				t.acked[place{r.Partition, r.Offset}] = value
				t.count++
			}
		})
		if i%50 == 49 {
			time.Sleep(500 * time.Microsecond)
		}
	}
	return nil
}

// verify reads everything and says what of the promises is broken, at most a few of each kind.
func (t *traffic) verify(ctx context.Context) ([]string, error) {
	log, err := t.readAll(ctx)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var broken []string
	for at, want := range t.acked {
		if got, ok := log[at]; !ok || got != want {
			broken = append(broken, fmt.Sprintf("partition %d offset %d: acknowledged %q, found %q", at.partition, at.offset, want, got))
		}
	}
	return append(broken, twiceOrOutOfOrder(log)...), nil
}

// twiceOrOutOfOrder finds records of one producer that appear twice, or before an older one of the same partition.
func twiceOrOutOfOrder(log map[place]string) (broken []string) {
	seen := map[string]place{}
	ends := map[int32]int64{}
	for at := range log {
		ends[at.partition] = max(ends[at.partition], at.offset+1)
	}
	for p, end := range ends {
		last := map[string]string{}
		for offset := range end {
			at := place{p, offset}
			value, ok := log[at]
			if !ok {
				broken = append(broken, fmt.Sprintf("partition %d has a hole at offset %d", p, offset))
				continue
			}
			if before, twice := seen[value]; twice {
				broken = append(broken, fmt.Sprintf("%q is at %v and at %v", value, before, at))
			}
			seen[value] = at
			producer := value[:7] // rNNN-pN
			if value <= last[producer] {
				broken = append(broken, fmt.Sprintf("partition %d offset %d: %q follows %q", p, offset, value, last[producer]))
			}
			last[producer] = value
		}
	}
	return broken
}

func (t *traffic) readAll(ctx context.Context) (map[place]string, error) {
	cl, err := t.client(kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	ends, err := kadm.NewClient(cl).ListEndOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	var want int64
	ends.Each(func(o kadm.ListedOffset) {
		want += o.Offset
		if err == nil {
			err = o.Err
		}
	})
	if err != nil {
		return nil, err
	}
	log := make(map[place]string, want)
	for int64(len(log)) < want {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, fmt.Errorf("read %d of %d records: %w", len(log), want, err)
		}
		fetches.EachRecord(func(r *kgo.Record) { log[place{r.Partition, r.Offset}] = string(r.Value) })
	}
	return log, nil
}
