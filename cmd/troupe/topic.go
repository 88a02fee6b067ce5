package main

import (
	"sort"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
)

func (s shell) topic() *cobra.Command {
	c := &cobra.Command{
		Use:   "topic",
		Short: "Make, list, describe, change and delete topics",
		Args:  arguments(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(s.topicCreate(), s.topicList(), s.topicDescribe(), s.topicAlter(), s.topicDelete())
	return c
}

// completeTopics offers the cluster's topics to the shell.
func completeTopics(r *remote) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		admin, err := r.admin(c.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer admin.Close()
		topics, err := admin.ListTopics(c.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return topics.Names(), cobra.ShellCompDirectiveNoFileComp
	}
}

// sortedPartitions are a topic's partitions by number.
func sortedPartitions(t kadm.TopicDetail) []kadm.PartitionDetail {
	all := make([]kadm.PartitionDetail, 0, len(t.Partitions))
	for _, p := range t.Partitions {
		all = append(all, p)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Partition < all[j].Partition })
	return all
}

// joined is a list of node ids as people write it.
func joined(ids []int32) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.Itoa(int(id))
	}
	return strings.Join(texts, ",")
}
