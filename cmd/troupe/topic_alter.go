package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// alteredTopic is what topic alter did.
type alteredTopic struct {
	Topic      string   `json:"topic"`
	Set        []string `json:"set,omitempty"`
	Unset      []string `json:"unset,omitempty"`
	Partitions int      `json:"partitions,omitempty"`
}

func (s shell) topicAlter() *cobra.Command {
	var (
		r          remote
		set        map[string]string
		unset      []string
		partitions int
	)
	c := &cobra.Command{
		Use:     "alter TOPIC",
		Short:   "Change a topic's configs, or give it more partitions",
		Example: "  troupe topic alter orders --set retention.ms=3600000 --unset max.message.bytes\n  troupe topic alter orders --partitions 6",
		Args:    arguments(cobra.ExactArgs(1)),
	}
	c.ValidArgsFunction = completeTopics(&r)
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(set) == 0 && len(unset) == 0 && partitions == 0 {
			return misusef("nothing to change: give --set, --unset or --partitions")
		}
		admin, err := r.admin(c.Context())
		if err != nil {
			return err
		}
		defer admin.Close()
		if _, err := topicNamed(c.Context(), admin, args[0]); err != nil {
			return err
		}
		if err := alterConfigs(c.Context(), admin, args[0], set, unset); err != nil {
			return err
		}
		if err := widen(c.Context(), admin, args[0], partitions); err != nil {
			return err
		}
		if r.asJSON {
			return printJSON(c.OutOrStdout(), alteredTopic{args[0], pairs(set), unset, partitions})
		}
		_, err = fmt.Fprintln(c.OutOrStdout(), "altered", args[0])
		return err
	}
	s.remoteFlags(c, &r)
	c.Flags().Var(assignments{&set}, "set", "set a topic config, `KEY=VALUE`; repeat for more")
	c.Flags().StringArrayVar(&unset, "unset", nil, "give a topic config its default back, `KEY`; repeat for more")
	c.Flags().IntVar(&partitions, "partitions", 0, "the number of partitions to reach")
	return c
}

func alterConfigs(ctx context.Context, admin *kadm.Client, topic string, set map[string]string, unset []string) error {
	var changes []kadm.AlterConfig
	for _, key := range sortedKeys(set) {
		value := set[key]
		changes = append(changes, kadm.AlterConfig{Op: kadm.SetConfig, Name: key, Value: &value})
	}
	for _, key := range unset {
		changes = append(changes, kadm.AlterConfig{Op: kadm.DeleteConfig, Name: key})
	}
	if len(changes) == 0 {
		return nil
	}
	answers, err := admin.AlterTopicConfigs(ctx, changes, topic)
	if err != nil {
		return fmt.Errorf("altering topic %s: %w", topic, err)
	}
	for _, a := range answers {
		if a.Err != nil {
			return fmt.Errorf("altering topic %s: %w", topic, sayWhy(a.Err, a.ErrMessage))
		}
	}
	return nil
}

func widen(ctx context.Context, admin *kadm.Client, topic string, partitions int) error {
	if partitions == 0 {
		return nil
	}
	answers, err := admin.UpdatePartitions(ctx, partitions, topic)
	if err != nil {
		return fmt.Errorf("giving topic %s more partitions: %w", topic, err)
	}
	for _, a := range answers.Sorted() {
		if errors.Is(a.Err, kerr.InvalidPartitions) {
			return fmt.Errorf("giving topic %s %d partitions: %w; partitions can be added, never taken away", topic, partitions, sayWhy(a.Err, a.ErrMessage))
		}
		if a.Err != nil {
			return fmt.Errorf("giving topic %s more partitions: %w", topic, sayWhy(a.Err, a.ErrMessage))
		}
	}
	return nil
}
