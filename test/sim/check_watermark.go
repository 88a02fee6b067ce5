package sim

import "github.com/seed-e634fa49/troupe/actors/msg"

// watermark holds that a replica's high watermark never goes back while its log stays open, and that a new leader shows at least what
// any replica has shown before.
type watermark struct {
	cluster *Cluster
	floor   map[replicaOf]int64
	shown   map[msg.TopicPartition]told
}

// told is the highest watermark that was shown, and in which epoch.
type told struct {
	offset int64
	epoch  int32
}

func (k *watermark) saw(at replicaOf, s *msg.State) {
	if s.HighWatermark < k.floor[at] {
		k.cluster.violated("high watermark", "node %d: partition %s: it went from %d to %d", at.node, at.id, k.floor[at], s.HighWatermark)
	}
	k.floor[at] = s.HighWatermark
	shown := k.shown[at.id]
	if s.Role == msg.Leader && s.Leader == at.node && s.Epoch > shown.epoch && s.HighWatermark < shown.offset {
		k.cluster.violated("high watermark", "node %d: partition %s: the leader of epoch %d shows %d, and %d was shown in epoch %d",
			at.node, at.id, s.Epoch, s.HighWatermark, shown.offset, shown.epoch)
	}
	if s.HighWatermark > shown.offset {
		k.shown[at.id] = told{s.HighWatermark, s.Epoch}
	}
	if s.LogStart > s.HighWatermark || s.HighWatermark > s.LogEnd {
		k.cluster.violated("high watermark", "node %d: partition %s: log start %d, high watermark %d, log end %d are out of order", at.node, at.id, s.LogStart, s.HighWatermark, s.LogEnd)
	}
}

// reopened forgets a replica, whose log was opened again: how far it is committed it has to learn anew.
func (k *watermark) reopened(at replicaOf) { delete(k.floor, at) }
