package main

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// remote is how the client commands reach a cluster.
type remote struct {
	bootstrap string
	timeout   time.Duration
	asJSON    bool
}

// remoteFlags adds what all client commands share.
func (s shell) remoteFlags(c *cobra.Command, r *remote) {
	bootstrap := "localhost:9092"
	if text, ok := s.lookup("TROUPE_BOOTSTRAP"); ok && text != "" {
		bootstrap = text
	}
	c.Flags().StringVar(&r.bootstrap, "bootstrap", bootstrap, "brokers to begin with, `HOST:PORT,…` (TROUPE_BOOTSTRAP)")
	c.Flags().DurationVar(&r.timeout, "timeout", 15*time.Second, "how long a broker may take to answer")
	jsonFlag(c, &r.asJSON)
}

// connect makes a client that has heard from a broker.
func (r *remote) connect(ctx context.Context, opts ...kgo.Opt) (*kgo.Client, error) {
	opts = append([]kgo.Opt{
		kgo.SeedBrokers(split(r.bootstrap, ",")...),
		kgo.ClientID("troupe"),
		kgo.SoftwareNameAndVersion("troupe", softwareVersion()),
		kgo.DialTimeout(r.timeout),
		kgo.RetryTimeout(r.timeout),
	}, opts...)
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, misusef("--bootstrap %s: %w", r.bootstrap, err)
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	if err := client.Ping(ctx); err != nil {
		client.Close()
		return nil, fmt.Errorf("can't reach a broker at %s: %w; start one with `troupe serve`, or name another with --bootstrap", r.bootstrap, err)
	}
	return client, nil
}

// admin is connect for commands that only ask and change.
func (r *remote) admin(ctx context.Context) (*kadm.Client, error) {
	client, err := r.connect(ctx)
	if err != nil {
		return nil, err
	}
	admin := kadm.NewClient(client)
	admin.SetTimeoutMillis(int32(r.timeout.Milliseconds()))
	return admin, nil
}

// softwareVersion is the version in the alphabet that KIP-511 allows.
func softwareVersion() string {
	keep := func(c rune) rune {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '-' {
			return c
		}
		return '-'
	}
	return strings.Trim(strings.Map(keep, thisBuild().Version), "-.")
}

// topicNamed finds a topic, and says what to do where there is none.
func topicNamed(ctx context.Context, admin *kadm.Client, name string) (kadm.TopicDetail, error) {
	topics, err := admin.ListTopicsWithInternal(ctx, name)
	if err != nil {
		return kadm.TopicDetail{}, fmt.Errorf("looking up topic %s: %w", name, err)
	}
	t := topics[name]
	if errors.Is(t.Err, kerr.UnknownTopicOrPartition) || t.Err == nil && len(t.Partitions) == 0 {
		return t, fmt.Errorf("there is no topic %s; make it with `troupe topic create %s`", name, name)
	}
	if t.Err != nil {
		return t, fmt.Errorf("looking up topic %s: %w", name, t.Err)
	}
	return t, nil
}

// checkPartition says which partitions there are where p is none of them.
func checkPartition(t kadm.TopicDetail, p int32) error {
	if _, ok := t.Partitions[p]; ok {
		return nil
	}
	n := len(t.Partitions)
	if n == 1 {
		return fmt.Errorf("topic %s has 1 partition, 0; there is no %d", t.Topic, p)
	}
	return fmt.Errorf("topic %s has %d partitions, 0 to %d; there is no %d", t.Topic, n, n-1, p)
}

// sayWhy prefers the message that the broker gave over the general one of the code.
func sayWhy(err error, message string) error {
	var code *kerr.Error
	if message == "" || !errors.As(err, &code) {
		return err
	}
	return fmt.Errorf("%s (%s)", message, code.Message)
}

// topicID is an id as Kafka's tools print it.
func topicID(id kadm.TopicID) string { return msg.TopicID(id).String() }

// eachOf reports the errors of several things in order of their names, one a line.
func eachOf(errs map[string]error) error {
	names := make([]string, 0, len(errs))
	for name, err := range errs {
		if err != nil {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	all := make([]error, len(names))
	for i, name := range names {
		all[i] = errs[name]
	}
	return errors.Join(all...)
}
