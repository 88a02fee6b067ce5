package kafka

import (
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// ListGroups (16) lists the groups that this node coordinates: a client asks every node.
//
// v1: throttle time; v3: flexible; v4: states, and a filter by them; v5: types, and a filter by them. Filters ignore case.
//
// While one of its coordinators is loading, the list would not be whole: COORDINATOR_LOAD_IN_PROGRESS.
func init() { register(0, 5, (*Server).listGroups) }

func (s *Server) listGroups(c *Call, req *kmsg.ListGroupsRequest) {
	resp := req.ResponseKind().(*kmsg.ListGroupsResponse)
	g := newGather(s, groupWait, func() {
		if c.Failed(resp.ErrorCode); resp.ErrorCode != 0 {
			resp.Groups = nil
		}
		slices.SortFunc(resp.Groups, func(a, b kmsg.ListGroupsResponseGroup) int { return strings.Compare(a.Group, b.Group) })
		c.Reply(resp)
	})
	topic, ok := s.Image().Topic(msg.OffsetsTopic)
	for p := 0; ok && p < len(topic.Partitions); p++ {
		if _, hosted := s.Directory.Partition(msg.TopicPartition{Topic: topic.ID, Partition: int32(p)}); !hosted {
			continue
		}
		q := &msg.ListGroups{}
		answered := g.expect()
		s.postCoordinator(int32(p), q, func(err error) {
			answered(func() { listed(req, q, coordinatorError(err), resp) })
		})
	}
	g.seal()
}

// listed adds what one coordinator has. One that is no coordinator now has nothing.
func listed(req *kmsg.ListGroupsRequest, q *msg.ListGroups, err error, resp *kmsg.ListGroupsResponse) {
	if err != nil && msg.Code(err) != kerr.NotCoordinator.Code {
		resp.ErrorCode = msg.Code(err)
		return
	}
	for _, l := range q.Groups {
		if !passes(req.StatesFilter, l.State) || !passes(req.TypesFilter, l.Type) {
			continue
		}
		out := kmsg.NewListGroupsResponseGroup()
		out.Group, out.ProtocolType, out.GroupState, out.GroupType = l.ID, l.ProtocolType, l.State, l.Type
		resp.Groups = append(resp.Groups, out)
	}
}

// passes reports whether a filter, of which an empty one lets everything pass, has a value.
func passes(filter []string, value string) bool {
	return len(filter) == 0 || slices.ContainsFunc(filter, func(f string) bool { return strings.EqualFold(f, value) })
}
