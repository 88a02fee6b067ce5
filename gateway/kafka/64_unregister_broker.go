package kafka

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// UnregisterBroker takes a node out of the cluster (KIP-500). The partitions that it holds are moved away first, so it is
// answered when that has begun; the node is gone when it holds nothing any more. BROKER_ID_NOT_REGISTERED is a node that
// isn't there.
func init() { register(0, 0, (*Server).unregisterBroker) }

func (s *Server) unregisterBroker(c *Call, req *kmsg.UnregisterBrokerRequest) {
	build := func() *msg.ChangeNode { return &msg.ChangeNode{Node: req.BrokerID, Change: msg.DecommissionNode} }
	decide(s, alterTimeout, build, func(_ *msg.ChangeNode, err error) {
		resp := req.ResponseKind().(*kmsg.UnregisterBrokerResponse)
		resp.ErrorCode, resp.ErrorMessage = msg.Code(err), errorText(err)
		c.Failed(resp.ErrorCode)
		c.Reply(resp)
	})
}
