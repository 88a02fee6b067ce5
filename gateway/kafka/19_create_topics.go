package kafka

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
)

// CreateTopics: makes topics, each on its own.
//
//	v2    adds the throttle time; the lowest version of today's clients
//	v4    -1 partitions and -1 replicas mean the cluster's defaults (KIP-464)
//	v5    the answer tells partitions, replicas and configs (KIP-525)
//	v7    the answer tells the topic's id (KIP-516)
//
// It is answered when the topics are in this node's image and, within a bound, have leaders, so that a client that asks for
// a leader at once gets one.
func init() { register(2, 7, (*Server).createTopics) }

func (s *Server) createTopics(c *Call, req *kmsg.CreateTopicsRequest) {
	build := func() *msg.CreateTopics {
		q := &msg.CreateTopics{ValidateOnly: req.ValidateOnly}
		for i := range req.Topics {
			q.Topics = append(q.Topics, newTopic(&req.Topics[i]))
		}
		return q
	}
	decide(s, milliseconds(req.TimeoutMillis), build, func(q *msg.CreateTopics, err error) {
		if err != nil || req.ValidateOnly {
			c.Reply(s.createdTopics(req, q, err))
			return
		}
		var made []msg.TopicID
		for _, t := range q.Topics {
			if t.Err == nil {
				made = append(made, t.ID)
			}
		}
		s.afterLeaders(made, func() { c.Reply(s.createdTopics(req, q, nil)) })
	})
}

func newTopic(t *kmsg.CreateTopicsRequestTopic) *msg.NewTopic {
	n := &msg.NewTopic{Name: t.Topic, Partitions: t.NumPartitions, ReplicationFactor: t.ReplicationFactor, Configs: map[string]*string{}}
	for _, cfg := range t.Configs {
		n.Configs[cfg.Name] = cfg.Value
	}
	if len(t.ReplicaAssignment) == 0 {
		return n
	}
	n.Assignment = make([][]msg.NodeID, len(t.ReplicaAssignment))
	for _, a := range t.ReplicaAssignment {
		// A partition out of range leaves a hole in the assignment, which the controller refuses by name.
		if a.Partition >= 0 && int(a.Partition) < len(n.Assignment) {
			n.Assignment[a.Partition] = append(n.Assignment[a.Partition], a.Replicas...)
		}
	}
	return n
}

func (s *Server) createdTopics(req *kmsg.CreateTopicsRequest, q *msg.CreateTopics, whole error) *kmsg.CreateTopicsResponse {
	resp := req.ResponseKind().(*kmsg.CreateTopicsResponse)
	for i := range req.Topics {
		err := pick(whole, func() error { return q.Topics[i].Err })
		t := kmsg.NewCreateTopicsResponseTopic()
		t.Topic, t.ErrorCode, t.ErrorMessage = req.Topics[i].Topic, msg.Code(err), errorText(err)
		t.NumPartitions, t.ReplicationFactor = -1, -1
		if err == nil {
			made := q.Topics[i]
			t.TopicID, t.NumPartitions, t.ReplicationFactor = made.ID, made.Partitions, made.ReplicationFactor
			t.Configs = s.createdConfigs(made)
		}
		resp.Topics = append(resp.Topics, t)
	}
	return resp
}

// createdConfigs are the new topic's configs in force, as version 5 tells them.
func (s *Server) createdConfigs(t *msg.NewTopic) []kmsg.CreateTopicsResponseTopicConfig {
	own := map[string]string{}
	for name, value := range t.Configs {
		if value != nil {
			own[name] = *value
		}
	}
	layers := s.topicLayers(s.Image(), t.Name)
	layers.Own = own // of a validation too, which leaves no topic behind
	var all []kmsg.CreateTopicsResponseTopicConfig
	for _, v := range configs.Describe(msg.TopicResource, layers) {
		cfg := kmsg.NewCreateTopicsResponseTopicConfig()
		cfg.Name, cfg.Value, cfg.Source = v.Key.Name, v.Value, int8(v.Source)
		cfg.ReadOnly, cfg.IsSensitive = v.Key.ReadOnly, v.Key.Sensitive
		all = append(all, cfg)
	}
	return all
}
