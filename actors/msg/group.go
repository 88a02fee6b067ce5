package msg

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// The requests of this file go from sessions to the coordinator of a consumer group: the actor of the partition of
// __consumer_offsets that the group's id hashes to, on the node that leads that partition. They are answered through
// Asked.Done, once, on the coordinator's step, after everything that the answer tells is committed to that partition. The
// error passed to Done concerns the request as a whole; NOT_COORDINATOR and COORDINATOR_LOAD_IN_PROGRESS say that another
// node, or a later moment, is the right one. Byte slices belong to the message.

// OffsetsTopic is the internal topic that holds groups and the offsets that they commit.
const OffsetsTopic = "__consumer_offsets"

// GroupPartition is the partition of the offsets topic that a group's id hashes to: Java's String.hashCode, as in Kafka.
func GroupPartition(group string, partitions int) int32 {
	var hash int32
	for _, unit := range utf16.Encode([]rune(group)) {
		hash = 31*hash + int32(unit)
	}
	if hash < 0 {
		hash = max(-hash, 0) // the least number has no opposite, and counts as 0
	}
	return hash % int32(partitions)
}

const groupCoordinator = "group-coordinator-"

// GroupCoordinator is the address, on its node, of the coordinator of a partition of the offsets topic.
func GroupCoordinator(partition int32) string { return groupCoordinator + strconv.Itoa(int(partition)) }

// NamesGroupCoordinator reports whether an address is one that GroupCoordinator makes.
func NamesGroupCoordinator(name string) bool { return strings.HasPrefix(name, groupCoordinator) }

// Unassigned are the generation and the member epoch of a client that is no member.
const Unassigned = -1

// JoinGroup asks to become, or to stay, a member of a classic group. It is answered when the group's next generation begins,
// which may take as long as the longest rebalance timeout of its members.
type JoinGroup struct {
	Asked
	Group string
	// MemberID is "" for a client that has none yet; InstanceID is nil but for static members (KIP-345).
	MemberID   string
	InstanceID *string
	ClientID   string
	ClientHost string
	// ProtocolType names what the members are; Protocols are the ways to assign that the client knows, the best first.
	ProtocolType string
	Protocols    []GroupProtocol
	// SessionTimeout is how long the member may be silent, RebalanceTimeout how long it may take to join again.
	SessionTimeout   time.Duration
	RebalanceTimeout time.Duration
	// HandsShake says that the client, when it is told its id, joins again with it (KIP-394); SkipsAssignment that a leader can
	// be told not to assign (KIP-814).
	HandsShake      bool
	SkipsAssignment bool
	// Reason is the client's own, for the journal.
	Reason string

	// The answer. NewMemberID is set with MEMBER_ID_REQUIRED too. Members is empty but for the leader.
	NewMemberID string
	Generation  int32
	Type        *string
	Protocol    *string
	Leader      string
	Skip        bool
	Members     []JoinedMember
}

// Bytes is the size of the metadata.
func (j *JoinGroup) Bytes() int {
	n := 0
	for _, p := range j.Protocols {
		n += len(p.Name) + len(p.Metadata)
	}
	return n
}

// GroupProtocol is a way to assign that a member knows, and what it says about itself in it.
type GroupProtocol struct {
	Name     string
	Metadata []byte
}

// JoinedMember is a member as the leader is told of it.
type JoinedMember struct {
	ID         string
	InstanceID *string
	Metadata   []byte
}

// SyncGroup asks for the assignment of a generation; from its leader it also brings everybody's.
type SyncGroup struct {
	Asked
	Group      string
	Generation int32
	MemberID   string
	InstanceID *string
	// ProtocolType and Protocol are nil in old versions.
	ProtocolType *string
	Protocol     *string
	Assignments  []MemberAssignment

	// The answer.
	Type       *string
	Chosen     *string
	Assignment []byte
}

// Bytes is the size of the assignments.
func (s *SyncGroup) Bytes() int {
	n := 0
	for _, a := range s.Assignments {
		n += len(a.ID) + len(a.Assignment)
	}
	return n
}

// MemberAssignment is what the leader assigns to one member.
type MemberAssignment struct {
	ID         string
	Assignment []byte
}

// HeartbeatGroup says that a member of a classic group is alive.
type HeartbeatGroup struct {
	Asked
	Group      string
	Generation int32
	MemberID   string
	InstanceID *string
}

// LeaveGroup takes members out of a group.
type LeaveGroup struct {
	Asked
	Group   string
	Members []LeavingMember
}

// LeavingMember is named by its id, or, with an empty id, by its instance id.
type LeavingMember struct {
	ID         string
	InstanceID *string
	Reason     string
	Err        error
}

// CommitOffsets commits offsets of a group. Items that already have an Err are left alone.
type CommitOffsets struct {
	Asked
	Group string
	// Epoch is a generation or a member epoch, Unassigned for a client that is no member.
	Epoch      int32
	MemberID   string
	InstanceID *string
	// KnowsEpochs says that the client understands the errors of KIP-848.
	KnowsEpochs bool
	// Retention, if not negative, is how long these offsets are kept (old clients only).
	Retention time.Duration
	Offsets   []CommittedOffset
}

// Bytes is the size of the metadata.
func (c *CommitOffsets) Bytes() int {
	n := 0
	for i := range c.Offsets {
		n += len(c.Offsets[i].Topic) + len(c.Offsets[i].Metadata)
	}
	return n
}

// CommittedOffset is the offset of one partition.
type CommittedOffset struct {
	Topic     string
	Partition int32
	// Offset is the next record to consume, -1 where none is committed; LeaderEpoch that of the last one consumed, or -1.
	Offset      int64
	LeaderEpoch int32
	Metadata    string
	Err         error
}

// FetchOffsets asks for committed offsets of a group.
type FetchOffsets struct {
	Asked
	Group string
	// MemberID and MemberEpoch are those of a member of a consumer group; nil and Unassigned else.
	MemberID    *string
	MemberEpoch int32
	// All asks for every offset; they are then added to Offsets, sorted. Else those that are named are filled in.
	All     bool
	Offsets []CommittedOffset
}

// DeleteOffsets forgets offsets of a group.
type DeleteOffsets struct {
	Asked
	Group   string
	Offsets []CommittedOffset
}

// ListGroups lists the groups of one coordinator.
type ListGroups struct {
	Asked
	Groups []ListedGroup
}

// ListedGroup is a group in short, in Kafka's words.
type ListedGroup struct {
	ID           string
	ProtocolType string
	State        string
	Type         string
}

// DescribeGroup describes a group. GROUP_ID_NOT_FOUND is answered where there is none of the type asked for.
type DescribeGroup struct {
	Asked
	Group string
	// Consumer asks for a group of the consumer protocol, else for a classic one.
	Consumer bool

	// The answer.
	State        string
	ProtocolType string
	// Protocol is a classic group's, Assignor a consumer group's.
	Protocol        string
	Assignor        string
	Epoch           int32
	AssignmentEpoch int32
	Members         []DescribedMember
}

// DescribedMember is one member of a described group.
type DescribedMember struct {
	ID         string
	InstanceID *string
	ClientID   string
	ClientHost string
	// Metadata and Assignment are a classic group's.
	Metadata   []byte
	Assignment []byte
	// The rest is a consumer group's. Classic says that the member speaks the classic protocol.
	Rack     *string
	Epoch    int32
	Topics   []string
	Regex    *string
	Assigned []AssignedTopic
	Target   []AssignedTopic
	Classic  bool
}

// AssignedTopic are partitions of one topic.
type AssignedTopic struct {
	Topic      TopicID
	Name       string
	Partitions []int32
}

// DeleteGroup deletes a group that has no members, with its offsets.
type DeleteGroup struct {
	Asked
	Group string
}

// HeartbeatConsumer is the one request of the consumer protocol (KIP-848): it joins, stays, acknowledges and leaves.
type HeartbeatConsumer struct {
	Asked
	Group    string
	MemberID string
	// Epoch is the member's epoch; 0 joins, -1 leaves, -2 leaves a static member's place open.
	Epoch      int32
	InstanceID *string
	Rack       *string
	ClientID   string
	ClientHost string
	// RebalanceTimeout is how long the member may take to give up partitions; negative: as before.
	RebalanceTimeout time.Duration
	// Topics, Regex, Assignor and Owned are nil for "as before".
	Topics   []string
	Regex    *string
	Assignor *string
	Owned    []AssignedTopic

	// The answer. Assignment is nil when it has not changed.
	NewMemberID string
	NewEpoch    int32
	Interval    time.Duration
	Assignment  *[]AssignedTopic
}

// Bytes is the size of the subscription.
func (h *HeartbeatConsumer) Bytes() int {
	n := 0
	for _, t := range h.Topics {
		n += len(t)
	}
	return n
}

// ExplainGroup asks a coordinator for what it remembers of a group's life.
type ExplainGroup struct {
	Asked
	Group  string
	Events []GroupEvent
}

// GroupEvent is something that happened to a group.
type GroupEvent struct {
	At time.Time `json:"at"`
	// What is a word: joined, left, expired, rebalance, generation, stable and so on (coordinator/group/journal.go).
	What   string `json:"what"`
	Member string `json:"member,omitempty"`
	// Generation is the group's generation or epoch after the event.
	Generation int32 `json:"generation"`
	// Took is how long the phase that has ended lasted, or how long a member was silent.
	Took time.Duration `json:"took,omitempty"`
	// Why says what caused it.
	Why string `json:"why,omitempty"`
}
