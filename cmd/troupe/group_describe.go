package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
)

// groupView is a group as group describe shows it.
type groupView struct {
	Group       string           `json:"group"`
	Type        string           `json:"type"`
	State       string           `json:"state"`
	Protocol    string           `json:"protocol,omitempty"`
	Coordinator int32            `json:"coordinator"`
	Members     []groupMember    `json:"members"`
	Partitions  []groupPartition `json:"partitions"`
}

// groupPartition is a partition that the group has committed or reads. Committed, End and Lag are -1 where they are not known.
type groupPartition struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Committed int64  `json:"committed"`
	End       int64  `json:"end"`
	Lag       int64  `json:"lag"`
	Member    string `json:"member,omitempty"`
}

func (s shell) groupDescribe() *cobra.Command {
	var r remote
	var watch time.Duration
	c := &cobra.Command{
		Use:   "describe GROUP…",
		Short: "Show groups with their members, what each reads, and how far behind it is",
		Long: "Shows each partition that a group reads or has committed: the committed offset, the log's end, how many records lie between, and\n" +
			"which member has it.",
		Args: arguments(cobra.MinimumNArgs(1)),
	}
	c.ValidArgsFunction = completeGroups(&r)
	c.RunE = func(c *cobra.Command, names []string) error {
		ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		admin, err := r.admin(ctx)
		if err != nil {
			return err
		}
		defer admin.Close()
		for {
			if err := r.describeGroups(ctx, admin, c.OutOrStdout(), names); err != nil || watch == 0 {
				return err
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(watch):
			}
		}
	}
	s.remoteFlags(c, &r)
	c.Flags().DurationVar(&watch, "watch", 0, "show again every `DURATION`, until interrupted")
	c.Flags().Lookup("watch").NoOptDefVal = "2s"
	return c
}

func (r *remote) describeGroups(ctx context.Context, admin *kadm.Client, out io.Writer, names []string) error {
	all := []*groupView{}
	for _, name := range names {
		v, err := viewGroup(ctx, admin, name)
		if err != nil {
			return err
		}
		all = append(all, v)
	}
	if r.asJSON {
		return printJSON(out, all)
	}
	for _, v := range all {
		if err := v.print(out); err != nil {
			return err
		}
	}
	return nil
}

// viewGroup gathers what there is to know of a group.
func viewGroup(ctx context.Context, admin *kadm.Client, name string) (*groupView, error) {
	v, err := membership(ctx, admin, name)
	if err != nil {
		return nil, err
	}
	committed, err := admin.FetchOffsets(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("asking what group %s has committed: %w", name, err)
	}
	type place struct {
		topic     string
		partition int32
	}
	at := map[place]groupPartition{}
	committed.Each(func(o kadm.OffsetResponse) {
		at[place{o.Topic, o.Partition}] = groupPartition{Topic: o.Topic, Partition: o.Partition, Committed: o.At, End: -1, Lag: -1}
	})
	for _, m := range v.Members {
		for topic, partitions := range m.owned {
			for _, n := range partitions {
				p, known := at[place{topic, n}]
				if !known {
					p = groupPartition{Topic: topic, Partition: n, Committed: -1, End: -1, Lag: -1}
				}
				p.Member = m.ID
				at[place{topic, n}] = p
			}
		}
	}
	for _, p := range at {
		v.Partitions = append(v.Partitions, p)
	}
	slices.SortFunc(v.Partitions, func(a, b groupPartition) int {
		if a.Topic != b.Topic {
			return slices.Compare([]byte(a.Topic), []byte(b.Topic))
		}
		return int(a.Partition - b.Partition)
	})
	return v, v.measure(ctx, admin)
}

// measure finds how far behind the group is.
func (v *groupView) measure(ctx context.Context, admin *kadm.Client) error {
	var topics []string
	for _, p := range v.Partitions {
		if !slices.Contains(topics, p.Topic) {
			topics = append(topics, p.Topic)
		}
	}
	if len(topics) == 0 {
		return nil
	}
	starts, errStarts := admin.ListStartOffsets(ctx, topics...)
	ends, errEnds := admin.ListEndOffsets(ctx, topics...)
	if err := errors.Join(errStarts, errEnds); err != nil {
		return fmt.Errorf("asking for the ends of what group %s reads: %w", v.Group, err)
	}
	for i := range v.Partitions {
		p := &v.Partitions[i]
		start, _ := starts.Lookup(p.Topic, p.Partition)
		end, ok := ends.Lookup(p.Topic, p.Partition)
		if !ok || end.Err != nil {
			continue // the topic is gone, or has no leader now
		}
		p.End = end.Offset
		p.Lag = max(0, end.Offset-max(p.Committed, start.Offset))
	}
	return nil
}

func (v *groupView) print(out io.Writer) error {
	lag := int64(0)
	for _, p := range v.Partitions {
		lag += max(0, p.Lag)
	}
	fmt.Fprintf(out, "%s: %s, %s, %s, lag %d, coordinated by node %d\n", v.Group, v.Type, v.State, counted(int64(len(v.Members)), "member"), lag, v.Coordinator)
	hosts := map[string]string{}
	for _, m := range v.Members {
		hosts[m.ID] = m.Host
	}
	rows := [][]string{{"TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "MEMBER", "HOST"}}
	for _, p := range v.Partitions {
		member := p.Member
		if member == "" {
			member = "-"
		}
		rows = append(rows, []string{p.Topic, fmt.Sprint(p.Partition), known(p.Committed), known(p.End), known(p.Lag), member, hosts[p.Member]})
	}
	if len(v.Partitions) == 0 {
		return nil
	}
	return table(out, rows)
}

// known is a number, or a dash for one that is not known.
func known(n int64) string {
	if n < 0 {
		return "-"
	}
	return fmt.Sprint(n)
}
