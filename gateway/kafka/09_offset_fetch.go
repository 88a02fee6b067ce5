package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// OffsetFetch (9) tells how far a group has read.
//
// v2: null topics mean all, and an error for the whole; v5: leader epochs; v6: flexible; v7: only stable offsets; v8: many groups
// (KIP-709); v9: member epochs (KIP-848); v10: topic ids in place of names.
//
// A group that does not exist has read nothing: -1, and no error. As there are no transactions, every offset is stable.
func init() { register(1, 10, (*Server).offsetFetch) }

func (s *Server) offsetFetch(c *Call, req *kmsg.OffsetFetchRequest) {
	if c.Version < 8 {
		s.offsetFetchOne(c, req)
		return
	}
	resp := req.ResponseKind().(*kmsg.OffsetFetchResponse)
	resp.Groups = make([]kmsg.OffsetFetchResponseGroup, len(req.Groups))
	g := newGather(s, groupWait, func() { c.Reply(resp) })
	for i := range req.Groups {
		asked, out := &req.Groups[i], &resp.Groups[i]
		out.Group, out.ErrorCode = asked.Group, kerr.CoordinatorNotAvailable.Code
		q, missing := s.offsetsToFetch(c, asked)
		answered := g.expect()
		s.postGroup(asked.Group, q, func(err error) {
			err = coordinatorError(err)
			answered(func() {
				if out.ErrorCode = msg.Code(err); err == nil {
					out.Topics = s.fetchedTopics(q, missing)
				}
				c.Failed(out.ErrorCode)
			})
		})
	}
	g.seal()
}

// offsetsToFetch is the request for one group, without the topics whose id is nobody's: these come back as they are.
func (s *Server) offsetsToFetch(c *Call, asked *kmsg.OffsetFetchRequestGroup) (*msg.FetchOffsets, []kmsg.OffsetFetchRequestGroupTopic) {
	q := &msg.FetchOffsets{Group: asked.Group, MemberID: asked.MemberID, MemberEpoch: asked.MemberEpoch, All: asked.Topics == nil}
	var missing []kmsg.OffsetFetchRequestGroupTopic
	for _, t := range asked.Topics {
		name := t.Topic
		if c.Version >= 10 {
			topic, ok := s.Image().TopicByID(t.TopicID)
			if !ok {
				missing = append(missing, t)
				continue
			}
			name = topic.Name
		}
		for _, p := range t.Partitions {
			q.Offsets = append(q.Offsets, msg.CommittedOffset{Topic: name, Partition: p})
		}
	}
	return q, missing
}

// fetchedTopics puts fetched offsets, which come topic by topic, into an answer.
func (s *Server) fetchedTopics(q *msg.FetchOffsets, missing []kmsg.OffsetFetchRequestGroupTopic) []kmsg.OffsetFetchResponseGroupTopic {
	image := s.Image()
	var topics []kmsg.OffsetFetchResponseGroupTopic
	for i := range q.Offsets {
		o := &q.Offsets[i]
		if n := len(topics); n == 0 || topics[n-1].Topic != o.Topic {
			topics = append(topics, newFetchedTopic(image, o.Topic))
		}
		t := &topics[len(topics)-1]
		p := kmsg.NewOffsetFetchResponseGroupTopicPartition()
		p.Partition, p.Offset, p.LeaderEpoch, p.Metadata = o.Partition, o.Offset, o.LeaderEpoch, &o.Metadata
		t.Partitions = append(t.Partitions, p)
	}
	for _, m := range missing {
		t := kmsg.NewOffsetFetchResponseGroupTopic()
		t.TopicID = m.TopicID
		for _, n := range m.Partitions {
			p := kmsg.NewOffsetFetchResponseGroupTopicPartition()
			p.Partition, p.Offset, p.LeaderEpoch, p.Metadata, p.ErrorCode = n, -1, -1, new(string), kerr.UnknownTopicID.Code
			t.Partitions = append(t.Partitions, p)
		}
		topics = append(topics, t)
	}
	return topics
}

func newFetchedTopic(image *metadata.Image, name string) kmsg.OffsetFetchResponseGroupTopic {
	t := kmsg.NewOffsetFetchResponseGroupTopic()
	t.Topic = name
	if topic, ok := image.Topic(name); ok {
		t.TopicID = topic.ID
	}
	return t
}

// offsetFetchOne answers the versions that ask for one group. Before version 2 an error is told for each partition.
func (s *Server) offsetFetchOne(c *Call, req *kmsg.OffsetFetchRequest) {
	q := &msg.FetchOffsets{Group: req.Group, MemberEpoch: msg.Unassigned, All: req.Topics == nil && c.Version >= 2}
	for _, t := range req.Topics {
		for _, p := range t.Partitions {
			q.Offsets = append(q.Offsets, msg.CommittedOffset{Topic: t.Topic, Partition: p, Offset: -1, LeaderEpoch: -1})
		}
	}
	s.askGroup(c, req.Group, q, func(err error) {
		resp := req.ResponseKind().(*kmsg.OffsetFetchResponse)
		resp.ErrorCode = msg.Code(err)
		c.Failed(resp.ErrorCode)
		if err != nil && c.Version >= 2 {
			c.Reply(resp)
			return
		}
		if err != nil {
			// The request may still be the coordinator's.
			q = &msg.FetchOffsets{Offsets: unknownOffsets(req)}
		}
		for _, t := range s.fetchedTopics(q, nil) {
			topic := kmsg.NewOffsetFetchResponseTopic()
			topic.Topic = t.Topic
			for _, p := range t.Partitions {
				out := kmsg.NewOffsetFetchResponseTopicPartition()
				out.Partition, out.Offset, out.LeaderEpoch, out.Metadata, out.ErrorCode = p.Partition, p.Offset, p.LeaderEpoch, p.Metadata, msg.Code(err)
				topic.Partitions = append(topic.Partitions, out)
			}
			resp.Topics = append(resp.Topics, topic)
		}
		c.Reply(resp)
	})
}

// unknownOffsets are the partitions that are asked for, with no offset.
func unknownOffsets(req *kmsg.OffsetFetchRequest) []msg.CommittedOffset {
	var all []msg.CommittedOffset
	for _, t := range req.Topics {
		for _, p := range t.Partitions {
			all = append(all, msg.CommittedOffset{Topic: t.Topic, Partition: p, Offset: -1, LeaderEpoch: -1})
		}
	}
	return all
}
