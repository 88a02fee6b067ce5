package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// runInGroup prints records as a member of a group. What is printed is committed: every few seconds, and at the end.
func (q *consuming) runInGroup(ctx context.Context, c *cobra.Command, topic string, from startAt, format recordFormat) error {
	reset := kgo.NewOffset().AtStart()
	switch {
	case from.offset != nil || from.time != nil:
		return misusef("--from %s: a group begins at start or end, where it has committed nothing; `troupe group reset` moves it", q.from)
	case from.end:
		reset = kgo.NewOffset().AtEnd()
	}
	client, err := q.connect(ctx, kgo.ConsumerGroup(q.group), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(reset), kgo.AutoCommitMarks(), kgo.BlockRebalanceOnPoll())
	if err != nil {
		return err
	}
	defer client.CloseAllowingRebalance()
	if _, err := topicNamed(ctx, kadm.NewClient(client), topic); err != nil {
		return err
	}
	r := reading{client: client, topic: topic, left: q.count, format: format, out: bufio.NewWriter(c.OutOrStdout())}
	err = r.follow(ctx)
	// The interruption that ends the reading must not end the commit.
	commit, cancel := context.WithTimeout(context.WithoutCancel(ctx), q.timeout)
	defer cancel()
	if failed := client.CommitMarkedOffsets(commit); failed != nil {
		err = errors.Join(err, fmt.Errorf("committing for group %s: %w; it will read some records again", q.group, failed))
	}
	return err
}

// follow prints what the group gives, until it has enough.
func (r *reading) follow(ctx context.Context) error {
	for {
		fetches := r.client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := r.failure(fetches); err != nil {
			return err
		}
		enough := false
		fetches.EachRecord(func(rec *kgo.Record) {
			if !enough {
				enough = r.print(rec)
				r.client.MarkCommitRecords(rec)
			}
		})
		if err := r.out.Flush(); err != nil || enough {
			return err
		}
		r.client.AllowRebalance()
	}
}
