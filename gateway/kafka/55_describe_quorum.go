package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// DescribeQuorum tells how the metadata log's group stands: who votes, who only follows, and how far each has come (KIP-595).
//
//	v0    flexible from the start
//	v1    when each replica was heard last, and was caught up last (KIP-836)
//	v2    directories, the voters' addresses, error messages (KIP-853)
//
// Only the leader of the metadata log knows: any node asks it. Other partitions than __cluster_metadata-0 are
// UNKNOWN_TOPIC_OR_PARTITION, as in Kafka, although they are groups of the same kind here.
func init() { register(0, 2, (*Server).describeQuorum) }

// quorumTimeout bounds the question to the leader; the request carries no timeout of its own.
const quorumTimeout = 10 * time.Second

func (s *Server) describeQuorum(c *Call, req *kmsg.DescribeQuorumRequest) {
	resp := req.ResponseKind().(*kmsg.DescribeQuorumResponse)
	if !asksForMetadata(req) {
		for _, t := range req.Topics {
			out := kmsg.NewDescribeQuorumResponseTopic()
			out.Topic = t.Topic
			for _, p := range t.Partitions {
				one := kmsg.NewDescribeQuorumResponseTopicPartition()
				one.Partition, one.ErrorCode = p.Partition, kerr.UnknownTopicOrPartition.Code
				out.Partitions = append(out.Partitions, one)
			}
			resp.Topics = append(resp.Topics, out)
		}
		c.Reply(resp)
		return
	}
	build := func() *msg.DescribeQuorum { return &msg.DescribeQuorum{} }
	decide(s, quorumTimeout, build, func(q *msg.DescribeQuorum, err error) {
		if err != nil {
			resp.ErrorCode, resp.ErrorMessage = msg.Code(err), errorText(err)
			c.Failed(resp.ErrorCode)
		} else {
			s.tellQuorum(resp, q)
		}
		c.Reply(resp)
	})
}

func asksForMetadata(req *kmsg.DescribeQuorumRequest) bool {
	return len(req.Topics) == 1 && req.Topics[0].Topic == msg.MetadataTopic &&
		len(req.Topics[0].Partitions) == 1 && req.Topics[0].Partitions[0].Partition == 0
}

// tellQuorum fills in what the leader said.
func (s *Server) tellQuorum(resp *kmsg.DescribeQuorumResponse, q *msg.DescribeQuorum) {
	image, now := s.Image(), s.clock.Now()
	p := kmsg.NewDescribeQuorumResponseTopicPartition()
	p.LeaderID, p.LeaderEpoch, p.HighWatermark = q.Leader, q.Epoch, q.HighWatermark
	for _, m := range q.Members {
		if m.Node == q.Leader {
			m.LastFetch, m.LastCaughtUp = now, now
		}
		state := quorumReplica(image, m)
		if m.Learner {
			p.Observers = append(p.Observers, state)
			continue
		}
		p.CurrentVoters = append(p.CurrentVoters, state)
		if node, known := image.Node(m.Node); known {
			voter := kmsg.NewDescribeQuorumResponseNode()
			voter.NodeID = m.Node
			voter.Listeners = []kmsg.DescribeQuorumResponseNodeListener{{Name: "PEER", Host: node.Peer.Host, Port: uint16(node.Peer.Port)}}
			resp.Nodes = append(resp.Nodes, voter)
		}
	}
	t := kmsg.NewDescribeQuorumResponseTopic()
	t.Topic, t.Partitions = msg.MetadataTopic, append(t.Partitions, p)
	resp.Topics = append(resp.Topics, t)
}

func quorumReplica(image *metadata.Image, m msg.Member) kmsg.DescribeQuorumResponseTopicPartitionReplicaState {
	out := kmsg.NewDescribeQuorumResponseTopicPartitionReplicaState()
	out.ReplicaID, out.LogEndOffset = m.Node, m.LogEnd
	out.LastFetchTimestamp, out.LastCaughtUpTimestamp = unixMilli(m.LastFetch), unixMilli(m.LastCaughtUp)
	if member, known := image.QuorumOf(m.Node); known && member.RaftID == m.RaftID {
		var directory msg.TopicID // directories are named by ids of the same form
		if directory.UnmarshalText([]byte(member.Directory)) == nil {
			out.ReplicaDirectoryID = directory
		}
	}
	return out
}

// unixMilli is a time in Kafka's milliseconds, -1 where it is not known.
func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return -1
	}
	return t.UnixMilli()
}
