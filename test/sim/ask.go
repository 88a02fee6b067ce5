package sim

import "github.com/seed-e634fa49/troupe/actors/msg"

// Leader is the node that leads a partition and may answer for it now, 0 if there is none.
func (c *Cluster) Leader(topic string, partition int) int {
	for _, n := range c.nodes {
		if s := c.state(n, topic, partition); s != nil && n.running() && serves(n, s) {
			return int(n.id)
		}
	}
	return 0
}

// LogEnd is the offset behind the last record of a node's replica, -1 where there is none.
func (c *Cluster) LogEnd(id int, topic string, partition int) int64 {
	if s := c.state(c.node(id), topic, partition); s != nil {
		return s.LogEnd
	}
	return -1
}

// state is what a node's replica has published last, nil where there is none.
func (c *Cluster) state(n *node, topic string, partition int) *msg.State {
	for _, t := range c.topics {
		if t.name != topic || partition >= len(t.partitions) {
			continue
		}
		if p, here := n.partition(t.partitions[partition]); here {
			return p.View().State()
		}
	}
	return nil
}
