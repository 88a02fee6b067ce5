package main

import (
	"context"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// describedTopic is a topic as topic describe shows it.
type describedTopic struct {
	Topic      string               `json:"topic"`
	ID         string               `json:"id"`
	Internal   bool                 `json:"internal,omitempty"`
	Partitions []describedPartition `json:"partitions"`
	Configs    []describedConfig    `json:"configs"`
}

// describedPartition is one partition. Start, End and Bytes are -1 where the broker did not say.
type describedPartition struct {
	Partition int32   `json:"partition"`
	Leader    int32   `json:"leader"`
	Epoch     int32   `json:"epoch"`
	Replicas  []int32 `json:"replicas"`
	InSync    []int32 `json:"in_sync"`
	Start     int64   `json:"start"`
	End       int64   `json:"end"`
	Bytes     int64   `json:"bytes"`
	Error     string  `json:"error,omitempty"`
}

// describedConfig is a config of a topic and where it comes from, in Kafka's words.
type describedConfig struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

func (s shell) topicDescribe() *cobra.Command {
	var r remote
	var configs bool
	c := &cobra.Command{
		Use:   "describe TOPIC…",
		Short: "Show topics with their partitions, offsets and configs",
		Args:  arguments(cobra.MinimumNArgs(1)),
	}
	c.ValidArgsFunction = completeTopics(&r)
	c.RunE = func(c *cobra.Command, names []string) error {
		admin, err := r.admin(c.Context())
		if err != nil {
			return err
		}
		defer admin.Close()
		all := []describedTopic{}
		for _, name := range names {
			t, err := describe(c.Context(), admin, name, configs)
			if err != nil {
				return err
			}
			all = append(all, t)
		}
		if r.asJSON {
			return printJSON(c.OutOrStdout(), all)
		}
		for _, t := range all {
			if err := t.print(c.OutOrStdout()); err != nil {
				return err
			}
		}
		return nil
	}
	s.remoteFlags(c, &r)
	c.Flags().BoolVar(&configs, "configs", false, "show all configs, not only those set on the topic")
	return c
}

// describe gathers what the cluster knows of a topic.
func describe(ctx context.Context, admin *kadm.Client, name string, allConfigs bool) (describedTopic, error) {
	topic, err := topicNamed(ctx, admin, name)
	if err != nil {
		return describedTopic{}, err
	}
	starts, err := admin.ListStartOffsets(ctx, name)
	if err != nil {
		return describedTopic{}, fmt.Errorf("asking for the start offsets of %s: %w", name, err)
	}
	ends, err := admin.ListEndOffsets(ctx, name)
	if err != nil {
		return describedTopic{}, fmt.Errorf("asking for the end offsets of %s: %w", name, err)
	}
	sizes, err := partitionSizes(ctx, admin, topic)
	if err != nil {
		return describedTopic{}, err
	}
	d := describedTopic{Topic: name, ID: topicID(topic.ID), Internal: topic.IsInternal}
	for _, p := range sortedPartitions(topic) {
		one := describedPartition{
			Partition: p.Partition, Leader: p.Leader, Epoch: p.LeaderEpoch, Replicas: p.Replicas, InSync: p.ISR,
			Start: offsetOf(starts, name, p.Partition), End: offsetOf(ends, name, p.Partition), Bytes: sizes[p.Partition],
		}
		if p.Err != nil {
			one.Error = p.Err.Error()
		}
		d.Partitions = append(d.Partitions, one)
	}
	d.Configs, err = topicConfigs(ctx, admin, name, allConfigs)
	return d, err
}

func offsetOf(l kadm.ListedOffsets, topic string, partition int32) int64 {
	if o, ok := l.Lookup(topic, partition); ok && o.Err == nil {
		return o.Offset
	}
	return -1
}

// partitionSizes is the size of the largest replica of each partition.
func partitionSizes(ctx context.Context, admin *kadm.Client, topic kadm.TopicDetail) (map[int32]int64, error) {
	sizes := map[int32]int64{}
	var wanted kadm.TopicsSet
	for p := range topic.Partitions {
		sizes[p] = -1
		wanted.Add(topic.Topic, p)
	}
	dirs, err := admin.DescribeAllLogDirs(ctx, wanted)
	if err != nil {
		return nil, fmt.Errorf("asking for the sizes of %s: %w", topic.Topic, err)
	}
	for _, broker := range dirs {
		for _, dir := range broker {
			dir.Topics.Each(func(p kadm.DescribedLogDirPartition) {
				if p.Topic == topic.Topic {
					sizes[p.Partition] = max(sizes[p.Partition], p.Size)
				}
			})
		}
	}
	return sizes, nil
}

func topicConfigs(ctx context.Context, admin *kadm.Client, name string, all bool) ([]describedConfig, error) {
	resources, err := admin.DescribeTopicConfigs(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("asking for the configs of %s: %w", name, err)
	}
	configs := []describedConfig{}
	for _, r := range resources {
		if r.Err != nil {
			return nil, fmt.Errorf("asking for the configs of %s: %w", name, sayWhy(r.Err, r.ErrMessage))
		}
		for _, c := range r.Configs {
			if all || c.Source == kmsg.ConfigSourceDynamicTopicConfig {
				configs = append(configs, describedConfig{c.Key, c.MaybeValue(), c.Source.String()})
			}
		}
	}
	sort.Slice(configs, func(i, j int) bool { return configs[i].Key < configs[j].Key })
	return configs, nil
}

func (t describedTopic) print(w io.Writer) error {
	fmt.Fprintf(w, "topic %s, %s, id %s\n", t.Topic, counted(int64(len(t.Partitions)), "partition"), t.ID)
	for _, c := range t.Configs {
		fmt.Fprintf(w, "  %s=%s (%s)\n", c.Key, c.Value, c.Source)
	}
	rows := [][]string{strings.Fields("PARTITION LEADER EPOCH REPLICAS IN-SYNC START END BYTES")}
	for _, p := range t.Partitions {
		rows = append(rows, []string{
			fmt.Sprint(p.Partition), fmt.Sprint(p.Leader), fmt.Sprint(p.Epoch), joined(p.Replicas), joined(p.InSync),
			fmt.Sprint(p.Start), fmt.Sprint(p.End), fmt.Sprint(p.Bytes) + withSpace(p.Error),
		})
	}
	return table(w, rows)
}

func withSpace(s string) string {
	if s == "" {
		return ""
	}
	return "  " + s
}
