package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// healsWithin is how long the cluster has to be whole again once nothing is wrong any more: elections, restarts of actors with
// backoffs up to 30 s, and what producers still have to say.
const healsWithin = 60 * time.Second

// heals holds that when the faults stop, in time every partition is led, its replicas are all the same, and every producer has got
// rid of what it had.
func (c *Cluster) heals() {
	late := c.Now() + healsWithin
	for c.broken == nil {
		sick := c.sick()
		if sick == "" {
			return
		}
		if c.Now() >= late {
			c.violated("heals", "%v after the last fault:%s", healsWithin, sick)
			return
		}
		c.Run(100 * time.Millisecond)
	}
}

// sick says what is not yet as it should be, "" for nothing.
func (c *Cluster) sick() string {
	var all strings.Builder
	for _, t := range c.topics {
		for _, id := range t.partitions {
			c.sickPartition(id, &all)
		}
	}
	for _, p := range c.clients.all {
		if n := len(p.waiting); n > 0 {
			fmt.Fprintf(&all, "\nproducer %d waits for %d batches, from sequence %d on", p.id, n, p.waiting[0].sequence)
		}
	}
	return all.String()
}

func (c *Cluster) sickPartition(id msg.TopicPartition, to *strings.Builder) {
	led, end := false, c.checks.committed.log(id).next
	for _, n := range c.nodes {
		p, here := n.partition(id)
		if !here {
			continue
		}
		s := p.View().State()
		led = led || serves(n, s)
		if s.Err != nil || s.HighWatermark != end || s.LogEnd != end {
			fmt.Fprintf(to, "\nnode %d: partition %s: role %d, leader %d, epoch %d, high watermark %d, log end %d of %d, %v", n.id, id, s.Role, s.Leader, s.Epoch, s.HighWatermark, s.LogEnd, end, s.Err)
		}
	}
	if !led {
		fmt.Fprintf(to, "\nnobody leads partition %s", id)
	}
}
