package metadata

import (
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// CONTRACT: signatures fixed for the other packages; bodies to be written. This file is replaced by real ones.

// Image is the cluster as its metadata log describes it, up to an offset. It is immutable: Apply makes another one.
type Image struct{}

// Empty is the image of an empty log.
func Empty() *Image { panic("contract") }

// Apply returns the image after the records of a batch, and what changed. It is deterministic. An unknown record type or
// version is an error: the node is too old for the cluster.
func (i *Image) Apply(b record.Batch) (*Image, Changes, error) { panic("contract") }

// Changes lists what a batch changed, for the node that spawns and stops partitions.
type Changes struct {
	Created  []*Topic // new, or with more partitions
	Deleted  []*Topic
	Reconfigured []*Topic // their own configs, or the cluster-wide defaults they depend on
	Nodes    bool
}

func (i *Image) Offset() int64     { panic("contract") } // of the last record applied, -1 for none
func (i *Image) ClusterID() string { panic("contract") }
func (i *Image) Nodes() []*Node    { panic("contract") } // by id
func (i *Image) Node(id msg.NodeID) (*Node, bool) { panic("contract") }
func (i *Image) Topics() []*Topic  { panic("contract") } // by name
func (i *Image) Topic(name string) (*Topic, bool) { panic("contract") }
func (i *Image) TopicByID(id msg.TopicID) (*Topic, bool) { panic("contract") }

// Overrides are the dynamic configs set on a resource, never nil. Name is a topic's or group's name, a node's id in
// decimal, or "" for all brokers.
func (i *Image) Overrides(t msg.ResourceType, name string) map[string]string { panic("contract") }

// Resources lists the names of the resources of a type that have overrides, sorted.
func (i *Image) Resources(t msg.ResourceType) []string { panic("contract") }

// Node is a registered node.
type Node struct {
	ID          msg.NodeID
	Incarnation string // new at each start of the process
	Directory   string // id of its data directory
	Rack        string // "": none
	// Listeners are the advertised Kafka addresses by listener name.
	Listeners map[string]Endpoint
	// Levels are the lowest and the highest feature level that the node can work at.
	MinLevel, MaxLevel int
}

// Endpoint is where clients reach a listener.
type Endpoint struct {
	Host string
	Port int32
}

// Topic is a topic with its partitions.
type Topic struct {
	ID         msg.TopicID
	Name       string
	Internal   bool
	Partitions []Partition // index = partition number
}

// Partition says where a partition lives. Who leads it is not here: partitions elect by themselves.
type Partition struct{ Replicas []Replica }

// Replica is one copy, in order of preference.
type Replica struct {
	Node      msg.NodeID
	Directory string
	// RaftID is the replica's id in its raft group, never used again in the cluster's life.
	RaftID uint64
}
