package kafka

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// DeleteTopics deletes topics by name, and from v6 by id.
//
//	v4    flexible
//	v5    tells an error message
//	v6    by name or id (KIP-516)
func init() { register(1, 6, (*Server).deleteTopics) }

func (s *Server) deleteTopics(c *Call, req *kmsg.DeleteTopicsRequest) {
	build := func() *msg.DeleteTopics { return deadTopics(req) }
	decide(s, milliseconds(req.TimeoutMillis), build, func(q *msg.DeleteTopics, err error) {
		resp := req.ResponseKind().(*kmsg.DeleteTopicsResponse)
		for i := range len(req.TopicNames) + len(req.Topics) {
			resp.Topics = append(resp.Topics, deadTopic(req, q, i, err))
		}
		c.Reply(resp)
	})
}

// deadTopics is the request to the controller.
func deadTopics(req *kmsg.DeleteTopicsRequest) *msg.DeleteTopics {
	q := &msg.DeleteTopics{}
	for _, name := range req.TopicNames {
		q.Topics = append(q.Topics, &msg.DeadTopic{Name: name})
	}
	for _, t := range req.Topics {
		dead := &msg.DeadTopic{ID: t.TopicID}
		if t.Topic != nil {
			dead.Name = *t.Topic
		}
		q.Topics = append(q.Topics, dead)
	}
	return q
}

func deadTopic(req *kmsg.DeleteTopicsRequest, q *msg.DeleteTopics, i int, whole error) kmsg.DeleteTopicsResponseTopic {
	t := kmsg.NewDeleteTopicsResponseTopic()
	if req.Version >= 6 {
		t.Topic, t.TopicID = req.Topics[i].Topic, req.Topics[i].TopicID
	} else {
		t.Topic = &req.TopicNames[i]
	}
	err := pick(whole, func() error { return q.Topics[i].Err })
	t.ErrorCode, t.ErrorMessage = msg.Code(err), errorText(err)
	if err == nil {
		t.Topic, t.TopicID = kmsg.StringPtr(q.Topics[i].Name), q.Topics[i].ID
	}
	return t
}
