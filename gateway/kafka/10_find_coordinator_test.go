package kafka

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func findCoordinator(c *client, version int16, kind int8, keys ...string) *kmsg.FindCoordinatorResponse {
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.Version, req.CoordinatorKey, req.CoordinatorType, req.CoordinatorKeys = version, keys[0], kind, keys
	return ask[*kmsg.FindCoordinatorResponse](c, req)
}

func TestOnlyGroupsHaveCoordinators(t *testing.T) {
	_, addr := newWorld(t).open()
	c := dial(t, addr)
	for version := int16(0); version <= 6; version++ {
		for kind, want := range []*kerr.Error{nil, kerr.CoordinatorNotAvailable, kerr.CoordinatorNotAvailable, kerr.InvalidRequest} {
			if version == 0 && kind > groupKey {
				continue
			}
			if kind == shareKey && version < 6 {
				want = kerr.InvalidRequest
			}
			code, node := int16(0), msg.NodeID(1)
			if want != nil {
				code, node = want.Code, msg.NoNode
			}
			resp := findCoordinator(c, version, int8(kind), "g", "h")
			if version < 4 && (resp.ErrorCode != code || resp.NodeID != node || len(resp.Coordinators) != 0) {
				t.Errorf("v%d, kind %d: got %+v, want node %d, error %d", version, kind, resp, node, code)
			}
			if version >= 4 && (len(resp.Coordinators) != 2 || resp.Coordinators[1].Key != "h" || resp.Coordinators[1].ErrorCode != code || resp.Coordinators[1].NodeID != node) {
				t.Errorf("v%d, kind %d: got %+v, want two of node %d, error %d", version, kind, resp, node, code)
			}
		}
	}
}

// The offsets topic is made when a group is first looked for, and once.
func TestTheOffsetsTopicIsMadeOnFirstUse(t *testing.T) {
	w := newWorld(t)
	s, addr := w.open(func(o *Options) { o.Static = map[string]string{"offsets.topic.num.partitions": "7"} })
	c := dial(t, addr)
	if n := s.newOffsetsTopic(); n.Partitions != 7 || n.ReplicationFactor != -1 {
		t.Errorf("it is to have %d partitions of %d replicas, want 7 of -1: one now, as there is one node, and more later", n.Partitions, n.ReplicationFactor)
	}
	findCoordinator(c, 2, groupKey, "g")
	findCoordinator(c, 2, groupKey, "h")
	if _, ok := w.Image().Topic(msg.OffsetsTopic); !ok || w.requests() != 1 {
		t.Errorf("the controller was asked %d times, and the topic is there: %v; want once, and true", w.requests(), ok)
	}
}
