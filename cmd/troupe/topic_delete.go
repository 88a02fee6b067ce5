package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kerr"
)

// deletedTopic is what topic delete says of one topic.
type deletedTopic struct {
	Topic  string `json:"topic"`
	ID     string `json:"id,omitempty"`
	Absent bool   `json:"absent,omitempty"`
}

func (s shell) topicDelete() *cobra.Command {
	var r remote
	var ifExists bool
	c := &cobra.Command{
		Use:   "delete TOPIC…",
		Short: "Delete topics and all that is in them",
		Args:  arguments(cobra.MinimumNArgs(1)),
	}
	c.ValidArgsFunction = completeTopics(&r)
	c.RunE = func(c *cobra.Command, names []string) error {
		admin, err := r.admin(c.Context())
		if err != nil {
			return err
		}
		defer admin.Close()
		answers, err := admin.DeleteTopics(c.Context(), names...)
		if err != nil {
			return fmt.Errorf("deleting topics: %w", err)
		}
		gone := []deletedTopic{}
		failed := map[string]error{}
		for _, a := range answers.Sorted() {
			unknown := errors.Is(a.Err, kerr.UnknownTopicOrPartition)
			switch {
			case a.Err == nil:
				gone = append(gone, deletedTopic{Topic: a.Topic, ID: topicID(a.ID)})
			case unknown && ifExists:
				gone = append(gone, deletedTopic{Topic: a.Topic, Absent: true})
			case unknown:
				failed[a.Topic] = fmt.Errorf("there is no topic %s; `troupe topic list` shows those there are", a.Topic)
			default:
				failed[a.Topic] = fmt.Errorf("topic %s: %w", a.Topic, sayWhy(a.Err, a.ErrMessage))
			}
		}
		return errors.Join(printDeleted(c, r.asJSON, gone), eachOf(failed))
	}
	s.remoteFlags(c, &r)
	c.Flags().BoolVar(&ifExists, "if-exists", false, "don't mind a topic that is not there")
	return c
}

func printDeleted(c *cobra.Command, asJSON bool, gone []deletedTopic) error {
	if asJSON {
		return printJSON(c.OutOrStdout(), gone)
	}
	for _, t := range gone {
		line := "deleted " + t.Topic
		if t.Absent {
			line = "there was no " + t.Topic
		}
		if _, err := fmt.Fprintln(c.OutOrStdout(), line); err != nil {
			return err
		}
	}
	return nil
}
