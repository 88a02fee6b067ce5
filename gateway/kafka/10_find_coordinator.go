package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// FindCoordinator (10) finds the node that coordinates a group or a transactional id.
//
// v1: kinds of keys, 0 group and 1 transaction; v3: flexible; v4: many keys (KIP-699); v6: share groups, kind 2.
//
// There are no coordinators: every key is answered COORDINATOR_NOT_AVAILABLE, which clients try again. It is listed all
// the same, as librdkafka takes its presence as the sign that LZ4 is understood.
func init() { register(0, 6, (*Server).findCoordinator) }

// shareKey is the last kind of key.
const shareKey = 2

func (s *Server) findCoordinator(c *Call, req *kmsg.FindCoordinatorRequest) {
	resp := req.ResponseKind().(*kmsg.FindCoordinatorResponse)
	err := kerr.CoordinatorNotAvailable
	why := "this cluster has no coordinator for it"
	if kind := req.CoordinatorType; kind < 0 || kind > shareKey || kind == shareKey && c.Version < 6 {
		err, why = kerr.InvalidRequest, "the kind of coordinator is not one that this version knows"
	}
	if c.Version < 4 {
		resp.ErrorCode, resp.ErrorMessage, resp.NodeID, resp.Port = err.Code, &why, -1, -1
		c.Failed(err.Code)
	}
	for _, key := range req.CoordinatorKeys {
		k := kmsg.NewFindCoordinatorResponseCoordinator()
		k.Key, k.NodeID, k.Port, k.ErrorCode, k.ErrorMessage = key, -1, -1, err.Code, &why
		resp.Coordinators = append(resp.Coordinators, k)
		c.Failed(err.Code)
	}
	c.Reply(resp)
}
