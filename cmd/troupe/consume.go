package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// consuming is how consume was called.
type consuming struct {
	remote
	from       string
	partitions []int32
	count      int64 // 0: no limit
	untilEnd   bool
	follow     bool
	group      string
	format     string
	null       string
}

func (s shell) consume() *cobra.Command {
	q := consuming{}
	c := &cobra.Command{
		Use:   "consume TOPIC",
		Short: "Print records",
		Long: "consume prints the records of a topic, from --from on, and waits for more until it is interrupted; --until-end and\n" +
			"--count end it earlier. With --group it reads as a member of that group, from where the group is, and commits what it has\n" +
			"printed; else it joins no group and commits nothing.\n\n" + formatHelp,
		Example: "  troupe consume orders --until-end\n" +
			"  troupe consume orders --from 15m --format '%T %k %v\\n'\n" +
			"  troupe consume orders --from end --partition 0 --count 1 --json",
		Args: arguments(cobra.ExactArgs(1)),
	}
	c.ValidArgsFunction = completeTopics(&q.remote)
	c.RunE = func(c *cobra.Command, args []string) error {
		ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return q.run(ctx, c, args[0])
	}
	s.remoteFlags(c, &q.remote)
	f := c.Flags()
	f.StringVar(&q.from, "from", "start", "where to begin: `start, end, OFFSET, or TIME`, as 2006-01-02T15:04:05Z or as a duration ago, 15m")
	f.Int32SliceVar(&q.partitions, "partition", nil, "only these partitions; repeat, or separate with commas")
	f.Int64Var(&q.count, "count", 0, "end after so many records")
	f.BoolVar(&q.untilEnd, "until-end", false, "end at what is the end now")
	f.BoolVar(&q.follow, "follow", true, "at the end, wait for more")
	f.StringVarP(&q.group, "group", "g", "", "read as a member of this `GROUP`; --from counts where it has committed nothing, and is start or end")
	f.StringVar(&q.format, "format", `%v\n`, "how a record is printed")
	f.StringVar(&q.null, "null", "", "what is printed for a null key or value")
	c.MarkFlagsMutuallyExclusive("until-end", "follow")
	c.MarkFlagsMutuallyExclusive("until-end", "group")
	c.MarkFlagsMutuallyExclusive("partition", "group")
	c.MarkFlagsMutuallyExclusive("json", "format")
	return c
}

func (q *consuming) run(ctx context.Context, c *cobra.Command, topic string) error {
	from, err := parseStart(q.from, time.Now())
	if err != nil {
		return misusef("--from %s: %w", q.from, err)
	}
	format, err := parseFormat(q.format, q.null)
	if err != nil {
		return misusef("--format %s: %w", q.format, err)
	}
	if q.asJSON {
		format = jsonLine
	}
	if q.group != "" {
		return q.runInGroup(ctx, c, topic, from, format)
	}
	client, err := q.connect(ctx, kgo.ConsumeResetOffset(kgo.NoResetOffset()), kgo.KeepControlRecords())
	if err != nil {
		return err
	}
	defer client.Close()
	ranges, err := findRanges(ctx, kadm.NewClient(client), topic, q.partitions, from)
	if err != nil {
		return err
	}
	r := reading{client: client, topic: topic, left: q.count, format: format, out: bufio.NewWriter(c.OutOrStdout())}
	if q.untilEnd || !q.follow {
		r.ends = ranges.ends()
	}
	err = r.run(ctx, ranges)
	if flushed := r.out.Flush(); err == nil {
		err = flushed
	}
	return err
}

// reading prints records until it has enough.
type reading struct {
	client *kgo.Client
	topic  string
	left   int64           // records still to print; 0 from the beginning: no limit
	ends   map[int32]int64 // where each partition that is not done ends; nil: nowhere
	format recordFormat
	out    *bufio.Writer
}

func (r *reading) run(ctx context.Context, ranges offsetRanges) error {
	r.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{r.topic: ranges.starts(r.ends != nil)})
	for r.ends == nil || len(r.ends) > 0 {
		fetches := r.client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := r.failure(fetches); err != nil {
			return err
		}
		enough := false
		fetches.EachRecord(func(rec *kgo.Record) { enough = enough || r.print(rec) })
		if err := r.out.Flush(); err != nil || enough {
			return err
		}
	}
	return nil
}

// print prints a record, if it is one to print, and says whether that was the last.
func (r *reading) print(rec *kgo.Record) (enough bool) {
	if r.ends != nil {
		end, open := r.ends[rec.Partition]
		if !open {
			return false
		}
		if rec.Offset+1 >= end {
			delete(r.ends, rec.Partition)
		}
		if rec.Offset >= end {
			return false
		}
	}
	if rec.Attrs.IsControl() {
		return false
	}
	r.format(r.out, rec)
	r.left--
	return r.left == 0
}

func (r *reading) failure(fetches kgo.Fetches) error {
	failures := fetches.Errors()
	if len(failures) == 0 {
		return nil
	}
	f := failures[0]
	switch {
	case errors.Is(f.Err, kerr.OffsetOutOfRange):
		return fmt.Errorf("partition %d of %s was cut while it was read: the next offset is gone; begin again with --from start", f.Partition, f.Topic)
	case errors.Is(f.Err, kerr.UnknownTopicID), errors.Is(f.Err, kerr.UnknownTopicOrPartition):
		return fmt.Errorf("topic %s was deleted while it was read", r.topic)
	}
	return fmt.Errorf("reading partition %d of %s: %w", f.Partition, r.topic, f.Err)
}
