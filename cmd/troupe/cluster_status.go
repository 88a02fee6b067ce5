package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"
)

func (s shell) clusterStatus() *cobra.Command {
	var o operator
	var watch time.Duration
	c := &cobra.Command{
		Use:   "status",
		Short: "Show the nodes, who leads how much, and what moves",
		Long: "Shows the nodes with what they lead and hold, the partitions that lack leaders or replicas, and the moves under way.\n" +
			"A node is alive, or fenced when it was not heard; draining or leaving when that was asked of it.",
		Args: arguments(cobra.NoArgs),
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		client, err := o.connect(c.Context())
		if err != nil {
			return err
		}
		defer client.Close()
		for {
			if err := o.showStatus(c.Context(), client, c.OutOrStdout()); err != nil || watch == 0 {
				return err
			}
			select {
			case <-time.After(watch):
				fmt.Fprintln(c.OutOrStdout())
			case <-c.Context().Done():
				return nil
			}
		}
	}
	s.operatorFlags(c, &o)
	c.Flags().DurationVar(&watch, "watch", 0, "show it again and again, this often")
	c.Flags().Lookup("watch").NoOptDefVal = "2s"
	return c
}

func (o *operator) showStatus(ctx context.Context, client *kgo.Client, w io.Writer) error {
	v, err := o.view(ctx, client)
	if err != nil {
		return err
	}
	if o.asJSON {
		return printJSON(w, v)
	}
	return v.print(w)
}

func (v *clusterView) print(w io.Writer) error {
	fmt.Fprintf(w, "cluster %s, controller %d, voters %s\n", v.ID, v.Controller, joined(v.Voters))
	rows := [][]string{strings.Fields("NODE ADDRESS RACK STATE LEADS REPLICAS BYTES")}
	for _, n := range v.Nodes {
		rows = append(rows, []string{fmt.Sprint(n.ID), n.Address, orDash(n.Rack), n.State, fmt.Sprint(n.Leads), fmt.Sprint(n.Replicas), bytesOrDash(n.Bytes)})
	}
	if err := table(w, rows); err != nil {
		return err
	}
	fmt.Fprintf(w, "%s, %d without a leader, %d with replicas out of sync\n", counted(int64(v.Partitions), "partition"), v.Leaderless, v.UnderReplicated)
	if len(v.Moves) == 0 {
		return nil
	}
	rows = [][]string{strings.Fields("MOVING FROM TO COPIED")}
	for _, m := range v.Moves {
		rows = append(rows, []string{fmt.Sprintf("%s-%d", m.Topic, m.Partition), orDash(joined(m.Removing)), orDash(joined(m.Adding)), portion(m.Copied, m.Size)})
	}
	return table(w, rows)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func bytesOrDash(n int64) string {
	if n < 0 {
		return "-"
	}
	return sized(n)
}

// sized is a number of bytes as people read it.
func sized(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n)/1024, 0
	for f >= 1024 && unit < len(units)-1 {
		f, unit = f/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", f, units[unit])
}

// portion is how much of something is there.
func portion(done, all int64) string {
	if all <= 0 {
		return sized(done)
	}
	return fmt.Sprintf("%d%% of %s", 100*done/all, sized(all))
}
