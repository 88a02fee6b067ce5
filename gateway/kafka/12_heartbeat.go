package kafka

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Heartbeat (12) says that a member of a classic group is alive, and tells it of a rebalance.
//
// v1: throttle time; v3: static members; v4: flexible.
func init() { register(0, 4, (*Server).heartbeat) }

func (s *Server) heartbeat(c *Call, req *kmsg.HeartbeatRequest) {
	q := &msg.HeartbeatGroup{Group: req.Group, Generation: req.Generation, MemberID: req.MemberID, InstanceID: req.InstanceID}
	s.askGroup(c, req.Group, q, func(err error) {
		resp := req.ResponseKind().(*kmsg.HeartbeatResponse)
		resp.ErrorCode = msg.Code(err)
		c.Failed(resp.ErrorCode)
		c.Reply(resp)
	})
}
