package main

import (
	"context"
	"fmt"
	"sort"
	"sync"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// producing is how produce was called.
type producing struct {
	remote
	lines
	partition     int32 // -1: by key
	compression   string
	acks          string
	maxBatchBytes int32
	whole         bool // each file is one record
}

func (s shell) produce() *cobra.Command {
	p := producing{}
	c := &cobra.Command{
		Use:   "produce TOPIC [FILE…]",
		Short: "Append records: the lines of standard input, or of files",
		Example: "  echo hello | troupe produce orders\n" +
			"  troupe produce orders --key-separator : --header source=shell lines.txt\n" +
			"  troupe produce pictures --whole cat.png dog.png",
		Args: arguments(cobra.MinimumNArgs(1)),
	}
	c.ValidArgsFunction = func(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return completeTopics(&p.remote)(c, args, begun)
	}
	c.RunE = func(c *cobra.Command, args []string) error { return p.run(c, args[0], args[1:]) }
	s.remoteFlags(c, &p.remote)
	f := c.Flags()
	f.StringVar(&p.separator, "key-separator", "", "what stands between key and value in a line (default: lines have no key)")
	f.StringArrayVar(&p.headers, "header", nil, "a header for every record, `KEY=VALUE`; repeat for more")
	f.StringVar(&p.null, "null", "", "a key or a value that is exactly `TEXT` is null")
	f.Int32Var(&p.partition, "partition", -1, "the partition to append to (default: by the key)")
	f.StringVar(&p.compression, "compression", "none", "none, gzip, snappy, lz4 or zstd")
	f.StringVar(&p.acks, "acks", "all", "who must have a record before it counts: all, 1 (the leader) or 0 (nobody)")
	f.Int32Var(&p.maxBatchBytes, "max-batch-bytes", 1_000_012, "the largest batch to send; a larger record is refused")
	f.BoolVar(&p.whole, "whole", false, "each FILE is one record")
	return c
}

func (p *producing) run(c *cobra.Command, topic string, files []string) error {
	opts, err := p.options(topic)
	if err != nil {
		return err
	}
	if p.whole && len(files) == 0 {
		return misusef("--whole wants files, as in `troupe produce %s --whole FILE`", topic)
	}
	if err := p.lines.check(); err != nil {
		return err
	}
	client, err := p.connect(c.Context(), opts...)
	if err != nil {
		return err
	}
	defer client.Close()
	t, err := topicNamed(c.Context(), kadm.NewClient(client), topic)
	if err != nil {
		return err
	}
	if p.partition >= 0 {
		if err := checkPartition(t, p.partition); err != nil {
			return err
		}
	}
	d := delivery{client: client, partition: p.partition, ranges: map[int32]*producedRange{}}
	d.ctx, d.cancel = context.WithCancelCause(c.Context())
	defer d.cancel(nil)
	err = p.lines.each(c.InOrStdin(), files, p.whole, int(p.maxBatchBytes), d.send)
	if flushed := d.flush(); flushed != nil {
		err = flushed
	}
	if err != nil {
		return fmt.Errorf("producing to %s, %s acknowledged: %w", topic, counted(d.records, "record"), err)
	}
	return d.report(c, topic, p.asJSON)
}

// options turns flags into the client's options.
func (p *producing) options(topic string) ([]kgo.Opt, error) {
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	codec, ok := codecs[p.compression]
	if !ok {
		return nil, misusef("--compression %s: want none, gzip, snappy, lz4 or zstd", p.compression)
	}
	opts := []kgo.Opt{
		kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(codec), kgo.ProducerBatchMaxBytes(p.maxBatchBytes),
		kgo.RecordDeliveryTimeout(p.timeout),
	}
	switch p.acks {
	case "all", "-1":
	case "1":
		opts = append(opts, kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite())
	case "0":
		opts = append(opts, kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())
	default:
		return nil, misusef("--acks %s: want all, 1 or 0", p.acks)
	}
	if p.partition >= 0 {
		opts = append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	return opts, nil
}

// delivery sends records and keeps account of what became of them. The first failure ends it.
type delivery struct {
	client    *kgo.Client
	partition int32
	ctx       context.Context
	cancel    context.CancelCauseFunc

	mu      sync.Mutex // guards what is below: promises run on the client's goroutine
	records int64
	bytes   int64
	ranges  map[int32]*producedRange
}

// producedRange is what one partition took.
type producedRange struct {
	Partition int32 `json:"partition"`
	Records   int64 `json:"records"`
	First     int64 `json:"first_offset"`
	Last      int64 `json:"last_offset"`
}

func (d *delivery) send(r *kgo.Record) error {
	if err := context.Cause(d.ctx); err != nil {
		return err
	}
	r.Partition = max(d.partition, 0)
	d.client.Produce(d.ctx, r, d.delivered)
	return nil
}

func (d *delivery) delivered(r *kgo.Record, err error) {
	if err != nil {
		d.cancel(err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records++
	d.bytes += int64(len(r.Key) + len(r.Value))
	one := d.ranges[r.Partition]
	if one == nil {
		one = &producedRange{Partition: r.Partition, First: r.Offset}
		d.ranges[r.Partition] = one
	}
	one.Records++
	one.Last = r.Offset
}

// flush waits until every record is delivered or has failed, and returns the first failure.
func (d *delivery) flush() error {
	if err := d.client.Flush(d.ctx); err != nil && context.Cause(d.ctx) == nil {
		return err
	}
	return context.Cause(d.ctx)
}

func (d *delivery) report(c *cobra.Command, topic string, asJSON bool) error {
	if !asJSON {
		_, err := fmt.Fprintf(c.OutOrStdout(), "produced %s to %s\n", counted(d.records, "record"), topic)
		return err
	}
	ranges := []*producedRange{}
	for _, one := range d.ranges {
		ranges = append(ranges, one)
	}
	sort.Slice(ranges, func(i, j int) bool { return ranges[i].Partition < ranges[j].Partition })
	return printJSON(c.OutOrStdout(), struct {
		Topic      string           `json:"topic"`
		Records    int64            `json:"records"`
		Bytes      int64            `json:"bytes"`
		Partitions []*producedRange `json:"partitions"`
	}{topic, d.records, d.bytes, ranges})
}
