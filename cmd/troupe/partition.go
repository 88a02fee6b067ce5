package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func (s shell) partition() *cobra.Command {
	c := &cobra.Command{
		Use:   "partition",
		Short: "Show who leads partitions and who lags; elect leaders, recover",
		Args:  arguments(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(s.partitionDescribe(), s.partitionElect(), s.partitionRecover())
	return c
}

// electedPartition is a partition that an election was asked for.
type electedPartition struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Outcome   string `json:"outcome"`
	Error     string `json:"error,omitempty"`
}

func (s shell) partitionElect() *cobra.Command {
	var r remote
	var all bool
	c := &cobra.Command{
		Use:   "elect TOPIC[:PARTITION]… | --all",
		Short: "Make the preferred replicas of partitions their leaders",
		Long: "Has each partition's leader hand over to the preferred replica, the first of its list. The cluster does so by itself, a little\n" +
			"later. There is no unclean election: what was acknowledged would be lost.",
	}
	c.ValidArgsFunction = completeTopics(&r)
	c.RunE = func(c *cobra.Command, args []string) error {
		if all == (len(args) > 0) {
			return misusef("name partitions as TOPIC[:PARTITION], or say --all")
		}
		client, err := r.connect(c.Context())
		if err != nil {
			return err
		}
		defer client.Close()
		return r.elect(c.Context(), client, c.OutOrStdout(), args)
	}
	s.remoteFlags(c, &r)
	c.Flags().BoolVar(&all, "all", false, "of every partition in the cluster")
	return c
}

func (r *remote) elect(ctx context.Context, client *kgo.Client, out io.Writer, args []string) error {
	admin := kadm.NewClient(client)
	var wanted kadm.TopicsSet
	if len(args) > 0 {
		partitions, err := choose(ctx, admin, args)
		if err != nil {
			return err
		}
		for _, p := range partitions {
			wanted.Add(p.topic, p.partition)
		}
	}
	results, err := admin.ElectLeaders(ctx, kadm.ElectPreferredReplica, wanted)
	if err != nil {
		return fmt.Errorf("electing leaders: %w", err)
	}
	outcomes, err := outcomesOf(results)
	if r.asJSON {
		if failed := printJSON(out, outcomes); failed != nil {
			return failed
		}
		return err
	}
	for _, o := range outcomes {
		if o.Error == "" {
			fmt.Fprintf(out, "%s:%d: %s\n", o.Topic, o.Partition, o.Outcome)
		}
	}
	if len(outcomes) == 0 {
		fmt.Fprintln(out, "every partition is led by its preferred replica")
	}
	return err
}

// outcomesOf sorts the results, and joins what has failed.
func outcomesOf(results kadm.ElectLeadersResults) ([]electedPartition, error) {
	outcomes, errs := []electedPartition{}, map[string]error{}
	for _, topic := range sortedKeys(results) {
		for _, number := range sortedKeys(results[topic]) {
			r := results[topic][number]
			o := electedPartition{Topic: topic, Partition: number, Outcome: "elected"}
			switch {
			case r.Err == kerr.ElectionNotNeeded:
				o.Outcome = "led by its preferred replica already"
			case r.Err != nil:
				err := sayWhy(r.Err, r.ErrMessage)
				o.Outcome, o.Error = "failed", err.Error()
				errs[fmt.Sprintf("%s:%d", topic, number)] = fmt.Errorf("%s:%d: %w", topic, number, err)
			}
			outcomes = append(outcomes, o)
		}
	}
	return outcomes, eachOf(errs)
}
