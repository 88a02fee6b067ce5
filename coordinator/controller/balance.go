package controller

import (
	"cmp"
	"slices"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// The difference between the fullest node and the emptiest at which replicas begin to be evened out, and the one at which that
// ends, as parts of what a node holds on average, and at least in replicas. What lies between them keeps small changes from
// moving data for ever.
const (
	unevenPart, unevenLeast = 5, 2 // more than a fifth, and more than two
	evenPart, evenLeast     = 50, 1
	// leadersAtOnce bounds the partitions that get another preferred leader in one look.
	leadersAtOnce = 100
)

// even moves replicas from the fullest node to the emptiest, one by one, while there is room. It reports whether there is more
// to do. Nodes are compared by how many replicas they hold; of equal ones the fullest is the one with the most bytes.
func (p *plan) even(balancing bool) bool {
	if len(p.receivers) < 2 || !balancing && p.spread() <= max(unevenLeast, p.average()/unevenPart) {
		return false
	}
	for p.spread() > max(evenLeast, p.average()/evenPart) {
		if !p.room() {
			return true
		}
		if !p.shift(p.fullest(), p.emptiest()) {
			return false
		}
	}
	return false
}

// average is how many replicas a receiver holds.
func (p *plan) average() int {
	sum := 0
	for _, n := range p.receivers {
		sum += p.replicas[n.ID]
	}
	return sum / len(p.receivers)
}

// spread is the difference between the receivers that hold most and least.
func (p *plan) spread() int { return p.replicas[p.fullest().ID] - p.replicas[p.emptiest().ID] }

func (p *plan) fullest() *metadata.Node  { return slices.MaxFunc(p.receivers, p.byLoad) }
func (p *plan) emptiest() *metadata.Node { return slices.MinFunc(p.receivers, p.byLoad) }

func (p *plan) byLoad(a, b *metadata.Node) int {
	return cmp.Or(cmp.Compare(p.replicas[a.ID], p.replicas[b.ID]), cmp.Compare(p.bytes[a.ID], p.bytes[b.ID]))
}

// shift moves one replica from a node to another: of the topic that is furthest from even between the two, and one that is
// preferred as the leader if the first node has more of those. false if none may be moved.
func (p *plan) shift(from, to *metadata.Node) bool {
	wantFirst := p.first[from.ID] > p.first[to.ID]
	var best struct {
		topic  *metadata.Topic
		number int
		at     int
		worth  int
	}
	for _, t := range p.image.Topics() {
		worth := 2 * (replicasOn(t, from.ID) - replicasOn(t, to.ID))
		if best.topic != nil && worth+1 <= best.worth {
			continue // none of its partitions can be worth more: it need not be looked through
		}
		for n := range t.Partitions {
			at, ok := p.mayShift(t, n, from, to)
			own := worth
			if (at == 0) == wantFirst {
				own++
			}
			if ok && (best.topic == nil || own > best.worth) {
				best.topic, best.number, best.at, best.worth = t, n, at, own
			}
		}
	}
	if best.topic == nil {
		return false
	}
	target := slices.Clone(best.topic.Partitions[best.number].Replicas)
	target[best.at] = p.replicaOf(&best.topic.Partitions[best.number], to)
	p.begin(best.topic, best.number, target)
	return true
}

func replicasOn(t *metadata.Topic, node msg.NodeID) int {
	count := 0
	for i := range t.Partitions {
		if replicaOn(t.Partitions[i].Members(), node) >= 0 {
			count++
		}
	}
	return count
}

func replicaOn(replicas []metadata.Replica, node msg.NodeID) int {
	return slices.IndexFunc(replicas, func(r metadata.Replica) bool { return r.Node == node })
}

// mayShift reports that a partition can give a replica from one node to another, and which: it does not move yet, will not grow,
// all of its replicas live, and it stays in as many racks.
func (p *plan) mayShift(t *metadata.Topic, number int, from, to *metadata.Node) (at int, ok bool) {
	part := &t.Partitions[number]
	at = replicaOn(part.Replicas, from.ID)
	if at < 0 || part.Moving() || replicaOn(part.Replicas, to.ID) >= 0 || p.taken[msg.TopicPartition{Topic: t.ID, Partition: int32(number)}] {
		return at, false
	}
	if len(part.Replicas) < p.wanted(t) || slices.ContainsFunc(part.Replicas, func(r metadata.Replica) bool { return !p.lives(r) }) {
		return at, false
	}
	after := slices.Clone(part.Replicas)
	after[at].Node = to.ID
	return at, p.racks(after) >= p.racks(part.Replicas)
}

// spreadLeaders gives partitions of topics that have grown by themselves another preferred leader, where one node is preferred
// much more often than another that has a replica as well. What an operator has laid out stays as it is.
func (p *plan) spreadLeaders() {
	average := 0
	for _, n := range p.receivers {
		average += p.first[n.ID]
	}
	slack := max(1, average/max(1, len(p.receivers))/10)
	for _, t := range p.image.Topics() {
		for n := range t.Partitions {
			if !t.AutoFactor || len(p.moved) >= leadersAtOnce {
				break
			}
			p.spreadLeader(t, n, slack)
		}
	}
}

func (p *plan) spreadLeader(t *metadata.Topic, number, slack int) {
	part := &t.Partitions[number]
	if part.Moving() || p.taken[msg.TopicPartition{Topic: t.ID, Partition: int32(number)}] {
		return
	}
	least := 0
	for i, r := range part.Replicas {
		isReceiver := slices.ContainsFunc(p.receivers, func(n *metadata.Node) bool { return n.ID == r.Node })
		if isReceiver && p.first[r.Node] < p.first[part.Replicas[least].Node] {
			least = i
		}
	}
	if p.first[part.Replicas[0].Node]-p.first[part.Replicas[least].Node] <= slack {
		return
	}
	order := slices.Clone(part.Replicas)
	order[0], order[least] = order[least], order[0]
	p.count(part.Replicas, -1)
	p.count(order, 1)
	p.moved = append(p.moved, metadata.PartitionMoved{Topic: t.ID, Number: int32(number), Replicas: order})
}

// balanceCluster decides BalanceCluster.
func (c *core) balanceCluster(r *round, q *msg.BalanceCluster) {
	c.moves.balancing, c.moves.seen, c.moves.at = true, nil, c.now.Add(-lookAfter)
	c.move(r)
	c.leaders.look(c.now)
	q.Leaders = c.balanceLeaders(r)
	q.Moves = newLayout(r.image(), &c.leases).moving
}
