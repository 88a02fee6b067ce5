package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	door "github.com/seed-e634fa49/troupe/gateway/http"
)

// partitionView is a partition as partition describe shows it.
type partitionView struct {
	Topic     string        `json:"topic"`
	Partition int32         `json:"partition"`
	Leader    int32         `json:"leader"`
	Epoch     int32         `json:"epoch"`
	Start     int64         `json:"start"`          // -1 where nobody has told
	End       int64         `json:"high_watermark"` // the same
	Replicas  []replicaView `json:"replicas"`
	Moving    string        `json:"moving,omitempty"`
}

// replicaView is one replica. Lag is -1 where it is not known.
type replicaView struct {
	Node  int32  `json:"node"`
	Role  string `json:"role"`
	Sync  bool   `json:"in_sync"`
	Lag   int64  `json:"lag"`
	Bytes int64  `json:"bytes"`
	Why   string `json:"why,omitempty"`
}

func (s shell) partitionDescribe() *cobra.Command {
	var o operator
	c := &cobra.Command{
		Use:   "describe TOPIC[:PARTITION]…",
		Short: "Show who leads partitions, who lags, and why",
		Long: "Shows each replica: whether it leads, follows or only learns, whether it is in sync, how many records it lacks, and why.\n" +
			"The lag comes from the partition's leader, through the HTTP door of any node (--operator); without one it is not told.",
		Args: arguments(cobra.MinimumNArgs(1)),
	}
	c.ValidArgsFunction = completeTopics(&o.remote)
	c.RunE = func(c *cobra.Command, args []string) error {
		client, err := o.connect(c.Context())
		if err != nil {
			return err
		}
		defer client.Close()
		all, err := o.describe(c.Context(), client, args)
		if err != nil {
			return err
		}
		if o.asJSON {
			return printJSON(c.OutOrStdout(), all)
		}
		for _, p := range all {
			if err := p.print(c.OutOrStdout()); err != nil {
				return err
			}
		}
		return nil
	}
	s.operatorFlags(c, &o)
	return c
}

func (o *operator) describe(ctx context.Context, client *kgo.Client, args []string) ([]partitionView, error) {
	partitions, err := choose(ctx, kadm.NewClient(client), args)
	if err != nil {
		return nil, err
	}
	v, err := o.view(ctx, client)
	if err != nil {
		return nil, err
	}
	all := []partitionView{}
	for _, p := range partitions {
		told, found := v.partition(p)
		if !found {
			return nil, fmt.Errorf("partition %s:%d is gone", p.topic, p.partition)
		}
		one := v.describe(p, told)
		var detail door.Partition
		if o.ask(ctx, http.MethodGet, fmt.Sprintf("/admin/partitions/%s/%d", p.topic, p.partition), &detail) == nil {
			one.add(detail)
		}
		all = append(all, one)
	}
	return all, nil
}

func (v *clusterView) partition(p chosen) (kmsg.MetadataResponseTopicPartition, bool) {
	for _, t := range v.topics {
		for _, told := range t.Partitions {
			if *t.Topic == p.topic && told.Partition == p.partition {
				return told, true
			}
		}
	}
	return kmsg.MetadataResponseTopicPartition{}, false
}

// describe is what Kafka's protocol tells of a partition.
func (v *clusterView) describe(p chosen, told kmsg.MetadataResponseTopicPartition) partitionView {
	one := partitionView{Topic: p.topic, Partition: p.partition, Leader: told.Leader, Epoch: told.LeaderEpoch, Start: -1, End: -1, Replicas: []replicaView{}}
	var adding, removing []int32
	for _, m := range v.Moves {
		if m.Topic == p.topic && m.Partition == p.partition {
			adding, removing = m.Adding, m.Removing
			one.Moving = fmt.Sprintf("from %s to %s, copied %s", orDash(joined(removing)), orDash(joined(adding)), portion(m.Copied, m.Size))
		}
	}
	for _, node := range told.Replicas {
		r := replicaView{Node: node, Role: "follower", Sync: slices.Contains(told.ISR, node), Lag: -1, Bytes: -1}
		if size, known := v.sizes[replicaKey{p.topic, p.partition, node}]; known {
			r.Bytes = size
		}
		if node == told.Leader {
			r.Role = "leader"
		}
		switch {
		case slices.Contains(told.OfflineReplicas, node):
			r.Why = "its node is not heard"
		case slices.Contains(adding, node):
			r.Why = "is being added"
		case slices.Contains(removing, node):
			r.Why = "is being removed"
		case told.Leader < 0:
			r.Why = "nobody leads: fewer than half of the replicas are there, or an election is under way"
		}
		one.Replicas = append(one.Replicas, r)
	}
	return one
}

// add adds what the partition's leader tells.
func (p *partitionView) add(detail door.Partition) {
	p.Start, p.End = detail.LogStart, detail.HighWatermark
	for i := range p.Replicas {
		r := &p.Replicas[i]
		at := slices.IndexFunc(detail.Replicas, func(d door.Replica) bool { return d.Node == r.Node })
		if at < 0 {
			continue
		}
		d := detail.Replicas[at]
		r.Lag = d.Lag
		if !d.Voter && r.Role != "leader" {
			r.Role = "learner"
		}
		if r.Why == "" {
			r.Why = whyItLags(*r, d)
		}
	}
}

// longUnheard is how long a replica that is well may be silent.
const longUnheard = time.Second

// whyItLags says in words what the leader does about a replica that is not in sync.
func whyItLags(r replicaView, d door.Replica) string {
	switch {
	case r.Sync || r.Role == "leader":
		return ""
	case d.HeardMillis > longUnheard.Milliseconds():
		return fmt.Sprintf("not heard for %s", (time.Duration(d.HeardMillis) * time.Millisecond).Round(100*time.Millisecond))
	case d.Doing == "snapshot":
		return "is sent the leader's files, as the entries that it lacks are gone"
	case d.Doing == "probing":
		return "the leader looks for where their logs part"
	case d.Doing == "paused":
		return "takes no more for now: its disk or link is slower than what is written"
	}
	return "catches up"
}

func (p partitionView) print(w io.Writer) error {
	fmt.Fprintf(w, "%s:%d, leader %d in epoch %d", p.Topic, p.Partition, p.Leader, p.Epoch)
	if p.Start >= 0 {
		fmt.Fprintf(w, ", offsets %d to %d", p.Start, p.End)
	}
	fmt.Fprintln(w)
	if p.Moving != "" {
		fmt.Fprintf(w, "  moving %s\n", p.Moving)
	}
	rows := [][]string{strings.Fields("NODE ROLE IN-SYNC LAG BYTES WHY")}
	for _, r := range p.Replicas {
		sync, lag := "no", "-"
		if r.Sync {
			sync = "yes"
		}
		if r.Lag >= 0 {
			lag = fmt.Sprint(r.Lag)
		}
		rows = append(rows, []string{fmt.Sprint(r.Node), r.Role, sync, lag, bytesOrDash(r.Bytes), orDash(r.Why)})
	}
	return table(w, rows)
}
