package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// createdTopic is what topic create says of one topic.
type createdTopic struct {
	Topic             string `json:"topic"`
	ID                string `json:"id,omitempty"`
	Partitions        int32  `json:"partitions,omitempty"`
	ReplicationFactor int16  `json:"replication_factor,omitempty"`
	Existed           bool   `json:"existed,omitempty"`
	ValidatedOnly     bool   `json:"validated_only,omitempty"`
}

func (s shell) topicCreate() *cobra.Command {
	var (
		r            remote
		partitions   int32
		replicas     int16
		configs      map[string]string
		ifNotExists  bool
		validateOnly bool
	)
	c := &cobra.Command{
		Use:     "create TOPIC…",
		Short:   "Make topics",
		Example: "  troupe topic create orders --partitions 3 --set retention.ms=3600000",
		Args:    arguments(cobra.MinimumNArgs(1)),
	}
	c.RunE = func(c *cobra.Command, names []string) error {
		admin, err := r.admin(c.Context())
		if err != nil {
			return err
		}
		defer admin.Close()
		create := admin.CreateTopics
		if validateOnly {
			create = admin.ValidateCreateTopics
		}
		answers, err := create(c.Context(), partitions, replicas, pointers(configs), names...)
		if err != nil {
			return fmt.Errorf("making topics: %w", err)
		}
		made, err := created(answers, ifNotExists, validateOnly)
		return errors.Join(printCreated(c, r.asJSON, made), err)
	}
	s.remoteFlags(c, &r)
	c.Flags().Int32Var(&partitions, "partitions", -1, "how many partitions, -1 for the cluster's num.partitions")
	c.Flags().Int16Var(&replicas, "replication-factor", -1, "how many replicas, -1 for the cluster's default")
	c.Flags().Var(assignments{&configs}, "set", "a topic config, `KEY=VALUE`; repeat for more")
	c.Flags().BoolVar(&ifNotExists, "if-not-exists", false, "don't mind a topic that is there already")
	c.Flags().BoolVar(&validateOnly, "validate-only", false, "only check; make nothing")
	return c
}

// created sorts the answers into what there is now and what went wrong.
func created(answers kadm.CreateTopicResponses, ifNotExists, validateOnly bool) ([]createdTopic, error) {
	made := []createdTopic{}
	failed := map[string]error{}
	for _, a := range answers.Sorted() {
		switch {
		case a.Err == nil:
			t := createdTopic{Topic: a.Topic, Partitions: a.NumPartitions, ReplicationFactor: a.ReplicationFactor, ValidatedOnly: validateOnly}
			if a.ID != (kadm.TopicID{}) {
				t.ID = topicID(a.ID)
			}
			made = append(made, t)
		case ifNotExists && errors.Is(a.Err, kerr.TopicAlreadyExists):
			made = append(made, createdTopic{Topic: a.Topic, Existed: true})
		default:
			failed[a.Topic] = fmt.Errorf("topic %s: %w", a.Topic, sayWhy(a.Err, a.ErrMessage))
		}
	}
	return made, eachOf(failed)
}

func printCreated(c *cobra.Command, asJSON bool, made []createdTopic) error {
	if asJSON {
		return printJSON(c.OutOrStdout(), made)
	}
	for _, t := range made {
		line := fmt.Sprintf("created %s: %s, replication factor %d, id %s", t.Topic, counted(int64(t.Partitions), "partition"), t.ReplicationFactor, t.ID)
		switch {
		case t.Existed:
			line = t.Topic + " exists already"
		case t.ValidatedOnly:
			line = t.Topic + " can be created"
		}
		if _, err := fmt.Fprintln(c.OutOrStdout(), line); err != nil {
			return err
		}
	}
	return nil
}

// pointers is a config map as kadm takes it.
func pointers(m map[string]string) map[string]*string {
	all := make(map[string]*string, len(m))
	for k, v := range m {
		all[k] = &v
	}
	return all
}
