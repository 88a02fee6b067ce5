package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// ElectLeaders makes the preferred replica of partitions their leader (KIP-183).
//
//	v1    the kind of election: 0 preferred, 1 unclean (KIP-460); an error for the whole
//	v2    flexible
//
// The partition's leader hands its leadership over, wherever it lives. Null topics mean all partitions; of those the ones that
// need no election are left out, as Kafka leaves them out. An unclean election would lose what is acknowledged, so there is
// none: a partition without a leader answers ELIGIBLE_LEADERS_NOT_AVAILABLE.
func init() { register(0, 2, (*Server).electLeaders) }

const uncleanElection = 1

// election is one request's way.
type election struct {
	server  *Server
	image   *metadata.Image
	unclean bool
	all     bool
	resp    *kmsg.ElectLeadersResponse
	// elected are the partitions that lead elsewhere now, and where.
	elected map[msg.TopicPartition]msg.NodeID
}

func (s *Server) electLeaders(c *Call, req *kmsg.ElectLeadersRequest) {
	resp := req.ResponseKind().(*kmsg.ElectLeadersResponse)
	if req.ElectionType < 0 || req.ElectionType > uncleanElection {
		resp.ErrorCode = kerr.InvalidRequest.Code
		c.Reply(resp)
		return
	}
	e := &election{server: s, image: s.Image(), unclean: req.ElectionType == uncleanElection, all: req.Topics == nil,
		resp: resp, elected: map[msg.TopicPartition]msg.NodeID{}}
	if e.all {
		req.Topics = everyPartition(e.image)
	}
	late := s.clock.Now().Add(milliseconds(req.TimeoutMillis))
	g := newGather(s, milliseconds(req.TimeoutMillis), func() { e.whenSeen(late, func() { e.reply(c) }) })
	for i := range req.Topics {
		e.electIn(g, &req.Topics[i])
	}
	g.seal()
}

func everyPartition(image *metadata.Image) []kmsg.ElectLeadersRequestTopic {
	var all []kmsg.ElectLeadersRequestTopic
	for _, t := range image.Topics() {
		one := kmsg.ElectLeadersRequestTopic{Topic: t.Name}
		for p := range t.Partitions {
			one.Partitions = append(one.Partitions, int32(p))
		}
		all = append(all, one)
	}
	return all
}

// electIn begins the elections of one topic's partitions.
func (e *election) electIn(g *gather, asked *kmsg.ElectLeadersRequestTopic) {
	topic, found := e.image.Topic(asked.Topic)
	out := kmsg.NewElectLeadersResponseTopic()
	out.Topic, out.Partitions = asked.Topic, make([]kmsg.ElectLeadersResponseTopicPartition, len(asked.Partitions))
	e.resp.Topics = append(e.resp.Topics, out)
	for i, number := range asked.Partitions {
		p := &out.Partitions[i]
		p.Partition = number
		p.ErrorCode = kerr.RequestTimedOut.Code // stands when the time is over before the answer
		set := func(err error) { p.ErrorCode, p.ErrorMessage = msg.Code(err), errorText(err) }
		if !found || number < 0 || int(number) >= len(topic.Partitions) {
			set(msg.Errorf(kerr.UnknownTopicOrPartition, "elect a leader of partition %d of topic %q: there is no such partition", number, asked.Topic))
			continue
		}
		e.elect(g, topic, number, set)
	}
}

// elect begins the election of one partition, or says why there is none.
func (e *election) elect(g *gather, t *metadata.Topic, number int32, set func(error)) {
	id := msg.TopicPartition{Topic: t.ID, Partition: number}
	led := e.server.leadership(id)
	preferred := t.Partitions[number].Replicas[0].Node
	switch {
	case led.Leader != msg.NoNode && (e.unclean || led.Leader == preferred):
		set(kerr.ElectionNotNeeded)
	case e.unclean:
		set(msg.Errorf(kerr.EligibleLeadersNotAvailable, "partition %d of %s has no leader, and no replica is made one that may lack acknowledged records", number, t.Name))
	case led.Leader == msg.NoNode:
		set(msg.Errorf(kerr.PreferredLeaderNotAvailable, "partition %d of %s has no leader that could hand over to node %d", number, t.Name, preferred))
	case !e.image.Alive(preferred):
		set(msg.Errorf(kerr.PreferredLeaderNotAvailable, "node %d, preferred for partition %d of %s, is not there", preferred, number, t.Name))
	default:
		e.transfer(g, id, led.Leader, preferred, set)
	}
}

// transfer has the leader hand over to another node.
func (e *election) transfer(g *gather, id msg.TopicPartition, leader, to msg.NodeID, set func(error)) {
	answered := g.expect()
	q := &msg.Transfer{To: to}
	q.Done = func(err error) {
		answered(func() {
			if set(err); err == nil {
				e.elected[id] = to
			}
		})
	}
	if err := e.server.At(leader, msg.PartitionName(id)).Post(q); err != nil {
		q.Refuse(err)
	}
}

// whenSeen runs f when this node knows the new leaders, as the client is likely to ask it for them next.
func (e *election) whenSeen(late time.Time, f func()) {
	if bound := e.server.clock.Now().Add(leadersWait); bound.Before(late) {
		late = bound
	}
	clock.Until(e.server.clock, late, leadersAgain, func() bool {
		for id, leader := range e.elected {
			if e.server.leadership(id).Leader != leader {
				return false
			}
		}
		return true
	}, f)
}

// reply answers. Where all partitions were asked for, those that needed no election are left out.
func (e *election) reply(c *Call) {
	topics := e.resp.Topics
	e.resp.Topics = nil
	for _, t := range topics {
		kept := t.Partitions[:0]
		for _, p := range t.Partitions {
			c.Failed(p.ErrorCode)
			if !e.all || p.ErrorCode != kerr.ElectionNotNeeded.Code {
				kept = append(kept, p)
			}
		}
		if t.Partitions = kept; len(kept) > 0 || !e.all {
			e.resp.Topics = append(e.resp.Topics, t)
		}
	}
	c.Reply(e.resp)
}
