package kafka

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// Fetching from followers (KIP-392). From v11 on, a consumer may fetch from any replica, up to that replica's own high
// watermark. It begins at the leader. If replica.selector.class is the rack-aware selector and the client tells its rack, the
// leader names a replica there instead of answering with records, and the client goes on at that one.
//
// A follower whose log does not reach as far as the client has read answers OFFSET_OUT_OF_RANGE, and the client goes back
// to the leader. One that has no leader itself may be cut off: it answers NOT_LEADER_OR_FOLLOWER, so that its clients look
// for another rather than wait for records that never come.

// rackAwareSelector is the one selector that Kafka brings which ever chooses a follower.
const rackAwareSelector = "org.apache.kafka.common.replica.RackAwareReplicaSelector"

// readsFollowers reports that a request is a consumer's that knows of fetching from followers.
func readsFollowers(req *kmsg.FetchRequest) bool {
	return req.Version >= 11 && req.ReplicaID < 0 && req.ReplicaState.ID < 0
}

// readable reports whether this replica answers the client.
func (f *fetch) readable(state *msg.State) bool {
	following := state.Role == msg.Follower && state.Leader != msg.NoNode && state.Leader != f.server.Node
	return f.server.serves(state) || f.followers && following
}

// preferred is the replica that the client is to fetch from instead of here, where this node leads: one that is in sync, holds
// the offset, and is in the client's rack while this node is not; of several the one that has most.
func (f *fetch) preferred(image *metadata.Image, view msg.View, offset int64) (msg.NodeID, bool) {
	if f.rack == "" || f.server.Static["replica.selector.class"] != rackAwareSelector || !f.server.serves(view.State()) {
		return msg.NoNode, false
	}
	if here, known := image.Node(f.server.Node); known && here.Rack == f.rack {
		return msg.NoNode, false
	}
	var best *msg.Member
	members := view.Members()
	for _, inSync := range view.State().InSync {
		node, _, ok := f.server.advertised(image, inSync, f.call.Listener)
		if !ok || node.Rack != f.rack {
			continue
		}
		for i := range members {
			if m := &members[i]; m.Node == inSync && m.LogEnd >= offset && (best == nil || ahead(m, best)) {
				best = m
			}
		}
	}
	if best == nil {
		return msg.NoNode, false
	}
	return best.Node, true
}

// ahead is the order of Kafka's selector: the longer log, then the one caught up more lately.
func ahead(a, b *msg.Member) bool {
	if a.LogEnd != b.LogEnd {
		return a.LogEnd > b.LogEnd
	}
	return a.LastCaughtUp.After(b.LastCaughtUp)
}
