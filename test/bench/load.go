package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const partitions = 4

// load is a client of one contender, on one topic.
type load struct {
	contender *contender
	topic     string
	size      int // bytes of a record's value
}

// usage is what a piece of work took.
type usage struct {
	wall time.Duration
	cpu  float64 // the broker's, in seconds
}

func (l load) client(opts ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(l.contender.bootstrap), kgo.MetadataMinAge(50 * time.Millisecond)}, opts...)...)
}

func (l load) admin(do func(*kadm.Client) error) error {
	cl, err := l.client()
	if err != nil {
		return err
	}
	defer cl.Close()
	return do(kadm.NewClient(cl))
}

func (l load) create(ctx context.Context, configs map[string]string) error {
	overrides := map[string]*string{}
	for k, v := range configs {
		overrides[k] = &v
	}
	return l.admin(func(adm *kadm.Client) error {
		_, err := adm.CreateTopic(ctx, partitions, 1, overrides, l.topic)
		return err
	})
}

func (l load) remove(ctx context.Context) error {
	return l.admin(func(adm *kadm.Client) error {
		_, err := adm.DeleteTopic(ctx, l.topic)
		return err
	})
}

// meter measures do from outside.
func (l load) meter(do func() error) (usage, error) {
	cpu, at := l.contender.cpuSeconds(), time.Now()
	err := do()
	return usage{wall: time.Since(at), cpu: l.contender.cpuSeconds() - cpu}, err
}

// produce sends n records, idempotent with acks=all, and waits for every answer.
func (l load) produce(ctx context.Context, n int) (usage, error) {
	cl, err := l.client(kgo.DefaultProduceTopic(l.topic), kgo.ProducerBatchMaxBytes(1<<20-1024), kgo.MaxBufferedRecords(200_000),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.RecordPartitioner(kgo.StickyPartitioner()))
	if err != nil {
		return usage{}, err
	}
	defer cl.Close()
	value := noise(l.size)
	if err := cl.ProduceSync(ctx, &kgo.Record{Value: value}).FirstErr(); err != nil {
		return usage{}, err
	}
	return l.meter(func() error {
		var failed atomic.Pointer[error]
		records := make([]kgo.Record, n)
		for i := range records {
			records[i].Value = value
			cl.Produce(ctx, &records[i], func(_ *kgo.Record, err error) {
				if err != nil {
					failed.Store(&err)
				}
			})
		}
		if err := cl.Flush(ctx); err != nil {
			return err
		}
		if err := failed.Load(); err != nil {
			return *err
		}
		return nil
	})
}

// consume reads n records from the beginning.
func (l load) consume(ctx context.Context, n int) (usage, error) {
	cl, err := l.client(kgo.ConsumeTopics(l.topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxBytes(50<<20), kgo.FetchMaxPartitionBytes(4<<20))
	if err != nil {
		return usage{}, err
	}
	defer cl.Close()
	return l.meter(func() error {
		for got := 0; got < n; {
			fetches := cl.PollFetches(ctx)
			if err := fetches.Err(); err != nil {
				return fmt.Errorf("after %d records: %w", got, err)
			}
			got += fetches.NumRecords()
		}
		return nil
	})
}

// endToEnd sends rate records a second for span, after a warm-up, and returns the time from send to receipt.
func (l load) endToEnd(ctx context.Context, rate int, span time.Duration) (percentiles, error) {
	consumer, err := l.client(kgo.ConsumeTopics(l.topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd()), kgo.FetchMaxWait(500*time.Millisecond))
	if err != nil {
		return percentiles{}, err
	}
	defer consumer.Close()
	producer, err := l.client(kgo.DefaultProduceTopic(l.topic), kgo.ProducerLinger(0), kgo.RecordPartitioner(kgo.RoundRobinPartitioner()),
		kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		return percentiles{}, err
	}
	defer producer.Close()
	var s samples
	reading, stop := context.WithCancel(ctx)
	defer stop()
	go s.receive(reading, consumer)
	time.Sleep(2 * time.Second) // the consumer finds the end of the log
	if err := l.send(ctx, producer, rate, 3*time.Second); err != nil {
		return percentiles{}, err
	}
	s.reset()
	if err := l.send(ctx, producer, rate, span); err != nil {
		return percentiles{}, err
	}
	time.Sleep(time.Second) // the last records arrive
	return s.percentiles()
}

// send produces rate records a second, each with the time of its sending in front.
func (l load) send(ctx context.Context, cl *kgo.Client, rate int, span time.Duration) error {
	var failed atomic.Int64
	at, sent := time.Now(), 0
	for ; time.Since(at) < span && ctx.Err() == nil; time.Sleep(200 * time.Microsecond) {
		for due := int(time.Since(at).Seconds() * float64(rate)); sent < due; sent++ {
			value := noise(l.size)
			binary.BigEndian.PutUint64(value, uint64(time.Now().UnixNano()))
			cl.Produce(ctx, &kgo.Record{Value: value}, func(_ *kgo.Record, err error) {
				if err != nil {
					failed.Add(1)
				}
			})
		}
	}
	if err := cl.Flush(ctx); err != nil {
		return err
	}
	if n := failed.Load(); n > 0 {
		return fmt.Errorf("%d of %d records failed", n, sent)
	}
	return nil
}

// samples gathers times from send to receipt.
type samples struct {
	mu sync.Mutex
	ms []float64
}

func (s *samples) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ms = nil
}

func (s *samples) receive(ctx context.Context, cl *kgo.Client) {
	for ctx.Err() == nil {
		fetches := cl.PollFetches(ctx)
		now := time.Now().UnixNano()
		s.mu.Lock()
		fetches.EachRecord(func(r *kgo.Record) {
			s.ms = append(s.ms, float64(now-int64(binary.BigEndian.Uint64(r.Value)))/1e6)
		})
		s.mu.Unlock()
	}
}

func (s *samples) percentiles() (percentiles, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ms) == 0 {
		return percentiles{}, errors.New("nothing was received")
	}
	return percentilesOf(s.ms), nil
}

// noise is n bytes that no codec makes smaller.
func noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}
