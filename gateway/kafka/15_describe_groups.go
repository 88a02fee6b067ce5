package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// DescribeGroups (15) describes classic groups.
//
// v1: throttle time; v3: authorized operations; v4: instance ids; v5: flexible; v6: GROUP_ID_NOT_FOUND for a group that is not
// there, or of another type (KIP-1043), which is in state Dead before.
func init() { register(0, 6, (*Server).describeGroups) }

func (s *Server) describeGroups(c *Call, req *kmsg.DescribeGroupsRequest) {
	resp := req.ResponseKind().(*kmsg.DescribeGroupsResponse)
	resp.Groups = make([]kmsg.DescribeGroupsResponseGroup, len(req.Groups))
	g := newGather(s, groupWait, func() { c.Reply(resp) })
	for i, id := range req.Groups {
		out := &resp.Groups[i]
		out.Default()
		out.Group, out.ErrorCode = id, kerr.CoordinatorNotAvailable.Code
		if req.IncludeAuthorizedOperations {
			out.AuthorizedOperations = allGroupOperations
		}
		q := &msg.DescribeGroup{Group: id}
		answered := g.expect()
		s.postGroup(id, q, func(err error) {
			answered(func() { describedGroup(c, q, coordinatorError(err), out) })
		})
	}
	g.seal()
}

func describedGroup(c *Call, q *msg.DescribeGroup, err error, out *kmsg.DescribeGroupsResponseGroup) {
	out.ErrorCode = msg.Code(err)
	switch {
	case out.ErrorCode == kerr.GroupIDNotFound.Code:
		out.State = "Dead"
		if c.Version < 6 {
			out.ErrorCode = 0
		}
	case err == nil:
		out.State, out.ProtocolType, out.Protocol = q.State, q.ProtocolType, q.Protocol
	}
	if out.ErrorCode != 0 {
		out.ErrorMessage = errorText(err)
		c.Failed(out.ErrorCode)
	}
	for _, m := range q.Members {
		d := kmsg.NewDescribeGroupsResponseGroupMember()
		d.MemberID, d.InstanceID, d.ClientID, d.ClientHost = m.ID, m.InstanceID, m.ClientID, m.ClientHost
		d.ProtocolMetadata, d.MemberAssignment = m.Metadata, m.Assignment
		out.Members = append(out.Members, d)
	}
}
