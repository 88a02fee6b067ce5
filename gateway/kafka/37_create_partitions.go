package kafka

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// CreatePartitions makes topics wider.
//
//	v0-3  the same fields; v2 is flexible
func init() { register(0, 3, (*Server).createPartitions) }

func (s *Server) createPartitions(c *Call, req *kmsg.CreatePartitionsRequest) {
	build := func() *msg.CreatePartitions { return newWiderTopics(req) }
	decide(s, milliseconds(req.TimeoutMillis), build, func(q *msg.CreatePartitions, err error) {
		reply := func() { c.Reply(widerTopics(req, q, err)) }
		if err != nil || req.ValidateOnly {
			reply()
			return
		}
		s.afterLeaders(s.idsOf(q.Topics), reply)
	})
}

// newWiderTopics is the request to the controller.
func newWiderTopics(req *kmsg.CreatePartitionsRequest) *msg.CreatePartitions {
	q := &msg.CreatePartitions{ValidateOnly: req.ValidateOnly}
	for _, t := range req.Topics {
		wider := &msg.WiderTopic{Name: t.Topic, Count: t.Count}
		for _, a := range t.Assignment {
			wider.Assignment = append(wider.Assignment, slices.Clone(a.Replicas))
		}
		q.Topics = append(q.Topics, wider)
	}
	return q
}

func (s *Server) idsOf(topics []*msg.WiderTopic) []msg.TopicID {
	image := s.Image()
	var ids []msg.TopicID
	for _, t := range topics {
		if found, ok := image.Topic(t.Name); ok && t.Err == nil {
			ids = append(ids, found.ID)
		}
	}
	return ids
}

func widerTopics(req *kmsg.CreatePartitionsRequest, q *msg.CreatePartitions, whole error) *kmsg.CreatePartitionsResponse {
	resp := req.ResponseKind().(*kmsg.CreatePartitionsResponse)
	for i := range req.Topics {
		err := pick(whole, func() error { return q.Topics[i].Err })
		t := kmsg.NewCreatePartitionsResponseTopic()
		t.Topic, t.ErrorCode, t.ErrorMessage = req.Topics[i].Topic, msg.Code(err), errorText(err)
		resp.Topics = append(resp.Topics, t)
	}
	return resp
}
