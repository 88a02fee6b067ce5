package traffic

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Topic is where the records go.
const Topic = "loss"

// place is where a record lies.
type place struct {
	partition int32
	offset    int64
}

// Traffic is what producers were promised, over all rounds.
type Traffic struct {
	bootstrap []string

	mu    sync.Mutex
	acked map[place]string
	count int
	waits map[int32]*waiting // by partition
	gap   time.Duration      // the longest that a partition has kept records waiting
	// refused are the errors that producers were told while they worked.
	refused []error
	// read is what followers of the log have seen at each place; changed are the places at which it was something else later.
	read    map[place]string
	changed []string
}

// New makes traffic with the broker, or cluster, that is reached at these addresses.
func New(bootstrap ...string) *Traffic {
	return &Traffic{bootstrap: bootstrap, acked: map[place]string{}, waits: map[int32]*waiting{}, read: map[place]string{}}
}

// Continued is the account of t, verified through other addresses.
func Continued(t *Traffic, bootstrap ...string) *Traffic {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &Traffic{bootstrap: bootstrap, acked: t.acked, count: t.count, waits: map[int32]*waiting{}, read: t.read, changed: t.changed}
}

func (t *Traffic) client(opts ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(opts, kgo.SeedBrokers(t.bootstrap...), kgo.MetadataMinAge(50*time.Millisecond), kgo.RetryBackoffFn(backoff),
		kgo.ProduceRequestTimeout(patience), kgo.RequestTimeoutOverhead(patience), kgo.FetchMaxWait(time.Second))...)
}

// patience is how long a produce request may take, and how much longer a client waits for any answer. A node that is paused keeps
// those that have asked it waiting as long as that, and their client would wait for twenty seconds.
const patience = time.Second

// backoff is impatient: how long a failure lasts is the broker's affair here, not the client's.
func backoff(int) time.Duration { return 20 * time.Millisecond }

// Create makes the topic.
func (t *Traffic) Create(ctx context.Context, partitions int32, replicas int16) error {
	cl, err := t.client()
	if err != nil {
		return err
	}
	defer cl.Close()
	_, err = kadm.NewClient(cl).CreateTopic(ctx, partitions, replicas, nil, Topic)
	return err
}

// Count is how many records were acknowledged so far.
func (t *Traffic) Count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// Acknowledged notes a promise: the record was acknowledged at its partition and offset.
func (t *Traffic) Acknowledged(r *kgo.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.acked[place{r.Partition, r.Offset}] = string(r.Value)
	t.count++
}

// Follow reads the topic until ctx ends, and notes what it sees at each place.
func (t *Traffic) Follow(ctx context.Context) error {
	cl, err := t.client(kgo.ConsumeTopics(Topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer cl.Close()
	for ctx.Err() == nil {
		cl.PollFetches(ctx).EachRecord(func(r *kgo.Record) { t.saw(place{r.Partition, r.Offset}, string(r.Value)) })
	}
	return nil
}

func (t *Traffic) saw(at place, value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if before, known := t.read[at]; known && before != value {
		t.changed = append(t.changed, fmt.Sprintf("partition %d offset %d: was read as %q, and later as %q", at.partition, at.offset, before, value))
	}
	t.read[at] = value
}

// Verify reads everything and says which promises are broken.
func (t *Traffic) Verify(ctx context.Context) ([]string, error) {
	log, err := t.readAll(ctx)
	if err != nil {
		return nil, err
	}
	for at, value := range log {
		t.saw(at, value)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	broken := t.changed
	for at, want := range t.acked {
		if got, ok := log[at]; !ok || got != want {
			broken = append(broken, fmt.Sprintf("partition %d offset %d: acknowledged %q, found %q", at.partition, at.offset, want, got))
		}
	}
	for at, saw := range t.read {
		if _, ok := log[at]; !ok {
			broken = append(broken, fmt.Sprintf("partition %d offset %d: %q was read and is gone", at.partition, at.offset, saw))
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

func (t *Traffic) readAll(ctx context.Context) (map[place]string, error) {
	cl, err := t.client(kgo.ConsumeTopics(Topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	want, err := t.ends(ctx, cl)
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

// ends is how many records the topic has. Asking is tried again until ctx ends: partitions may be electing their leaders.
func (t *Traffic) ends(ctx context.Context, cl *kgo.Client) (n int64, err error) {
	for {
		if n, err = sumOfEnds(ctx, cl); err == nil || ctx.Err() != nil {
			return n, err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func sumOfEnds(ctx context.Context, cl *kgo.Client) (n int64, err error) {
	ends, err := kadm.NewClient(cl).ListEndOffsets(ctx, Topic)
	if err != nil {
		return 0, err
	}
	ends.Each(func(o kadm.ListedOffset) {
		n += o.Offset
		if err == nil {
			err = o.Err
		}
	})
	return n, err
}
