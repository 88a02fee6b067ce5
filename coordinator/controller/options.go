package controller

import (
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// Founding is what a cluster is founded with. It is the same on every founder.
type Founding struct {
	ClusterID string
	// Secret is what the nodes know each other by on the bus.
	Secret string
	// Quorum are the first members of the metadata log's group, all of them voters.
	Quorum []metadata.Quorum
}

// Load is what a node carries, as it says in its heartbeats.
type Load struct {
	// DiskBytes are those of the logs that it holds.
	DiskBytes int64
	// Led is how many partitions it leads.
	Led int
}

// Options of a node's controller actor.
type Options struct {
	// Node is this node's registration. It is told to the controller that leads until the image holds it.
	Node msg.Registration
	// Founding founds the cluster when the metadata log is empty and this node leads it. A node that has joined gives the
	// cluster's id alone.
	Founding Founding
	// Static are this node's static broker configs (num.partitions and other defaults come from them).
	Static map[string]string
	// Log is the partition __cluster_metadata-0 on this node. It has to take batches of 8 MiB.
	Log msg.Partition
	// Random makes topic ids.
	Random interface{ Read([]byte) (int, error) }
	// Applied is told of each new image, on the controller's step, before any request that waits for it is answered. It may
	// spawn and stop partitions. At a start, the first image is that of the whole log, not of its beginning. If Applied
	// panics it is called again, with the changes since the last image that it returned from.
	Applied func(*metadata.Image, metadata.Changes)

	// Peers is the address of another node's controller; nil where there are no other nodes.
	Peers func(node msg.NodeID) msg.Target
	// Partition is the address of a partition on a node, where its leader is asked for a transfer; nil: nobody is asked.
	Partition func(node msg.NodeID, tp msg.TopicPartition) msg.Target
	// Leadership is who leads a partition as far as this node has heard (msg.Directory has it); nil where that is not known.
	Leadership func(tp msg.TopicPartition) (msg.Leadership, bool)
	// Load is what this node carries, for its heartbeats; nil: nothing.
	Load func() Load
	// Refused is told, on the controller's step, why the cluster refuses to have this node; nil if nobody wants to know. The
	// node goes on asking: an operator may change what stands in the way.
	Refused func(err error)
	// Renewed is told, on the controller's step, when another node's controller has renewed this node's lease; nil if nobody wants
	// to know.
	Renewed func(at time.Time)

	Settings
}

// Settings are the controller's times and bounds. Zero values stand for the defaults.
type Settings struct {
	// HeartbeatInterval is how often a node renews its lease, SessionTimeout how long a lease lasts. 1 s and 6 s.
	HeartbeatInterval time.Duration
	SessionTimeout    time.Duration
	// ReplaceAfter is how long a node may stay away before its vote, or the move of a partition to it, is given to another.
	// 60 s.
	ReplaceAfter time.Duration
	// MaxMoves is how many partitions move at a time by the controller's own will. 20.
	MaxMoves int
	// SnapshotRecords is how many records the log has at least when the image is written into it again. 10,000.
	SnapshotRecords int64
}

func (s Settings) withDefaults() Settings {
	orDuration := func(d *time.Duration, or time.Duration) {
		if *d == 0 {
			*d = or
		}
	}
	orDuration(&s.HeartbeatInterval, time.Second)
	orDuration(&s.SessionTimeout, 6*time.Second)
	orDuration(&s.ReplaceAfter, time.Minute)
	if s.MaxMoves == 0 {
		s.MaxMoves = 20
	}
	if s.SnapshotRecords == 0 {
		s.SnapshotRecords = 10_000
	}
	return s
}
