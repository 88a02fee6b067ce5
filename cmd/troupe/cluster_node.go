package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	door "github.com/seed-e634fa49/troupe/gateway/http"
)

// nodeChange is a command that asks something of one node.
type nodeChange struct {
	verb, short, long string
	// step tells how far it is, nil where there is nothing to wait for.
	step func(v *clusterView, node int32, first *clusterView) step
}

var nodeChanges = []nodeChange{
	{"drain", "Move leadership away from a node, and keep it away",
		"The node goes on holding its replicas, and may be stopped without anybody noticing. `troupe cluster undrain` takes it back.", drained},
	{"undrain", "Let a node lead again, or stay after all",
		"Takes back a drain, and a decommission as far as it is not done.", nil},
	{"decommission", "Move every replica away from a node, then forget it",
		"The node holds nothing at the end and is no member of the cluster any more: its data directory can't come back.\n" +
			"Works for a node that is dead, too: its replicas are made anew from the others.", decommissioned},
}

func (s shell) clusterChange(change nodeChange) *cobra.Command {
	var o operator
	c := &cobra.Command{Use: change.verb + " NODE", Short: change.short, Long: change.short + ".\n" + change.long, Args: arguments(cobra.ExactArgs(1))}
	c.RunE = func(c *cobra.Command, args []string) error {
		id, err := nodeID(args[0])
		if err != nil {
			return err
		}
		return o.change(c.Context(), c.OutOrStdout(), change, id)
	}
	s.operatorFlags(c, &o)
	if change.step != nil {
		detachFlag(c, &o.detach)
	}
	return c
}

func (o *operator) change(ctx context.Context, out io.Writer, change nodeChange, id int32) error {
	var node door.Node
	if err := o.ask(ctx, http.MethodPost, fmt.Sprintf("/admin/nodes/%d/%s", id, change.verb), &node); err != nil {
		return err
	}
	if change.step != nil && !o.detach {
		if err := o.wait(ctx, out, func(v, first *clusterView) step { return change.step(v, id, first) }); err != nil {
			return err
		}
	}
	if o.asJSON {
		return printJSON(out, node)
	}
	if change.step == nil || o.detach {
		fmt.Fprintf(out, "node %d: %s\n", id, standing(node))
	}
	return nil
}

func standing(n door.Node) string {
	switch {
	case n.Leaving:
		return "leaving"
	case n.Draining:
		return "draining"
	}
	return "in service"
}

// wait shows how the cluster goes on until it is done.
func (o *operator) wait(ctx context.Context, out io.Writer, how func(v, first *clusterView) step) error {
	client, err := o.connect(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	return o.waitWith(ctx, client, out, how)
}

func (o *operator) waitWith(ctx context.Context, client *kgo.Client, out io.Writer, how func(v, first *clusterView) step) error {
	if o.asJSON {
		out = nil
	}
	var first *clusterView
	return progress(ctx, out, func(ctx context.Context) (step, error) {
		v, err := o.view(ctx, client)
		if err != nil {
			return step{}, err
		}
		if first == nil {
			first = v
		}
		return how(v, first), nil
	})
}

func drained(v *clusterView, node int32, first *clusterView) step {
	now, before := v.node(node), first.node(node)
	if now == nil || now.Leads == 0 {
		return step{finished: true, says: fmt.Sprintf("node %d leads nothing any more", node)}
	}
	return step{done: int64(before.Leads - now.Leads), all: int64(before.Leads), says: fmt.Sprintf("node %d still leads %s", node, counted(int64(now.Leads), "partition"))}
}

func decommissioned(v *clusterView, node int32, first *clusterView) step {
	now, before := v.node(node), first.node(node)
	if now == nil {
		return step{finished: true, says: fmt.Sprintf("node %d is no member any more", node)}
	}
	return step{done: int64(before.Replicas - now.Replicas), all: int64(before.Replicas), says: fmt.Sprintf("node %d still holds %d replicas; %s under way", node, now.Replicas, counted(int64(len(v.Moves)), "move"))}
}
