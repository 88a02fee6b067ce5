package controller

import (
	"slices"
	"strconv"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
)

// moves is what the leader remembers of its own looks at how replicas lie.
type moves struct {
	// seen is the image that was last looked at, at when.
	seen *metadata.Image
	at   time.Time
	// balancing says that replicas are being evened out, once they were found far from even or an operator has asked.
	balancing bool
}

const (
	// lookAfter is the least time between two looks at how replicas lie: they may be many.
	lookAfter = 100 * time.Millisecond
	// lookAnyway is when they are looked at though the image is the same: silence and loads are not in it.
	lookAnyway = 5 * time.Second
	// autoFactor is how many replicas a partition gets for which nobody has asked for a number.
	autoFactor = 3
)

// due reports that there is an image that was not looked at.
func (m *moves) due(image *metadata.Image) bool { return m.seen != image }

// move begins moves that the cluster's state calls for: away from nodes that leave or have lost their disk, to three
// replicas where nobody has asked for a number, and to nodes that hold less than others. So many are under way at a time, the
// first kinds first.
func (c *core) move(r *round) {
	m, since := &c.moves, c.now.Sub(c.moves.at)
	leaving := slices.ContainsFunc(r.image().Nodes(), func(n *metadata.Node) bool { return n.Leaving })
	if since < lookAfter || !m.due(c.image) && !leaving && since < lookAnyway {
		return
	}
	m.seen, m.at = c.image, c.now
	p := c.newPlan(r)
	p.heal()
	p.grow()
	m.balancing = p.even(m.balancing)
	p.spreadLeaders()
	p.write(r)
	c.remove(r)
}

// plan is the moves of one look.
type plan struct {
	*layout
	core   *core
	wanted func(*metadata.Topic) int
	issued uint64
	moves  []metadata.PartitionMoving
	moved  []metadata.PartitionMoved
	// taken are the partitions that this look moves already.
	taken map[msg.TopicPartition]bool
}

func (c *core) newPlan(r *round) *plan {
	l := newLayout(r.image(), &c.leases)
	return &plan{layout: l, core: c, wanted: r.wantedReplicas, issued: l.nextRaftID, taken: map[msg.TopicPartition]bool{}}
}

// room reports that another move may begin.
func (p *plan) room() bool { return p.moving < p.core.settings.MaxMoves }

// begin begins a move.
func (p *plan) begin(t *metadata.Topic, number int, target []metadata.Replica) {
	part := &t.Partitions[number]
	p.count(part.Members(), -1)
	p.count(target, 1)
	p.moves = append(p.moves, metadata.PartitionMoving{Topic: t.ID, Number: int32(number), Target: target})
	p.taken[msg.TopicPartition{Topic: t.ID, Partition: int32(number)}] = true
	p.moving++
}

// each visits the partitions that this look has not moved yet and whose group can change, while there is room.
func (p *plan) each(f func(t *metadata.Topic, number int, part *metadata.Partition)) {
	for _, t := range p.image.Topics() {
		for n := range t.Partitions {
			if !p.room() {
				return
			}
			if !p.taken[msg.TopicPartition{Topic: t.ID, Partition: int32(n)}] && p.majority(&t.Partitions[n]) {
				f(t, n, &t.Partitions[n])
			}
		}
	}
}

// heal moves replicas away from where they can't stay.
func (p *plan) heal() {
	p.each(func(t *metadata.Topic, n int, part *metadata.Partition) {
		if target := p.healed(part); !slices.Equal(target, part.Members()) {
			p.begin(t, n, target)
		}
	})
}

// healed are the members of a partition with each of them that can't stay replaced.
func (p *plan) healed(part *metadata.Partition) []metadata.Replica {
	target := slices.Clone(part.Members())
	for i, r := range target {
		n := p.node(r)
		coming := !slices.Contains(part.Replicas, r)
		switch {
		case !n.Leaving && !n.Fenced && n.Directory != r.Directory:
			target[i] = p.replicaOf(part, n) // its disk was lost
		case n.Leaving, coming && n.Fenced && p.core.leases.silent(n.ID, p.core.now) >= p.core.settings.ReplaceAfter:
			if other, ok := p.pick(target); ok {
				target[i] = p.replicaOf(part, other)
			}
		}
	}
	return target
}

// grow gives partitions replicas that were made when there were too few nodes.
func (p *plan) grow() {
	p.each(func(t *metadata.Topic, n int, part *metadata.Partition) {
		want := p.wanted(t)
		if part.Moving() || len(part.Replicas) >= want || len(p.receivers) < want {
			return
		}
		target := slices.Clone(part.Replicas)
		for len(target) < want {
			node, _ := p.pick(target) // there is one: there are as many receivers as replicas wanted
			target = append(target, p.replicaOf(part, node))
		}
		p.begin(t, n, target)
	})
}

// write makes records of the moves.
func (p *plan) write(r *round) {
	if p.nextRaftID > p.issued {
		r.must(metadata.RaftIDsIssued{Next: p.nextRaftID})
	}
	for _, move := range p.moves {
		r.must(move)
	}
	for _, moved := range p.moved {
		r.must(moved)
	}
}

// factorConfigs say how many replicas the partitions of internal topics are to have.
var factorConfigs = map[string]string{
	"__consumer_offsets":  "offsets.topic.replication.factor",
	"__transaction_state": "transaction.state.log.replication.factor",
	"__share_group_state": "share.coordinator.state.topic.replication.factor",
}

// wantedReplicas is how many replicas the partitions of a topic grow to, 0 if they stay as they are.
func (r *round) wantedReplicas(t *metadata.Topic) int {
	if !t.AutoFactor {
		return 0
	}
	if config, ok := factorConfigs[t.Name]; ok {
		n, _ := r.brokerNumber(config)
		return n
	}
	return autoFactor
}

// remove takes nodes out of the cluster that are leaving and hold nothing any more: neither a partition nor a vote on the
// metadata log.
func (c *core) remove(r *round) {
	for _, n := range r.image().Nodes() {
		if !n.Leaving || n.ID == c.node.ID || r.image().Holds(n.ID) {
			continue
		}
		if _, member := r.image().QuorumOf(n.ID); !member || c.dropMember(r, n.ID) {
			r.must(metadata.NodeRemoved{Node: n.ID, Directory: n.Directory})
		}
	}
}

// dropMember takes a node out of the metadata log's group, and reports whether that could be done: not while it has a vote.
func (c *core) dropMember(r *round, node msg.NodeID) bool {
	q, ok := r.image().QuorumOf(node)
	if !ok || q.Voter || c.voters.votes(q) {
		return false
	}
	rest := slices.DeleteFunc(slices.Clone(r.image().Quorum()), func(o metadata.Quorum) bool { return o == q })
	r.must(metadata.QuorumChanged{Quorum: rest})
	return true
}

// brokerBool is a switch among the broker configs in force here.
func (r *round) brokerBool(name string) bool {
	v := configs.Resolve(msg.BrokerResource, name, r.brokerLayers())
	on, err := strconv.ParseBool(*v.Value)
	return err == nil && on
}
