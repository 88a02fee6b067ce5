package kafka

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// Metadata (3) tells a client which nodes there are, which topics, and who leads each partition.
//
// v0: no topics means all. v1: null means all, none means none; rack, controller, internal. v2: cluster id. v4: the client
// says whether topics may be made. v5: offline replicas. v7: leader epochs. v8: authorized operations, of the cluster up
// to v10. v9: flexible. v10: topic ids in answers; v12: in requests. v13: an error for the whole, which is never set here.
//
// A topic that does not exist is made if the client and auto.create.topics.enable allow it. The answer then waits, within
// a bound, until it has its leaders, so that even a client that never asks again can go on.
func init() { register(0, 13, (*Server).metadata) }

// createdWait bounds how long an answer waits for a topic that it makes.
const createdWait = time.Second

// allTopicOperations are the operations on a topic, as bits (KIP-430): read, write, create, delete, alter, describe,
// describe configs, alter configs.
const allTopicOperations = 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<10 | 1<<11

func (s *Server) metadata(c *Call, req *kmsg.MetadataRequest) {
	missing := s.missingTopics(req)
	if len(missing) == 0 {
		c.Reply(s.describeMetadata(c, req, nil))
		return
	}
	build := func() *msg.CreateTopics {
		q := &msg.CreateTopics{}
		for _, name := range missing {
			q.Topics = append(q.Topics, &msg.NewTopic{Name: name, Partitions: -1, ReplicationFactor: -1})
		}
		return q
	}
	decide(s, createdWait, build, func(q *msg.CreateTopics, err error) {
		if err != nil {
			c.Reply(s.describeMetadata(c, req, nil))
			return
		}
		refused := map[string]int16{}
		var made []msg.TopicID
		for _, t := range q.Topics {
			if t.Err == nil {
				made = append(made, t.ID)
			} else {
				refused[t.Name] = msg.Code(t.Err)
			}
		}
		s.afterLeaders(made, func() { c.Reply(s.describeMetadata(c, req, refused)) })
	})
}

// missingTopics are the topics that the request makes.
func (s *Server) missingTopics(req *kmsg.MetadataRequest) []string {
	image := s.Image()
	if req.Version >= 4 && !req.AllowAutoTopicCreation {
		return nil
	}
	var missing []string
	for i := range req.Topics {
		name := req.Topics[i].Topic
		if name == nil || !validTopicName(*name) {
			continue
		}
		if _, exists := image.Topic(*name); !exists {
			missing = append(missing, *name)
		}
	}
	if len(missing) == 0 || s.brokerConfig(image, "auto.create.topics.enable") != "true" {
		return nil
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// validTopicName is Kafka's Topic.validate.
func validTopicName(name string) bool {
	if name == "" || name == "." || name == ".." || len(name) > 249 {
		return false
	}
	for i := range len(name) {
		b := name[i]
		if !(b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '.' || b == '_' || b == '-') {
			return false
		}
	}
	return true
}

func (s *Server) describeMetadata(c *Call, req *kmsg.MetadataRequest, refused map[string]int16) *kmsg.MetadataResponse {
	resp := req.ResponseKind().(*kmsg.MetadataResponse)
	image := s.Image()
	cluster := image.ClusterID()
	resp.ClusterID = &cluster
	resp.ControllerID = s.controllerID(image, c.Listener)
	for _, n := range image.Nodes() {
		if _, at, ok := s.advertised(image, n.ID, c.Listener); ok {
			resp.Brokers = append(resp.Brokers, kmsg.MetadataResponseBroker{NodeID: n.ID, Host: at.Host, Port: at.Port, Rack: rackOf(n)})
		}
	}
	if req.IncludeClusterAuthorizedOperations {
		resp.AuthorizedOperations = allClusterOperations
	}
	if req.Topics == nil || req.Version == 0 && len(req.Topics) == 0 {
		for _, t := range image.Topics() {
			resp.Topics = append(resp.Topics, s.describeTopic(c, image, req, t))
		}
		return resp
	}
	for i := range req.Topics {
		resp.Topics = append(resp.Topics, s.describeAsked(c, image, req, &req.Topics[i], refused))
		c.Failed(resp.Topics[i].ErrorCode)
	}
	return resp
}

// describeAsked describes a topic that was asked for by name, or from v12 by id.
func (s *Server) describeAsked(c *Call, image *metadata.Image, req *kmsg.MetadataRequest, asked *kmsg.MetadataRequestTopic, refused map[string]int16) kmsg.MetadataResponseTopic {
	out := kmsg.NewMetadataResponseTopic()
	out.Topic, out.TopicID = asked.Topic, asked.TopicID
	byID := msg.TopicID(asked.TopicID) != msg.TopicID{}
	var topic *metadata.Topic
	var found bool
	switch {
	case req.Version < 12 && (byID || asked.Topic == nil):
		out.ErrorCode = kerr.InvalidRequest.Code
	case byID:
		topic, found = image.TopicByID(asked.TopicID)
		out.Topic, out.ErrorCode = nil, kerr.UnknownTopicID.Code
	case asked.Topic == nil || !validTopicName(*asked.Topic):
		out.ErrorCode = kerr.InvalidTopicException.Code
	default:
		topic, found = image.Topic(*asked.Topic)
		out.ErrorCode = kerr.UnknownTopicOrPartition.Code
		if code, known := refused[*asked.Topic]; known {
			out.ErrorCode = code
		}
	}
	if found {
		return s.describeTopic(c, image, req, topic)
	}
	if out.Topic == nil && req.Version < 12 {
		out.Topic = new(string)
	}
	return out
}

func (s *Server) describeTopic(c *Call, image *metadata.Image, req *kmsg.MetadataRequest, t *metadata.Topic) kmsg.MetadataResponseTopic {
	out := kmsg.NewMetadataResponseTopic()
	out.Topic, out.TopicID, out.IsInternal = &t.Name, t.ID, t.Internal
	if req.IncludeTopicAuthorizedOperations {
		out.AuthorizedOperations = allTopicOperations
	}
	out.Partitions = make([]kmsg.MetadataResponseTopicPartition, len(t.Partitions))
	for i := range t.Partitions {
		s.describePartition(c, image, t, int32(i), &out.Partitions[i])
	}
	return out
}

// describePartition tells what this node knows of a partition, whether it lives here or not.
func (s *Server) describePartition(c *Call, image *metadata.Image, t *metadata.Topic, number int32, out *kmsg.MetadataResponseTopicPartition) {
	out.Default()
	out.Partition = number
	out.Replicas, out.OfflineReplicas = s.replicasOf(image, &t.Partitions[number], c.Listener)
	led, err := s.ledPartition(image, msg.TopicPartition{Topic: t.ID, Partition: number}, c.Listener)
	out.Leader, out.LeaderEpoch, out.ISR = led.Leader, led.Epoch, led.InSync
	if err == kerr.ListenerNotFound && c.Version < 6 {
		err = kerr.LeaderNotAvailable
	}
	if err != nil {
		out.ErrorCode = err.Code
	}
}
