package kafka

import (
	"strconv"
	"sync"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
)

// topicLayers are the places where a topic's configs come from.
func (s *Server) topicLayers(image *metadata.Image, topic string) configs.Layers {
	return configs.Layers{
		Own:     image.Overrides(msg.TopicResource, topic),
		Cluster: image.Overrides(msg.BrokerResource, ""),
		Node:    image.Overrides(msg.BrokerResource, s.nodeName()),
		Static:  s.Static,
	}
}

// brokerLayers are the places where this node's configs come from.
func (s *Server) brokerLayers(image *metadata.Image) configs.Layers {
	return configs.Layers{
		Own:     image.Overrides(msg.BrokerResource, s.nodeName()),
		Cluster: image.Overrides(msg.BrokerResource, ""),
		Static:  s.Static,
	}
}

// brokerConfig is the value in force of one of this node's configs, "" for null.
func (s *Server) brokerConfig(image *metadata.Image, name string) string {
	if v := configs.Resolve(msg.BrokerResource, name, s.brokerLayers(image)).Value; v != nil {
		return *v
	}
	return ""
}

func (s *Server) nodeName() string { return strconv.Itoa(int(s.Node)) }

// topicConfigs holds the parsed configs of the topics that are written to, each parsed once per image.
type topicConfigs struct {
	mu     sync.RWMutex
	image  *metadata.Image
	parsed map[msg.TopicID]*msg.TopicConfig
}

// topicConfig is a topic's configuration under an image.
func (s *Server) topicConfig(image *metadata.Image, t *metadata.Topic) *msg.TopicConfig {
	s.topics.mu.RLock()
	config := s.topics.parsed[t.ID]
	current := s.topics.image == image
	s.topics.mu.RUnlock()
	if current && config != nil {
		return config
	}
	parsed := configs.Topic(s.topicLayers(image, t.Name))
	s.topics.mu.Lock()
	defer s.topics.mu.Unlock()
	if s.topics.image != image {
		s.topics.image, s.topics.parsed = image, map[msg.TopicID]*msg.TopicConfig{}
	}
	s.topics.parsed[t.ID] = &parsed
	return &parsed
}
