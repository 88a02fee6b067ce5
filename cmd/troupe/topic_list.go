package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// listedTopic is a line of topic list.
type listedTopic struct {
	Topic             string `json:"topic"`
	ID                string `json:"id"`
	Partitions        int    `json:"partitions"`
	ReplicationFactor int    `json:"replication_factor"`
	Internal          bool   `json:"internal,omitempty"`
}

func (s shell) topicList() *cobra.Command {
	var r remote
	var internal bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List topics",
		Args:  arguments(cobra.NoArgs),
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		admin, err := r.admin(c.Context())
		if err != nil {
			return err
		}
		defer admin.Close()
		list := admin.ListTopics
		if internal {
			list = admin.ListTopicsWithInternal
		}
		topics, err := list(c.Context())
		if err != nil {
			return fmt.Errorf("listing topics: %w", err)
		}
		all := []listedTopic{}
		for _, t := range topics.Sorted() {
			all = append(all, listedTopic{t.Topic, topicID(t.ID), len(t.Partitions), t.Partitions.NumReplicas(), t.IsInternal})
		}
		if r.asJSON {
			return printJSON(c.OutOrStdout(), all)
		}
		rows := [][]string{{"TOPIC", "PARTITIONS", "REPLICAS", "ID"}}
		for _, t := range all {
			rows = append(rows, []string{t.Topic, fmt.Sprint(t.Partitions), fmt.Sprint(t.ReplicationFactor), t.ID})
		}
		return table(c.OutOrStdout(), rows)
	}
	s.remoteFlags(c, &r)
	c.Flags().BoolVar(&internal, "internal", false, "list the cluster's own topics too")
	return c
}
