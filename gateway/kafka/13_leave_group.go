package kafka

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// LeaveGroup (13) takes members out of a group.
//
// v3: many members, also by instance id, as an administrator does (KIP-345); before, one, whose error is that of the whole. v4:
// flexible; v5: a reason (KIP-800).
func init() { register(0, 5, (*Server).leaveGroup) }

func (s *Server) leaveGroup(c *Call, req *kmsg.LeaveGroupRequest) {
	q := &msg.LeaveGroup{Group: req.Group}
	if c.Version < 3 {
		q.Members = []msg.LeavingMember{{ID: req.MemberID}}
	}
	for _, m := range req.Members {
		q.Members = append(q.Members, msg.LeavingMember{ID: m.MemberID, InstanceID: m.InstanceID, Reason: orEmpty(m.Reason)})
	}
	s.askGroup(c, req.Group, q, func(err error) {
		resp := req.ResponseKind().(*kmsg.LeaveGroupResponse)
		if err == nil && c.Version < 3 {
			err = q.Members[0].Err
		}
		resp.ErrorCode = msg.Code(err)
		c.Failed(resp.ErrorCode)
		for i, m := range req.Members {
			if err != nil {
				break
			}
			resp.Members = append(resp.Members, kmsg.LeaveGroupResponseMember{
				MemberID: m.MemberID, InstanceID: m.InstanceID, ErrorCode: msg.Code(q.Members[i].Err),
			})
			c.Failed(resp.Members[i].ErrorCode)
		}
		c.Reply(resp)
	})
}
