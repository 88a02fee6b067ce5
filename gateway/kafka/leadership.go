package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// What this node knows of who leads: of the partitions that live here by their views, of all others by what their leaders have
// told. It is a hint for clients. Only serves decides whether this node answers for a partition.

// serves reports that this node leads the partition with this state, and may still say so: past the view's deadline another
// replica may lead, as when this process was stopped for a while.
func (s *Server) serves(state *msg.State) bool {
	return state.Role == msg.Leader && state.Leader == s.Node && !s.expired(state)
}

func (s *Server) expired(state *msg.State) bool {
	return state.Expired(s.clock.Now())
}

// leadership is who leads a partition; NoNode where nobody is known to. It is never this node unless it serves, so that no
// client is sent round in a circle.
func (s *Server) leadership(tp msg.TopicPartition) msg.Leadership {
	l, known := s.Directory.Leadership(tp)
	if !known {
		return msg.Leadership{Leader: msg.NoNode, Epoch: -1}
	}
	if l.Leader == s.Node {
		if p, hosted := s.Directory.Partition(tp); !hosted || !s.serves(p.View().State()) {
			l.Leader = msg.NoNode
		}
	}
	return l
}

// controller is the node whose controller decides: the one that leads the metadata log. NoNode where none is known.
func (s *Server) controller() msg.NodeID {
	return s.leadership(msg.TopicPartition{Topic: msg.MetadataTopicID}).Leader
}

// controllerID is the controller as clients are told: it must be one of the nodes that they are told of, and as any of them
// takes admin requests, it is this one where the true one is not known.
func (s *Server) controllerID(image *metadata.Image, listener string) msg.NodeID {
	leader := s.controller()
	if _, _, ok := s.advertised(image, leader, listener); ok {
		return leader
	}
	return s.Node
}

// ledPartition is a partition's leader as clients of a listener are told of it, with the error that comes with it:
// LEADER_NOT_AVAILABLE where there is none, or none that they can be told of, LISTENER_NOT_FOUND where the leader is not to
// be reached through their listener (from Metadata 6 on).
func (s *Server) ledPartition(image *metadata.Image, tp msg.TopicPartition, listener string) (msg.Leadership, *kerr.Error) {
	l := s.leadership(tp)
	if l.Leader == msg.NoNode {
		return l, kerr.LeaderNotAvailable
	}
	if _, _, ok := s.advertised(image, l.Leader, listener); ok {
		return l, nil
	}
	missing := kerr.LeaderNotAvailable
	if image.Alive(l.Leader) {
		missing = kerr.ListenerNotFound
	}
	l.Leader = msg.NoNode
	return l, missing
}

// replicasOf are a partition's replicas, and those of them that are offline: on nodes that are not there, or that clients of
// the listener can't reach.
func (s *Server) replicasOf(image *metadata.Image, p *metadata.Partition, listener string) (all, offline []msg.NodeID) {
	all = replicaNodes(p)
	for _, node := range all {
		if _, _, ok := s.advertised(image, node, listener); !ok {
			offline = append(offline, node)
		}
	}
	return all, offline
}

// advertised is a node that is alive, with the address under which clients of a listener reach it.
func (s *Server) advertised(image *metadata.Image, id msg.NodeID, listener string) (*metadata.Node, metadata.Endpoint, bool) {
	node, known := image.Node(id)
	if !known || node.Fenced {
		return nil, metadata.Endpoint{}, false
	}
	at, reachable := node.Listeners[listener]
	return node, at, reachable
}

// rackOf is a node's rack, nil where it has none.
func rackOf(n *metadata.Node) *string {
	if n.Rack == "" {
		return nil
	}
	return &n.Rack
}

const (
	// leadersWait bounds how long an answer about new topics waits for their leaders. Clients that ask for a new topic's leader
	// at once, and do not retry, are the reason to wait at all.
	leadersWait = 2 * time.Second
	// leadersAgain is how often it is looked whether they have.
	leadersAgain = 2 * time.Millisecond
)

// afterLeaders runs f when all partitions of these topics have leaders that this node knows of, or after leadersWait.
func (s *Server) afterLeaders(topics []msg.TopicID, f func()) {
	image := s.Image()
	var all []msg.TopicPartition
	for _, id := range topics {
		t, ok := image.TopicByID(id)
		if !ok {
			continue
		}
		for p := range t.Partitions {
			all = append(all, msg.TopicPartition{Topic: id, Partition: int32(p)})
		}
	}
	clock.Until(s.clock, s.clock.Now().Add(leadersWait), leadersAgain, func() bool {
		for len(all) > 0 && s.leadership(all[0]).Leader != msg.NoNode {
			all = all[1:]
		}
		return len(all) == 0
	}, f)
}
