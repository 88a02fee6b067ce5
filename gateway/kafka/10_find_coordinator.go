package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// FindCoordinator (10) finds the node that coordinates a group or a transactional id.
//
// v1: kinds of keys, 0 group and 1 transaction; v3: flexible; v4: many keys (KIP-699); v6: share groups, kind 2.
//
// A group's is the leader of its partition of the offsets topic, which is made when it is first asked for; the address is that
// of the listener that the client came through. Transactions and share groups have no coordinators: their keys are answered
// COORDINATOR_NOT_AVAILABLE, which clients try again.
func init() { register(0, 6, (*Server).findCoordinator) }

// The kinds of keys.
const (
	groupKey = 0
	shareKey = 2
)

func (s *Server) findCoordinator(c *Call, req *kmsg.FindCoordinatorRequest) {
	kind := req.CoordinatorType
	switch {
	case kind < 0 || kind > shareKey || kind == shareKey && c.Version < 6:
		s.answerCoordinators(c, req, nil, msg.Errorf(kerr.InvalidRequest, "the kind of coordinator is not one that this version knows"))
	case kind != groupKey:
		s.answerCoordinators(c, req, nil, msg.Errorf(kerr.CoordinatorNotAvailable, "this cluster has no coordinator for it"))
	default:
		s.ensureOffsetsTopic(func(topic *metadata.Topic, err error) { s.answerCoordinators(c, req, topic, err) })
	}
}

func (s *Server) answerCoordinators(c *Call, req *kmsg.FindCoordinatorRequest, topic *metadata.Topic, err error) {
	resp := req.ResponseKind().(*kmsg.FindCoordinatorResponse)
	if c.Version < 4 {
		k := s.coordinatorOf(c, req.CoordinatorKey, topic, err)
		resp.ErrorCode, resp.ErrorMessage, resp.NodeID, resp.Host, resp.Port = k.ErrorCode, k.ErrorMessage, k.NodeID, k.Host, k.Port
	}
	for _, key := range req.CoordinatorKeys {
		resp.Coordinators = append(resp.Coordinators, s.coordinatorOf(c, key, topic, err))
	}
	c.Reply(resp)
}

// coordinatorOf is the answer for one key, unless err is.
func (s *Server) coordinatorOf(c *Call, key string, topic *metadata.Topic, err error) kmsg.FindCoordinatorResponseCoordinator {
	k := kmsg.NewFindCoordinatorResponseCoordinator()
	k.Key, k.NodeID, k.Port = key, -1, -1
	if err == nil {
		led, missing := s.ledPartition(s.Image(), msg.TopicPartition{Topic: topic.ID, Partition: msg.GroupPartition(key, len(topic.Partitions))}, c.Listener)
		if _, at, ok := s.advertised(s.Image(), led.Leader, c.Listener); ok && missing == nil {
			k.NodeID, k.Host, k.Port = led.Leader, at.Host, at.Port
			return k
		}
		err = msg.Errorf(kerr.CoordinatorNotAvailable, "the group's coordinator is being elected: try again")
	}
	k.ErrorCode, k.ErrorMessage = msg.Code(err), errorText(err)
	c.Failed(k.ErrorCode)
	return k
}
