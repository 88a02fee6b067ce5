package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// DescribeCluster tells the cluster's id, its controller and its nodes (KIP-700).
//
//	v1    endpoint type: 1 asks for brokers, 2 for controllers, which do not listen here (KIP-919)
//	v2    fenced brokers when asked (KIP-1073)
func init() { register(0, 2, (*Server).describeCluster) }

func (s *Server) describeCluster(c *Call, req *kmsg.DescribeClusterRequest) {
	resp := req.ResponseKind().(*kmsg.DescribeClusterResponse)
	resp.EndpointType = req.EndpointType
	image := s.Image()
	resp.ClusterID, resp.ControllerID = image.ClusterID(), s.controllerID(image, c.Listener)
	if req.Version >= 1 && req.EndpointType != 1 {
		resp.ErrorCode = kerr.MismatchedEndpointType.Code
		resp.ErrorMessage = kmsg.StringPtr("this listener serves brokers, not controllers: ask with endpoint type 1")
		c.Reply(resp)
		return
	}
	for _, n := range image.Nodes() {
		end, listens := n.Listeners[c.Listener]
		if !listens || n.Fenced && !req.IncludeFencedBrokers {
			continue
		}
		b := kmsg.NewDescribeClusterResponseBroker()
		b.NodeID, b.Host, b.Port, b.Rack = n.ID, end.Host, end.Port, rackOf(n)
		b.IsFenced = n.Fenced
		resp.Brokers = append(resp.Brokers, b)
	}
	if req.IncludeClusterAuthorizedOperations {
		resp.ClusterAuthorizedOperations = allClusterOperations
	}
	c.Reply(resp)
}

// allClusterOperations are the operations on a cluster, as bits (KIP-430): create, alter, describe, cluster action, describe
// configs, alter configs, idempotent write. Without an authorizer everybody may do all of them.
const allClusterOperations = 1<<5 | 1<<7 | 1<<8 | 1<<9 | 1<<10 | 1<<11 | 1<<12
