package sim

import (
	"fmt"
	"hash/fnv"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// images holds that all nodes that have applied the metadata log up to the same offset show the same cluster, and that no node's image
// goes back while its process lives.
type images struct {
	cluster *Cluster
	at      map[int64]uint64 // a sum over the image by its offset
	last    map[msg.NodeID]*metadata.Image
}

func (k *images) saw(n *node) {
	i := n.inside.Image()
	before := k.last[n.id]
	if i == before || i.ClusterID() == "" {
		return
	}
	k.last[n.id] = i
	if before != nil && i.Offset() < before.Offset() {
		k.cluster.violated("images", "node %d: the image went back from offset %d to %d", n.id, before.Offset(), i.Offset())
	}
	sum := fnv.New64a()
	for _, r := range i.Snapshot() {
		fmt.Fprintf(sum, "%T %+v\n", r, r)
	}
	is := sum.Sum64()
	if was, known := k.at[i.Offset()]; known && was != is {
		k.cluster.violated("images", "node %d: the image at offset %d is another one than that of another node", n.id, i.Offset())
	}
	k.at[i.Offset()] = is
	k.cluster.trace.event(k.cluster.Now(), 'i', int64(n.id), i.Offset(), int64(is))
}

// reopened forgets a process that has ended.
func (k *images) reopened(n *node) { delete(k.last, n.id) }
