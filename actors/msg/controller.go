package msg

// The requests of this file go from sessions (and the node itself) to the controller's actor. All of them are answered
// through Done, once, on the controller's step, after the change is committed to the metadata log and applied to this
// node's image. An error passed to Done concerns the request as a whole; each item has an error of its own. NOT_CONTROLLER and
// a stopped actor say that nothing was done and that another node is to be asked; an outcome that is not known is
// REQUEST_TIMED_OUT.
//
// Fields that JSON leaves out are the answer: actors/fabric carries the others to the controller of another node, and these back.

// Asked is the part that every request to the controller shares.
type Asked struct {
	// Done takes the answer.
	Done func(err error) `json:"-"`
	// Applied comes with the answer: the offset of the last metadata record in the answering node's image. A node whose own
	// image has reached it shows the change. Zero where nothing was decided.
	Applied int64 `json:"-"`

	answered bool
}

// Slot is the shared part, where whoever sends a request of any kind sets Done and reads Applied.
func (q *Asked) Slot() *Asked { return q }

// Bytes is zero: admin requests are bounded by the sessions' own limits.
func (*Asked) Bytes() int { return 0 }

// Answer completes the request. Only the first call counts.
func (q *Asked) Answer(err error) {
	if q.answered {
		return
	}
	q.answered = true
	q.Done(err)
}

// AnswerAt completes the request from an image that goes up to the offset applied.
func (q *Asked) AnswerAt(applied int64, err error) {
	if !q.answered {
		q.Applied = applied
	}
	q.Answer(err)
}

// Refuse answers the request with err.
func (q *Asked) Refuse(err error) { q.Answer(err) }

// CreateTopics makes topics, each on its own: some may fail.
type CreateTopics struct {
	Asked
	Topics       []*NewTopic
	ValidateOnly bool
}

// NewTopic is one topic to make.
type NewTopic struct {
	Name string
	// Partitions is their number, -1 for the cluster's num.partitions.
	Partitions int32
	// ReplicationFactor is the replicas per partition, -1 for the cluster's default.
	ReplicationFactor int16
	// Assignment, if not empty, names the replicas of each partition; then the two numbers above are -1.
	Assignment [][]NodeID
	// Configs are overrides. A nil value is refused with INVALID_CONFIG, as in Kafka.
	Configs map[string]*string

	// ID is the new topic's id; Err is why there is none. Partitions and ReplicationFactor are what it got.
	ID  TopicID
	Err error `json:"-"`
}

// DeleteTopics deletes topics by name, or by id where the name is empty.
type DeleteTopics struct {
	Asked
	Topics []*DeadTopic
}

// DeadTopic is one topic to delete.
type DeadTopic struct {
	Name string
	ID   TopicID
	// Err is why it is still there. Name and ID are both filled in on success.
	Err error `json:"-"`
}

// CreatePartitions makes topics wider.
type CreatePartitions struct {
	Asked
	Topics       []*WiderTopic
	ValidateOnly bool
}

// WiderTopic is one topic to give more partitions.
type WiderTopic struct {
	Name string
	// Count is the total to reach.
	Count int32
	// Assignment, if not empty, names the replicas of each new partition.
	Assignment [][]NodeID
	Err        error `json:"-"`
}

// ResourceType is Kafka's config resource type.
type ResourceType int8

// Kafka's config resource types that can be altered here.
const (
	TopicResource  ResourceType = 2
	BrokerResource ResourceType = 4
	GroupResource  ResourceType = 32
)

// AlterConfigs edits or replaces the overrides of topics, brokers and groups.
type AlterConfigs struct {
	Asked
	Resources    []*AlteredResource
	ValidateOnly bool
}

// AlteredResource is one resource to alter.
type AlteredResource struct {
	Type ResourceType
	// Name is a topic's or a group's name or a node's id; for BrokerResource, empty means all brokers.
	Name string
	// Replace drops every override that Ops does not set (AlterConfigs); else Ops edit (IncrementalAlterConfigs).
	Replace bool
	Ops     []ConfigOp
	Err     error `json:"-"`
}

// ConfigOpKind is how an override changes (KIP-339).
type ConfigOpKind int8

// The kinds, with Kafka's numbers.
const (
	ConfigSet      ConfigOpKind = 0
	ConfigDelete   ConfigOpKind = 1
	ConfigAppend   ConfigOpKind = 2 // lists only
	ConfigSubtract ConfigOpKind = 3 // lists only
)

// ConfigOp is one change of one override.
type ConfigOp struct {
	Kind  ConfigOpKind
	Name  string
	Value *string
}

// AllocateProducerIDs reserves a block of producer ids for a node, never given out twice in the cluster's life
// (KIP-730).
type AllocateProducerIDs struct {
	Asked
	// Node is who asks.
	Node NodeID
	// First is the first id of the block, Count how many it holds.
	First int64 `json:"-"`
	Count int64 `json:"-"`
}
