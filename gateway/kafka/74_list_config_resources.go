package kafka

import (
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// ListConfigResources lists the resources that have configs (KIP-1142).
//
//	v0    knew only client metrics resources, of which there are none here
//	v1    topics, brokers, groups; an empty list of types asks for all
func init() { register(0, 1, (*Server).listConfigResources) }

func (s *Server) listConfigResources(c *Call, req *kmsg.ListConfigResourcesRequest) {
	resp := req.ResponseKind().(*kmsg.ListConfigResourcesResponse)
	add := func(t msg.ResourceType, name string) {
		r := kmsg.NewListConfigResourcesResponseConfigResource()
		r.Name, r.Type = name, int8(t)
		resp.ConfigResources = append(resp.ConfigResources, r)
	}
	image := s.Image()
	for _, t := range resourceTypes(req) {
		switch t {
		case msg.TopicResource:
			for _, topic := range image.Topics() {
				add(t, topic.Name)
			}
		case msg.BrokerResource:
			for _, n := range image.Nodes() {
				add(t, strconv.Itoa(int(n.ID)))
			}
		case msg.GroupResource:
			for _, name := range image.Resources(t) {
				add(t, name)
			}
		default:
			resp.ErrorCode = kerr.UnsupportedVersion.Code
			resp.ConfigResources = nil
			c.Reply(resp)
			return
		}
	}
	c.Reply(resp)
}

// clientMetricsResource is Kafka's config resource type of client telemetry, of which there is none here.
const clientMetricsResource msg.ResourceType = 16

func resourceTypes(req *kmsg.ListConfigResourcesRequest) []msg.ResourceType {
	if req.Version == 0 {
		return nil
	}
	if len(req.ResourceTypes) == 0 {
		return []msg.ResourceType{msg.TopicResource, msg.BrokerResource, msg.GroupResource}
	}
	var all []msg.ResourceType
	for _, t := range req.ResourceTypes {
		if msg.ResourceType(t) != clientMetricsResource && !slices.Contains(all, msg.ResourceType(t)) {
			all = append(all, msg.ResourceType(t))
		}
	}
	return all
}
