package controller

import (
	"slices"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// transfer asks the node that leads a partition to hand it to another.
type transfer struct {
	leader    msg.NodeID
	partition msg.TopicPartition
	to        msg.NodeID
}

// leaders is what the leader of the metadata log remembers of who leads the partitions.
type leaders struct {
	// checked is when the preferred leaders were last compared with the real ones, drained when draining nodes were last looked
	// at.
	checked, drained time.Time
	// asked are the partitions that were asked for a transfer lately, and when.
	asked map[msg.TopicPartition]time.Time
}

const (
	// askAgain is when a partition that has not changed its leader is asked once more.
	askAgain = 5 * time.Second
	// drainEvery is how often nodes that shall lead nothing are looked at.
	drainEvery = 200 * time.Millisecond
	// transfersAtOnce bounds the transfers that are asked for in one look.
	transfersAtOnce = 500
	// maxLeaderCheck is longer than any interval between two checks.
	maxLeaderCheck = 100 * 365 * 24 * time.Hour
)

// look has the preferred leaders compared at the next opportunity.
func (l *leaders) look(now time.Time) { l.checked = now.Add(-maxLeaderCheck) }

// balanceLeaders moves leadership away from nodes that shall not have it, and now and then to the preferred leaders, as
// leader.imbalance.check.interval.seconds and auto.leader.rebalance.enable say. It returns how many partitions it has asked.
func (c *core) balanceLeaders(r *round) int {
	if c.leadership == nil {
		return 0
	}
	before := len(c.out.transfers)
	if c.now.Sub(c.leaders.drained) >= drainEvery {
		c.leaders.drained = c.now
		c.drainLeaders(r.image())
	}
	if r.brokerBool("auto.leader.rebalance.enable") && c.now.Sub(c.leaders.checked) >= r.leaderCheckInterval() {
		if !c.leaders.checked.IsZero() {
			c.preferLeaders(r.image())
		}
		c.leaders.checked = c.now
	}
	return len(c.out.transfers) - before
}

func (r *round) leaderCheckInterval() time.Duration {
	n, _ := r.brokerNumber("leader.imbalance.check.interval.seconds")
	return min(time.Duration(n)*time.Second, maxLeaderCheck)
}

// drainLeaders asks nodes that drain or leave to hand over what they lead.
func (c *core) drainLeaders(image *metadata.Image) {
	shunned := false
	for _, n := range image.Nodes() {
		shunned = shunned || n.Draining || n.Leaving
	}
	if !shunned {
		return // as nearly always: the partitions need not be looked through
	}
	if n, ok := image.Node(c.node.ID); ok && (n.Draining || n.Leaving) {
		c.handOverLog(image)
	}
	for _, t := range image.Topics() {
		for i := range t.Partitions {
			tp := msg.TopicPartition{Topic: t.ID, Partition: int32(i)}
			l, ok := c.leadership(tp)
			if n, known := image.Node(l.Leader); ok && known && (n.Draining || n.Leaving) {
				c.transfer(image, tp, l, t.Partitions[i].Replicas)
			}
		}
	}
}

// handOverLog gives the metadata log itself to another voter, so that this node does not lead it.
func (c *core) handOverLog(image *metadata.Image) {
	log := msg.TopicPartition{Topic: msg.MetadataTopicID}
	l := msg.Leadership{Leader: c.node.ID}
	var others []metadata.Replica
	for _, q := range image.Quorum() {
		if q.Voter && c.voters.votes(q) && image.Alive(q.Node) {
			l.InSync = append(l.InSync, q.Node)
			others = append(others, metadata.Replica{Node: q.Node})
		}
	}
	c.transfer(image, log, l, others)
}

// transfer asks for a partition's leadership to go to the first of its replicas that may have it, if there is one.
func (c *core) transfer(image *metadata.Image, tp msg.TopicPartition, l msg.Leadership, order []metadata.Replica) {
	if len(c.out.transfers) >= transfersAtOnce || c.now.Sub(c.leaders.asked[tp]) < askAgain {
		return
	}
	for _, r := range order {
		if r.Node != l.Leader && mayLead(image, l, r.Node) {
			if c.leaders.asked == nil {
				c.leaders.asked = map[msg.TopicPartition]time.Time{}
			}
			c.leaders.asked[tp] = c.now
			c.out.transfers = append(c.out.transfers, transfer{l.Leader, tp, r.Node})
			return
		}
	}
}

// mayLead reports that a node may take a partition over: it is alive, is not being emptied, and has everything.
func mayLead(image *metadata.Image, l msg.Leadership, node msg.NodeID) bool {
	n, ok := image.Node(node)
	return ok && !n.Fenced && !n.Draining && !n.Leaving && slices.Contains(l.InSync, node)
}

// preferLeaders asks for transfers to the preferred leaders, wherever another one leads and the preferred one may.
func (c *core) preferLeaders(image *metadata.Image) {
	clear(c.leaders.asked)
	for _, t := range image.Topics() {
		for i := range t.Partitions {
			tp := msg.TopicPartition{Topic: t.ID, Partition: int32(i)}
			l, ok := c.leadership(tp)
			if preferred := t.Partitions[i].Replicas[:1]; ok && l.Leader != msg.NoNode && l.Leader != preferred[0].Node {
				c.transfer(image, tp, l, preferred)
			}
		}
	}
}
