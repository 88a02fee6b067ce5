package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

func (s shell) group() *cobra.Command {
	c := &cobra.Command{
		Use:   "group",
		Short: "List, describe, explain, reset and delete consumer groups",
		Args:  arguments(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(s.groupList(), s.groupDescribe(), s.groupReset(), s.groupDelete(), s.groupWhy())
	return c
}

// completeGroups offers the cluster's groups to the shell.
func completeGroups(r *remote) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		admin, err := r.admin(c.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer admin.Close()
		groups, err := admin.ListGroups(c.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return groups.Groups(), cobra.ShellCompDirectiveNoFileComp
	}
}

// listedGroup is a line of group list.
type listedGroup struct {
	Group       string `json:"group"`
	State       string `json:"state"`
	Type        string `json:"type"`
	Protocol    string `json:"protocol_type"`
	Coordinator int32  `json:"coordinator"`
}

func (s shell) groupList() *cobra.Command {
	var r remote
	var states, types []string
	c := &cobra.Command{
		Use:   "list",
		Short: "List groups",
		Args:  arguments(cobra.NoArgs),
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		admin, err := r.admin(c.Context())
		if err != nil {
			return err
		}
		defer admin.Close()
		all := []listedGroup{}
		for _, kind := range types {
			groups, err := admin.ListGroupsByType(c.Context(), []string{kind}, states...)
			if err != nil {
				return fmt.Errorf("listing groups: %w", err)
			}
			for _, g := range groups.Sorted() {
				all = append(all, listedGroup{g.Group, g.State, kind, g.ProtocolType, g.Coordinator})
			}
		}
		slices.SortFunc(all, func(a, b listedGroup) int { return strings.Compare(a.Group, b.Group) })
		rows := [][]string{{"GROUP", "STATE", "TYPE", "COORDINATOR"}}
		for _, g := range all {
			rows = append(rows, []string{g.Group, g.State, g.Type, fmt.Sprint(g.Coordinator)})
		}
		if r.asJSON {
			return printJSON(c.OutOrStdout(), all)
		}
		return table(c.OutOrStdout(), rows)
	}
	s.remoteFlags(c, &r)
	c.Flags().StringSliceVar(&states, "state", nil, "only groups in this `STATE`: Stable, Empty, PreparingRebalance, …")
	c.Flags().StringSliceVar(&types, "type", []string{"classic", "consumer"}, "only groups of this `TYPE`")
	return c
}

func (s shell) groupDelete() *cobra.Command {
	var r remote
	c := &cobra.Command{
		Use:   "delete GROUP…",
		Short: "Delete groups that have no members, with the offsets that they have committed",
		Args:  arguments(cobra.MinimumNArgs(1)),
	}
	c.ValidArgsFunction = completeGroups(&r)
	c.RunE = func(c *cobra.Command, names []string) error {
		admin, err := r.admin(c.Context())
		if err != nil {
			return err
		}
		defer admin.Close()
		answers, err := admin.DeleteGroups(c.Context(), names...)
		if err != nil {
			return fmt.Errorf("deleting groups: %w", err)
		}
		gone := []string{}
		failed := map[string]error{}
		for _, a := range answers.Sorted() {
			switch {
			case a.Err == nil:
				gone = append(gone, a.Group)
			case errors.Is(a.Err, kerr.NonEmptyGroup):
				failed[a.Group] = fmt.Errorf("group %s has members; stop them first: `troupe group describe %s` shows them", a.Group, a.Group)
			case errors.Is(a.Err, kerr.GroupIDNotFound):
				failed[a.Group] = noGroup(a.Group)
			default:
				failed[a.Group] = fmt.Errorf("group %s: %w", a.Group, a.Err)
			}
		}
		if r.asJSON {
			err = printJSON(c.OutOrStdout(), gone)
		} else {
			for _, g := range gone {
				fmt.Fprintf(c.OutOrStdout(), "deleted %s\n", g)
			}
		}
		return errors.Join(err, eachOf(failed))
	}
	s.remoteFlags(c, &r)
	return c
}

func noGroup(name string) error {
	return fmt.Errorf("there is no group %s; `troupe group list` shows those there are", name)
}

// groupMember is a member as group describe shows it.
type groupMember struct {
	ID       string   `json:"id"`
	Instance string   `json:"instance,omitempty"`
	Client   string   `json:"client"`
	Host     string   `json:"host"`
	Topics   []string `json:"topics,omitempty"`
	// owned are its partitions by topic.
	owned map[string][]int32
}

// membership finds a group of either type.
func membership(ctx context.Context, admin *kadm.Client, name string) (*groupView, error) {
	classic, err := admin.DescribeGroups(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("describing group %s: %w", name, err)
	}
	if g := classic[name]; g.Err == nil && g.State != "Dead" {
		return classicView(g), nil
	}
	consumers, err := admin.DescribeConsumerGroups(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("describing group %s: %w", name, err)
	}
	g := consumers[name]
	if errors.Is(g.Err, kerr.GroupIDNotFound) {
		return nil, noGroup(name)
	}
	if g.Err != nil {
		return nil, fmt.Errorf("describing group %s: %w", name, g.Err)
	}
	return consumerView(g), nil
}

func classicView(g kadm.DescribedGroup) *groupView {
	v := &groupView{Group: g.Group, Type: "classic", State: g.State, Protocol: g.Protocol, Coordinator: g.Coordinator.NodeID, Members: []groupMember{}, Partitions: []groupPartition{}}
	for _, m := range g.Members {
		member := groupMember{ID: m.MemberID, Client: m.ClientID, Host: m.ClientHost, owned: map[string][]int32{}}
		if m.InstanceID != nil {
			member.Instance = *m.InstanceID
		}
		if s, ok := m.Join.AsConsumer(); ok {
			member.Topics = s.Topics
		}
		if a, ok := m.Assigned.AsConsumer(); ok {
			for _, t := range a.Topics {
				member.owned[t.Topic] = t.Partitions
			}
		}
		v.Members = append(v.Members, member)
	}
	return v
}

func consumerView(g kadm.DescribedConsumerGroup) *groupView {
	v := &groupView{Group: g.Group, Type: "consumer", State: g.State, Protocol: g.AssignorName, Coordinator: g.Coordinator.NodeID, Members: []groupMember{}, Partitions: []groupPartition{}}
	for _, m := range g.Members {
		member := groupMember{ID: m.MemberID, Client: m.ClientID, Host: m.ClientHost, Topics: m.SubscribedTopics, owned: map[string][]int32{}}
		if m.InstanceID != nil {
			member.Instance = *m.InstanceID
		}
		for topic, partitions := range m.Assignment {
			for p := range partitions {
				member.owned[topic] = append(member.owned[topic], p)
			}
		}
		v.Members = append(v.Members, member)
	}
	return v
}
