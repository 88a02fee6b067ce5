package kafka

import (
	"errors"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
)

// Groups are coordinated where the partition of the offsets topic that their id hashes to is led. Clients find that node by
// FindCoordinator and send it their requests; this node answers for its own groups only, and NOT_COORDINATOR for the rest.

const (
	// offsetsTopicWait bounds how long the first FindCoordinator waits for the offsets topic to be made.
	offsetsTopicWait = 5 * time.Second
	// groupWait bounds how long an answer about several groups waits for their coordinators.
	groupWait = 30 * time.Second
	// allGroupOperations are the operations on a group, as bits (KIP-430): read, delete, describe, describe configs, alter
	// configs.
	allGroupOperations = 1<<3 | 1<<6 | 1<<8 | 1<<10 | 1<<11
)

// groupRequest is a request to a group's coordinator.
type groupRequest interface {
	msg.Request
	Slot() *msg.Asked
}

// askGroup sends a request to the coordinator of a group and calls answer once, with what it said: or, for a coordinator that
// is not here, with NOT_COORDINATOR. It may take as long as a rebalance; the client then waits, and a server that stops lets it go.
func (s *Server) askGroup(c *Call, group string, q groupRequest, answer func(error)) {
	var once sync.Once
	finish := func(err error) { once.Do(func() { answer(coordinatorError(err)) }) }
	s.postGroup(group, q, finish)
	c.Interrupt(func() {
		finish(msg.Errorf(kerr.NotCoordinator, "this node stops: look up the group's coordinator"))
	})
}

// postGroup sends a request to the coordinator of a group.
func (s *Server) postGroup(group string, q groupRequest, done func(error)) {
	topic, ok := s.Image().Topic(msg.OffsetsTopic)
	if !ok {
		done(msg.Errorf(kerr.NotCoordinator, "no group was ever looked for here: look up the group's coordinator"))
		return
	}
	s.postCoordinator(msg.GroupPartition(group, len(topic.Partitions)), q, done)
}

func (s *Server) postCoordinator(partition int32, q groupRequest, done func(error)) {
	q.Slot().Done = done
	if err := s.At(s.Node, msg.GroupCoordinator(partition)).Post(q); err != nil {
		q.Refuse(err)
	}
}

// coordinatorError gives what comes from a mailbox instead of from a coordinator a code that clients retry on as they should.
func coordinatorError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, msg.ErrMailboxFull):
		return msg.Errorf(kerr.CoordinatorLoadInProgress, "the group's coordinator has too much to do: try again")
	case errors.Is(err, msg.ErrStopped), errors.Is(err, kerr.NotLeaderForPartition):
		return msg.Errorf(kerr.NotCoordinator, "the group's coordinator is not here: look it up")
	}
	return err
}

// clientHost is a client's address as group descriptions show it, with Java's slash in front.
func (c *Call) clientHost() string {
	host, _, err := net.SplitHostPort(c.conn.socket.RemoteAddr().String())
	if err != nil {
		return "/" + c.conn.socket.RemoteAddr().String()
	}
	return "/" + host
}

// orEmpty is a nullable string with null as "".
func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// ensureOffsetsTopic runs f when the offsets topic is there and led, or with the reason why it is not.
func (s *Server) ensureOffsetsTopic(f func(*metadata.Topic, error)) {
	if topic, ok := s.Image().Topic(msg.OffsetsTopic); ok {
		f(topic, nil)
		return
	}
	build := func() *msg.CreateTopics { return &msg.CreateTopics{Topics: []*msg.NewTopic{s.newOffsetsTopic()}} }
	decide(s, offsetsTopicWait, build, func(_ *msg.CreateTopics, _ error) {
		// It may exist by now all the same: several clients ask at the same time.
		topic, ok := s.Image().Topic(msg.OffsetsTopic)
		if !ok {
			f(nil, msg.Errorf(kerr.CoordinatorNotAvailable, "the topic %s could not be made yet: try again", msg.OffsetsTopic))
			return
		}
		s.afterLeaders([]msg.TopicID{topic.ID}, func() { f(topic, nil) })
	})
}

// newOffsetsTopic is the offsets topic as the broker configs have it, with as many replicas as there are nodes for them.
// Nothing in it is deleted by age: its coordinators move the log start when they have written what lives again.
func (s *Server) newOffsetsTopic() *msg.NewTopic {
	image := s.Image()
	number := func(name string) int {
		n, _ := strconv.Atoi(s.brokerConfig(image, name)) // parsed when it was set
		return n
	}
	set := func(v string) *string { return &v }
	replicas := number("offsets.topic.replication.factor")
	if nodes := len(aliveNodes(image)); nodes < replicas {
		replicas = max(1, nodes)
		if s.isDefault(image, "offsets.topic.replication.factor") {
			replicas = -1 // and more as nodes join
		}
	}
	return &msg.NewTopic{
		Name: msg.OffsetsTopic, Partitions: int32(number("offsets.topic.num.partitions")), ReplicationFactor: int16(replicas),
		Configs: map[string]*string{
			"cleanup.policy": set("compact,delete"), "retention.ms": set("-1"), "retention.bytes": set("-1"),
			"compression.type": set("producer"), "segment.bytes": set(s.brokerConfig(image, "offsets.topic.segment.bytes")),
		},
	}
}

func (s *Server) isDefault(image *metadata.Image, name string) bool {
	return configs.Resolve(msg.BrokerResource, name, s.brokerLayers(image)).Source == configs.Default
}

func aliveNodes(image *metadata.Image) []*metadata.Node {
	return slices.DeleteFunc(slices.Clone(image.Nodes()), func(n *metadata.Node) bool { return n.Fenced })
}
