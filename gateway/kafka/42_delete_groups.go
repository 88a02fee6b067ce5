package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// DeleteGroups (42) deletes groups that have no members, with their offsets.
//
// v2: flexible.
func init() { register(0, 2, (*Server).deleteGroups) }

func (s *Server) deleteGroups(c *Call, req *kmsg.DeleteGroupsRequest) {
	resp := req.ResponseKind().(*kmsg.DeleteGroupsResponse)
	resp.Groups = make([]kmsg.DeleteGroupsResponseGroup, len(req.Groups))
	g := newGather(s, groupWait, func() { c.Reply(resp) })
	for i, id := range req.Groups {
		out := &resp.Groups[i]
		out.Group, out.ErrorCode = id, kerr.CoordinatorNotAvailable.Code
		answered := g.expect()
		s.postGroup(id, &msg.DeleteGroup{Group: id}, func(err error) {
			err = coordinatorError(err)
			answered(func() {
				out.ErrorCode, out.ErrorMessage = msg.Code(err), errorText(err)
				c.Failed(out.ErrorCode)
			})
		})
	}
	g.seal()
}
