package kafka

import (
	"bytes"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// JoinGroup (11) makes a client a member of a classic group. It is answered when the group's next generation begins.
//
// v1: a rebalance timeout, which was the session's before; v4: the member id hand-shake (KIP-394); v5: static members (KIP-345);
// v6: flexible; v7: the protocol type in the answer; v8: a reason (KIP-800); v9: a leader may be told not to assign (KIP-814).
func init() { register(0, 9, (*Server).joinGroup) }

func (s *Server) joinGroup(c *Call, req *kmsg.JoinGroupRequest) {
	q := &msg.JoinGroup{
		Group: req.Group, MemberID: req.MemberID, InstanceID: req.InstanceID, ClientID: c.ClientID, ClientHost: c.clientHost(),
		ProtocolType:   req.ProtocolType,
		SessionTimeout: time.Duration(req.SessionTimeoutMillis) * time.Millisecond, RebalanceTimeout: time.Duration(req.RebalanceTimeoutMillis) * time.Millisecond,
		HandsShake: c.Version >= 4, SkipsAssignment: c.Version >= 9, Reason: orEmpty(req.Reason),
	}
	if c.Version == 0 {
		q.RebalanceTimeout = q.SessionTimeout
	}
	for _, p := range req.Protocols {
		q.Protocols = append(q.Protocols, msg.GroupProtocol{Name: p.Name, Metadata: bytes.Clone(p.Metadata)})
	}
	s.askGroup(c, req.Group, q, func(err error) {
		resp := req.ResponseKind().(*kmsg.JoinGroupResponse)
		resp.ErrorCode, resp.Generation = msg.Code(err), -1
		c.Failed(resp.ErrorCode)
		if err != nil {
			// But for the hand-shake, which is the coordinator's own answer, the request may still be the coordinator's.
			if resp.MemberID = req.MemberID; resp.ErrorCode == kerr.MemberIDRequired.Code {
				resp.MemberID = q.NewMemberID
			}
			c.Reply(resp)
			return
		}
		resp.Generation, resp.ProtocolType, resp.Protocol = q.Generation, q.Type, q.Protocol
		resp.LeaderID, resp.MemberID, resp.SkipAssignment = q.Leader, q.NewMemberID, q.Skip
		for _, m := range q.Members {
			resp.Members = append(resp.Members, kmsg.JoinGroupResponseMember{MemberID: m.ID, InstanceID: m.InstanceID, ProtocolMetadata: m.Metadata})
		}
		c.Reply(resp)
	})
}
