package metadata

import (
	"slices"
	"strconv"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// Image is the cluster as its metadata log describes it, up to an offset. It is immutable: Apply makes another one. What
// its methods return is part of it and must not be changed.
//
// It always holds that topics, byName and byID list the same topics; that a topic's partitions are 0 to n-1; that each
// replica's raft id is below nextRaftID and on a node that is registered; and that no override map is empty.
type Image struct {
	offset    int64
	clusterID string
	level     int
	secret    string

	founders []Quorum
	quorum   []Quorum
	removed  []NodeRemoved // by directory

	nodes  []*Node  // by id
	topics []*Topic // by name
	byName map[string]*Topic
	byID   map[msg.TopicID]*Topic
	// byUnified has the topics whose name holds a '.' or '_', by that name with every '.' made a '_'. No two have the same.
	byUnified map[string]string
	// partitions is how many all the topics have.
	partitions int

	overrides map[resource]map[string]string

	nextProducerID int64
	nextRaftID     uint64

	// snapshot is as much of the image as the snapshot under way has told so far, nil if there is none under way.
	snapshot *Image
	// snapshotBegin and snapshotEnd are the offsets of the first and of the last record of the last whole snapshot, -1 for none;
	// snapshotBegun is the first of the one under way.
	snapshotBegin, snapshotEnd, snapshotBegun int64
}

// resource names what has configs of its own.
type resource struct {
	Type msg.ResourceType
	Name string
}

// noOverrides is what Overrides returns where there are none.
var noOverrides = map[string]string{}

// Empty is the image of an empty log.
func Empty() *Image {
	return &Image{
		offset: -1, snapshotBegin: -1, snapshotEnd: -1, snapshotBegun: -1,
		byName:    map[string]*Topic{},
		byID:      map[msg.TopicID]*Topic{},
		byUnified: map[string]string{},
		overrides: map[resource]map[string]string{},
		// Raft knows no node 0.
		nextRaftID: 1,
	}
}

// Apply returns the image after the records of a batch, and what changed. It is deterministic. An unknown record type or
// version is an error: the node is too old for the cluster.
func (i *Image) Apply(b record.Batch) (*Image, Changes, error) {
	d := i.Draft()
	if err := d.ApplyBatch(b); err != nil {
		return nil, Changes{}, err
	}
	return d.Image(), d.Changes(), nil
}

// Offset is that of the last record applied, -1 for none.
func (i *Image) Offset() int64 { return i.offset }

// ClusterID names the cluster; "" before it is founded.
func (i *Image) ClusterID() string { return i.clusterID }

// Secret is what the nodes of the cluster know each other by on the bus; "" for a cluster of one node of old.
func (i *Image) Secret() string { return i.secret }

// Quorum lists the members of the metadata log's group, each on another node; at least one is a voter, once the cluster is
// founded at level 2.
func (i *Image) Quorum() []Quorum { return i.quorum }

// QuorumOf finds the member of the metadata log's group on a node.
func (i *Image) QuorumOf(node msg.NodeID) (Quorum, bool) {
	for _, q := range i.quorum {
		if q.Node == node {
			return q, true
		}
	}
	return Quorum{}, false
}

// Founders lists the metadata log's first voters, which never change.
func (i *Image) Founders() []Quorum { return i.founders }

// Removed reports whether a data directory belonged to a node that was decommissioned.
func (i *Image) Removed(directory string) bool {
	return slices.ContainsFunc(i.removed, func(r NodeRemoved) bool { return r.Directory == directory })
}

// Alive reports whether a node is registered and not fenced.
func (i *Image) Alive(id msg.NodeID) bool {
	n, ok := i.Node(id)
	return ok && !n.Fenced
}

// Level is the feature level that the cluster works at; 0 before it is founded.
func (i *Image) Level() int { return i.level }

// NextProducerID is the first producer id that no block holds yet.
func (i *Image) NextProducerID() int64 { return i.nextProducerID }

// NextRaftID is the first raft id that was never issued.
func (i *Image) NextRaftID() uint64 { return i.nextRaftID }

// Nodes lists the registered nodes by id.
func (i *Image) Nodes() []*Node { return i.nodes }

// Node finds a registered node.
func (i *Image) Node(id msg.NodeID) (*Node, bool) {
	at, ok := i.nodeAt(id)
	if !ok {
		return nil, false
	}
	return i.nodes[at], true
}

func (i *Image) nodeAt(id msg.NodeID) (int, bool) {
	return slices.BinarySearchFunc(i.nodes, id, func(n *Node, id msg.NodeID) int { return int(n.ID) - int(id) })
}

// Holds reports whether a node has a replica of a partition, or is to get one.
func (i *Image) Holds(node msg.NodeID) bool { return i.partitionOn(node) != "" }

// Topics lists the topics by name.
func (i *Image) Topics() []*Topic { return i.topics }

// Topic finds a topic by its name.
func (i *Image) Topic(name string) (*Topic, bool) {
	t, ok := i.byName[name]
	return t, ok
}

// TopicByID finds a topic by its id.
func (i *Image) TopicByID(id msg.TopicID) (*Topic, bool) {
	t, ok := i.byID[id]
	return t, ok
}

// Partitions is how many partitions all the topics have.
func (i *Image) Partitions() int { return i.partitions }

// Colliding is the topic whose name differs from name, if at all, only in '.' for '_': metrics can't tell the two apart, so
// no image has both.
func (i *Image) Colliding(name string) (string, bool) {
	u := unified(name)
	if u == "" {
		return "", false
	}
	other, ok := i.byUnified[u]
	return other, ok
}

// Overrides are the dynamic configs set on a resource, never nil. Name is a topic's or group's name, a node's id in
// decimal, or "" for all brokers.
func (i *Image) Overrides(t msg.ResourceType, name string) map[string]string {
	if o, ok := i.overrides[resource{t, name}]; ok {
		return o
	}
	return noOverrides
}

// Resources lists the names of the resources of a type that have overrides, sorted.
func (i *Image) Resources(t msg.ResourceType) []string {
	var names []string
	for r := range i.overrides {
		if r.Type == t {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Layers are the places that the configs of a topic come from on a node, whose static configs are given.
func (i *Image) Layers(t *Topic, node msg.NodeID, static map[string]string) configs.Layers {
	return configs.Layers{
		Own:     i.Overrides(msg.TopicResource, t.Name),
		Cluster: i.Overrides(msg.BrokerResource, ""),
		Node:    i.Overrides(msg.BrokerResource, strconv.Itoa(int(node))),
		Static:  static,
	}
}
