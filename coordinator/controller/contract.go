package controller

import (
	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// CONTRACT: signatures fixed for the other packages; bodies to be written. This file is replaced by real ones.

// Options of a node's controller actor.
type Options struct {
	// Node is this node's registration, proposed when it differs from the image's.
	Node metadata.Node
	// ClusterID founds the cluster when the metadata log is empty and this node leads it.
	ClusterID string
	// Static are this node's static broker configs (num.partitions and other defaults come from them).
	Static map[string]string
	// Log is the partition __cluster_metadata-0 on this node.
	Log msg.Partition
	// Random makes topic ids.
	Random interface{ Read([]byte) (int, error) }
	// Applied is told of each new image, on the controller's step, before any request that waits for it is answered. It may
	// spawn and stop partitions.
	Applied func(*metadata.Image, metadata.Changes)
}

// Name is the controller's address on each node.
const Name = "controller"

// Spec is the actor: it follows the metadata log and applies it, and where this node leads the log, it answers the requests of
// actors/msg/controller.go.
func Spec(o Options) actors.Spec { panic("contract") }
