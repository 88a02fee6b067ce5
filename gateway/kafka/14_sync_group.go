package kafka

import (
	"bytes"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// SyncGroup (14) gives a member of a classic group its assignment, when the leader has sent everybody's.
//
// v1: throttle time; v3: static members; v4: flexible; v5: protocol type and name are checked, and told.
func init() { register(0, 5, (*Server).syncGroup) }

func (s *Server) syncGroup(c *Call, req *kmsg.SyncGroupRequest) {
	q := &msg.SyncGroup{
		Group: req.Group, Generation: req.Generation, MemberID: req.MemberID, InstanceID: req.InstanceID,
		ProtocolType: req.ProtocolType, Protocol: req.Protocol,
	}
	for _, a := range req.GroupAssignment {
		q.Assignments = append(q.Assignments, msg.MemberAssignment{ID: a.MemberID, Assignment: bytes.Clone(a.MemberAssignment)})
	}
	s.askGroup(c, req.Group, q, func(err error) {
		resp := req.ResponseKind().(*kmsg.SyncGroupResponse)
		resp.ErrorCode = msg.Code(err)
		c.Failed(resp.ErrorCode)
		if err == nil {
			resp.ProtocolType, resp.Protocol, resp.MemberAssignment = q.Type, q.Chosen, q.Assignment
		}
		c.Reply(resp)
	})
}
