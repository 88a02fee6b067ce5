package kafka

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
)

// DescribeConfigs tells every config of topics, brokers and groups: value, source, type, synonyms, documentation.
//
//	v1    the source instead of "is default", synonyms (KIP-226)
//	v3    type and documentation (KIP-569)
//	v4    flexible
//
// A broker is named by its id; only the broker itself knows its static configs, so another one's id is refused. The empty
// name stands for the cluster-wide dynamic defaults, of which only those that are set are told, as Kafka does.
func init() { register(1, 4, (*Server).describeConfigs) }

func (s *Server) describeConfigs(c *Call, req *kmsg.DescribeConfigsRequest) {
	resp := req.ResponseKind().(*kmsg.DescribeConfigsResponse)
	for i := range req.Resources {
		r := &req.Resources[i]
		out := kmsg.NewDescribeConfigsResponseResource()
		out.ResourceType, out.ResourceName = r.ResourceType, r.ResourceName
		values, err := s.configsOf(msg.ResourceType(r.ResourceType), r.ResourceName)
		out.ErrorCode, out.ErrorMessage = msg.Code(err), errorText(err)
		for _, v := range values {
			if r.ConfigNames == nil || slices.Contains(r.ConfigNames, v.Key.Name) {
				out.Configs = append(out.Configs, describedConfig(v, req))
			}
		}
		resp.Resources = append(resp.Resources, out)
	}
	c.Reply(resp)
}

// configsOf resolves the configs of one resource.
func (s *Server) configsOf(t msg.ResourceType, name string) ([]configs.Value, error) {
	image := s.Image()
	switch t {
	case msg.TopicResource:
		if _, ok := image.Topic(name); !ok {
			return nil, msg.Errorf(kerr.UnknownTopicOrPartition, "describe the configs of topic %q: there is no such topic", name)
		}
		return configs.Describe(t, s.topicLayers(image, name)), nil
	case msg.GroupResource:
		layers := s.topicLayers(image, "")
		layers.Own = image.Overrides(t, name)
		return configs.Describe(t, layers), nil
	case msg.BrokerResource:
		return s.brokerConfigs(name)
	}
	return nil, msg.Errorf(kerr.InvalidRequest, "describe the configs of resource type %d: topics (2), brokers (4) and groups (32) have configs here", t)
}

func (s *Server) brokerConfigs(name string) ([]configs.Value, error) {
	image := s.Image()
	cluster := image.Overrides(msg.BrokerResource, "")
	if name == "" {
		all := configs.Describe(msg.BrokerResource, configs.Layers{Cluster: cluster})
		return slices.DeleteFunc(all, func(v configs.Value) bool { return v.Source != configs.DynamicDefaultBroker }), nil
	}
	if name != s.nodeName() {
		return nil, msg.Errorf(kerr.InvalidRequest, "describe the configs of broker %q at broker %d: ask that broker", name, s.Node)
	}
	return configs.Describe(msg.BrokerResource, s.brokerLayers(image)), nil
}

func describedConfig(v configs.Value, req *kmsg.DescribeConfigsRequest) kmsg.DescribeConfigsResponseResourceConfig {
	out := kmsg.NewDescribeConfigsResponseResourceConfig()
	out.Name, out.Value, out.ReadOnly, out.IsSensitive = v.Key.Name, v.Value, v.Key.ReadOnly, v.Key.Sensitive
	out.Source, out.ConfigType = kmsg.ConfigSource(v.Source), kmsg.ConfigType(v.Key.Type)
	out.IsDefault = v.Source == configs.Default
	if req.IncludeSynonyms {
		for _, syn := range v.Synonyms {
			one := kmsg.NewDescribeConfigsResponseResourceConfigConfigSynonym()
			one.Name, one.Value, one.Source = syn.Name, syn.Value, kmsg.ConfigSource(syn.Source)
			out.ConfigSynonyms = append(out.ConfigSynonyms, one)
		}
	}
	if req.IncludeDocumentation {
		doc := v.Key.Doc
		if v.Key.Effect != "" {
			doc += " " + v.Key.Effect
		}
		out.Documentation = &doc
	}
	return out
}
