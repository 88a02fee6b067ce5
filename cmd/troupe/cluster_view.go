package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sort"
	"strconv"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	door "github.com/seed-e634fa49/troupe/gateway/http"
)

// clusterView is the cluster as its nodes tell of it at one moment.
type clusterView struct {
	ID         string `json:"cluster"`
	Controller int32  `json:"controller"`
	// Voters vote on the metadata log; the other nodes follow it.
	Voters []int32    `json:"voters"`
	Nodes  []nodeView `json:"nodes"`
	// Partitions is how many there are; Leaderless have no leader, UnderReplicated have replicas that are not in sync.
	Partitions      int        `json:"partitions"`
	Leaderless      int        `json:"leaderless"`
	UnderReplicated int        `json:"under_replicated"`
	Moves           []moveView `json:"moves"`

	topics []kmsg.MetadataResponseTopic
	// sizes are the bytes of each replica that a node holds.
	sizes map[replicaKey]int64
}

type replicaKey struct {
	topic     string
	partition int32
	node      int32
}

// nodeView is a node. Bytes is -1 where it did not say.
type nodeView struct {
	ID       int32  `json:"id"`
	Address  string `json:"address"`
	Rack     string `json:"rack,omitempty"`
	State    string `json:"state"`
	Leads    int    `json:"leads"`
	Replicas int    `json:"replicas"`
	Bytes    int64  `json:"bytes"`
}

// moveView is a partition that moves. Copied and Size are the bytes at the nodes that are new to it, and those that will be.
type moveView struct {
	Topic     string  `json:"topic"`
	Partition int32   `json:"partition"`
	Adding    []int32 `json:"adding"`
	Removing  []int32 `json:"removing"`
	Copied    int64   `json:"copied"`
	Size      int64   `json:"size"`
}

// view asks for everything.
func (o *operator) view(ctx context.Context, client *kgo.Client) (*clusterView, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	v := &clusterView{Voters: []int32{}, Moves: []moveView{}, sizes: map[replicaKey]int64{}}
	for _, look := range []func(context.Context, *kgo.Client) error{v.lookAtNodes, v.lookAtQuorum, v.lookAtPartitions, v.lookAtSizes, v.lookAtMoves} {
		if err := look(ctx, client); err != nil {
			return nil, err
		}
	}
	o.lookAtChanges(ctx, v)
	return v, nil
}

func (v *clusterView) lookAtNodes(ctx context.Context, client *kgo.Client) error {
	req := kmsg.NewPtrDescribeClusterRequest()
	req.EndpointType, req.IncludeFencedBrokers = 1, true
	resp, err := req.RequestWith(ctx, client)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	if err != nil {
		return fmt.Errorf("asking for the nodes: %w", err)
	}
	v.ID, v.Controller = resp.ClusterID, resp.ControllerID
	for _, b := range resp.Brokers {
		n := nodeView{ID: b.NodeID, Address: net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port))), State: "alive", Bytes: -1}
		if b.Rack != nil {
			n.Rack = *b.Rack
		}
		if b.IsFenced {
			n.State = "fenced"
		}
		v.Nodes = append(v.Nodes, n)
	}
	sort.Slice(v.Nodes, func(i, j int) bool { return v.Nodes[i].ID < v.Nodes[j].ID })
	return nil
}

// node is one of the nodes, nil if there is none of that id.
func (v *clusterView) node(id int32) *nodeView {
	for i := range v.Nodes {
		if v.Nodes[i].ID == id {
			return &v.Nodes[i]
		}
	}
	return nil
}

// lookAtQuorum leaves the voters unknown where nobody leads the metadata log: all else can be told all the same.
func (v *clusterView) lookAtQuorum(ctx context.Context, client *kgo.Client) error {
	req := kmsg.NewPtrDescribeQuorumRequest()
	req.Topics = []kmsg.DescribeQuorumRequestTopic{{Topic: "__cluster_metadata", Partitions: []kmsg.DescribeQuorumRequestTopicPartition{{}}}}
	resp, err := req.RequestWith(ctx, client)
	if err != nil || resp.ErrorCode != 0 {
		return nil
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			for _, r := range p.CurrentVoters {
				v.Voters = append(v.Voters, r.ReplicaID)
			}
		}
	}
	slices.Sort(v.Voters)
	return nil
}

func (v *clusterView) lookAtPartitions(ctx context.Context, client *kgo.Client) error {
	req := kmsg.NewPtrMetadataRequest()
	resp, err := req.RequestWith(ctx, client)
	if err != nil {
		return fmt.Errorf("asking for the partitions: %w", err)
	}
	v.topics = resp.Topics
	sort.Slice(v.topics, func(i, j int) bool { return *v.topics[i].Topic < *v.topics[j].Topic })
	for _, t := range v.topics {
		sort.Slice(t.Partitions, func(i, j int) bool { return t.Partitions[i].Partition < t.Partitions[j].Partition })
		for _, p := range t.Partitions {
			v.count(p)
		}
	}
	return nil
}

func (v *clusterView) count(p kmsg.MetadataResponseTopicPartition) {
	v.Partitions++
	if p.Leader < 0 {
		v.Leaderless++
	}
	if slices.ContainsFunc(p.Replicas, func(r int32) bool { return !slices.Contains(p.ISR, r) }) {
		v.UnderReplicated++
	}
	for _, r := range p.Replicas {
		if n := v.node(r); n != nil {
			n.Replicas++
		}
	}
	if n := v.node(p.Leader); n != nil {
		n.Leads++
	}
}

// lookAtSizes leaves the sizes of nodes that don't answer unknown.
func (v *clusterView) lookAtSizes(ctx context.Context, client *kgo.Client) error {
	all, err := kadm.NewClient(client).DescribeAllLogDirs(ctx, nil)
	if all == nil && err != nil {
		return fmt.Errorf("asking for the sizes of replicas: %w", err)
	}
	for id, dirs := range all {
		n := v.node(id)
		if n == nil {
			continue
		}
		n.Bytes = 0
		for _, dir := range dirs {
			dir.Topics.Each(func(p kadm.DescribedLogDirPartition) {
				n.Bytes += p.Size
				v.sizes[replicaKey{p.Topic, p.Partition, id}] = p.Size
			})
		}
	}
	return nil
}

func (v *clusterView) lookAtMoves(ctx context.Context, client *kgo.Client) error {
	req := kmsg.NewPtrListPartitionReassignmentsRequest()
	resp, err := req.RequestWith(ctx, client)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	if err != nil {
		return fmt.Errorf("asking for the moves under way: %w", err)
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			v.Moves = append(v.Moves, v.move(t.Topic, p))
		}
	}
	sort.Slice(v.Moves, func(i, j int) bool {
		a, b := v.Moves[i], v.Moves[j]
		return a.Topic < b.Topic || a.Topic == b.Topic && a.Partition < b.Partition
	})
	return nil
}

func (v *clusterView) move(topic string, p kmsg.ListPartitionReassignmentsResponseTopicPartition) moveView {
	m := moveView{Topic: topic, Partition: p.Partition, Adding: p.AddingReplicas, Removing: p.RemovingReplicas}
	var largest int64
	for _, node := range p.Replicas {
		if !slices.Contains(m.Adding, node) {
			largest = max(largest, v.sizes[replicaKey{topic, p.Partition, node}])
		}
	}
	for _, node := range m.Adding {
		m.Size += largest
		m.Copied += min(largest, v.sizes[replicaKey{topic, p.Partition, node}])
	}
	return m
}

// lookAtChanges adds what was asked of the nodes, which only the HTTP door tells: where it can't be reached, nodes are alive or
// fenced.
func (o *operator) lookAtChanges(ctx context.Context, v *clusterView) {
	var nodes []door.Node
	if o.ask(ctx, http.MethodGet, "/admin/nodes", &nodes) != nil {
		return
	}
	for _, told := range nodes {
		n := v.node(told.ID)
		if n == nil {
			continue
		}
		switch {
		case told.Leaving:
			n.State += ", leaving"
		case told.Draining:
			n.State += ", draining"
		}
	}
}
