package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	door "github.com/seed-e634fa49/troupe/gateway/http"
)

func (s shell) clusterMove() *cobra.Command {
	var o operator
	var to string
	var cancel bool
	c := &cobra.Command{
		Use:   "move TOPIC[:PARTITION]… --to NODE,…",
		Short: "Move partitions to other nodes, or cancel that",
		Long: "Moves partitions to the nodes given, the preferred leader first; of several partitions each next one begins one node later.\n" +
			"A topic without a partition means all of its partitions. Nothing is given up before its copies are complete.",
		Args: arguments(cobra.MinimumNArgs(1)),
	}
	c.ValidArgsFunction = completeTopics(&o.remote)
	c.RunE = func(c *cobra.Command, args []string) error {
		nodes, err := moveTo(to, cancel)
		if err != nil {
			return err
		}
		client, err := o.connect(c.Context())
		if err != nil {
			return err
		}
		defer client.Close()
		chosen, err := choose(c.Context(), kadm.NewClient(client), args)
		if err != nil {
			return err
		}
		return o.move(c.Context(), client, c.OutOrStdout(), chosen, nodes)
	}
	s.operatorFlags(c, &o)
	detachFlag(c, &o.detach)
	c.Flags().StringVar(&to, "to", "", "the nodes to move to, `NODE,…`, the preferred leader first")
	c.Flags().BoolVar(&cancel, "cancel", false, "cancel the moves of these partitions instead")
	return c
}

// moveTo reads --to and --cancel; nil nodes cancel.
func moveTo(to string, cancel bool) ([]int32, error) {
	if cancel != (to == "") {
		return nil, misusef("say either --to NODE,… or --cancel")
	}
	var nodes []int32
	for _, text := range split(to, ",") {
		id, err := nodeID(text)
		if err != nil {
			return nil, err
		}
		if slices.Contains(nodes, id) {
			return nil, misusef("--to %s: node %d is named twice", to, id)
		}
		nodes = append(nodes, id)
	}
	return nodes, nil
}

// chosen is a partition that a command is to work on.
type chosen struct {
	topic     string
	partition int32
}

// choose reads arguments of the form TOPIC[:PARTITION].
func choose(ctx context.Context, admin *kadm.Client, args []string) ([]chosen, error) {
	var all []chosen
	for _, arg := range args {
		name, number, one := strings.Cut(arg, ":")
		topic, err := topicNamed(ctx, admin, name)
		if err != nil {
			return nil, err
		}
		if !one {
			for _, p := range sortedPartitions(topic) {
				all = append(all, chosen{name, p.Partition})
			}
			continue
		}
		p, err := strconv.ParseInt(number, 10, 32)
		if err != nil {
			return nil, misusef("%q: %q is no partition, which is a number from 0", arg, number)
		}
		if err := checkPartition(topic, int32(p)); err != nil {
			return nil, err
		}
		all = append(all, chosen{name, int32(p)})
	}
	return all, nil
}

func (o *operator) move(ctx context.Context, client *kgo.Client, out io.Writer, partitions []chosen, nodes []int32) error {
	var req kadm.AlterPartitionAssignmentsReq
	for i, p := range partitions {
		if nodes == nil {
			req.CancelAssign(p.topic, p.partition)
			continue
		}
		first := i % len(nodes)
		req.Assign(p.topic, p.partition, slices.Concat(nodes[first:], nodes[:first]))
	}
	admin := kadm.NewClient(client)
	admin.SetTimeoutMillis(int32(o.timeout.Milliseconds()))
	answers, err := admin.AlterPartitionAssignments(ctx, req)
	if err != nil {
		return fmt.Errorf("moving partitions: %w", err)
	}
	errs := map[string]error{}
	for _, a := range answers.Sorted() {
		if a.Err != nil {
			name := fmt.Sprintf("%s:%d", a.Topic, a.Partition)
			errs[name] = fmt.Errorf("%s: %w", name, sayWhy(a.Err, a.ErrMessage))
		}
	}
	if err := eachOf(errs); err != nil {
		return err
	}
	if nodes != nil && !o.detach {
		if err := o.waitWith(ctx, client, out, movesOf(partitions)); err != nil {
			return err
		}
	}
	return o.sayMoved(out, partitions, nodes)
}

func (o *operator) sayMoved(out io.Writer, partitions []chosen, nodes []int32) error {
	what := "moved"
	switch {
	case nodes == nil:
		what = "cancelled"
	case o.detach:
		what = "moving"
	}
	if o.asJSON {
		return printJSON(out, map[string]int{what: len(partitions)})
	}
	fmt.Fprintf(out, "%s %s\n", what, counted(int64(len(partitions)), "partition"))
	return nil
}

// movesOf tells how far the moves of these partitions are, of all where there are none.
func movesOf(partitions []chosen) func(v, first *clusterView) step {
	return func(v, first *clusterView) step {
		left, copied, size := 0, int64(0), int64(0)
		for _, m := range v.Moves {
			if partitions == nil || slices.Contains(partitions, chosen{m.Topic, m.Partition}) {
				left, copied, size = left+1, copied+m.Copied, size+m.Size
			}
		}
		if left == 0 {
			return step{finished: true, says: "no move is under way any more"}
		}
		return step{done: copied, all: size, says: fmt.Sprintf("%s under way, %s copied", counted(int64(left), "move"), portion(copied, size))}
	}
}

func (s shell) clusterBalance() *cobra.Command {
	var o operator
	c := &cobra.Command{
		Use:   "balance",
		Short: "Even out replicas and leaders among the nodes now",
		Long:  "The cluster evens itself out when its nodes are far from even; this does it at once, and to the last replica.",
		Args:  arguments(cobra.NoArgs),
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		var begun door.Balanced
		if err := o.ask(c.Context(), http.MethodPost, "/admin/balance", &begun); err != nil {
			return err
		}
		if !o.detach {
			if err := o.wait(c.Context(), c.OutOrStdout(), movesOf(nil)); err != nil {
				return err
			}
		}
		if o.asJSON {
			return printJSON(c.OutOrStdout(), begun)
		}
		fmt.Fprintf(c.OutOrStdout(), "%s begun, another leader asked for in %s\n", counted(int64(begun.Moves), "move"), counted(int64(begun.Leaders), "partition"))
		return nil
	}
	s.operatorFlags(c, &o)
	detachFlag(c, &o.detach)
	return c
}
