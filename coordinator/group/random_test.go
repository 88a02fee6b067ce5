package group

import (
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// crew is clients of both protocols that do anything at any time: they join, sync, send heartbeats, hand partitions over or
// don't, commit, leave, and fall silent. Topics come and grow, and coordinators take over.
type crew struct {
	*stage
	r     *rand.Rand
	ids   []string // that somebody was given
	asks  []ask    // what the core has and has not answered
	count int
}

// TestAnythingMayHappen checks after every step that the core's books are right, that no partition has two owners, and that
// another coordinator would know the same.
func TestAnythingMayHappen(t *testing.T) {
	for seed := range int64(30) {
		c := &crew{stage: newStage(t), r: rand.New(rand.NewSource(seed))}
		c.topic("t", 6)
		for range 250 {
			c.step()
			c.checkBooks(seed)
		}
		c.core.abandon(nil)
		c.settle()
		for _, q := range c.asks {
			if _, waits := c.asked[q]; waits {
				t.Fatalf("seed %d: a %T was never answered", seed, q)
			}
		}
	}
}

func (c *crew) id() string {
	if len(c.ids) == 0 || c.r.Intn(6) == 0 {
		return ""
	}
	return c.ids[c.r.Intn(len(c.ids))]
}

func (c *crew) step() {
	c.count++
	switch c.r.Intn(20) {
	case 0:
		c.pass(time.Duration(c.r.Intn(20)) * time.Second)
	case 1:
		c.topic("t", 6+c.r.Intn(3))
	case 2:
		if c.r.Intn(4) == 0 {
			c.core.abandon(nil)
			c.settle()
			c.reload(c.log)
		}
	default:
		if q := c.anything(); q != nil {
			c.asks = append(c.asks, q)
			c.asked[q] = "x"
			c.core.handle(q, c.now)
		}
	}
	c.settle()
}

// settle takes what the core wants done.
func (c *crew) settle() {
	out := c.core.take()
	c.log = append(c.log, out.records...)
	for _, a := range out.answers {
		if _, waits := c.asked[a.ask]; !waits {
			c.t.Fatalf("%T was answered twice, or never asked", a.ask)
		}
		delete(c.asked, a.ask)
		switch q := a.ask.(type) {
		case *msg.JoinGroup:
			if q.NewMemberID != "" {
				c.ids = append(c.ids, q.NewMemberID)
			}
		case *msg.HeartbeatConsumer:
			if a.err == nil && q.Epoch == 0 {
				c.ids = append(c.ids, q.NewMemberID)
			}
		}
	}
}

// anything is a request that some client might send.
func (c *crew) anything() ask {
	asked := msg.Asked{Done: func(error) {}}
	id := c.id()
	var instance *string
	if c.r.Intn(3) == 0 {
		instance = text(fmt.Sprint("i", c.r.Intn(3)))
	}
	g, _ := c.core.find("g")
	epoch := int32(c.r.Intn(4))
	var owned []msg.AssignedTopic
	if g != nil {
		epoch = g.generation()
		if g.consumer != nil && g.consumer.members.get(id) != nil {
			m := g.consumer.members.get(id)
			epoch = m.epoch
			owned = c.core.show(m.assigned)
		}
	}
	switch c.r.Intn(9) {
	case 0, 1:
		return &msg.JoinGroup{Asked: asked, Group: "g", MemberID: id, InstanceID: instance, ClientID: "c", ProtocolType: consumerType, SessionTimeout: 10 * time.Second,
			RebalanceTimeout: 20 * time.Second, HandsShake: c.r.Intn(2) == 0, Protocols: []msg.GroupProtocol{{Name: "range", Metadata: subscriptionTo([]string{"t"}, nil)}}}
	case 2:
		q := &msg.SyncGroup{Asked: asked, Group: "g", MemberID: id, InstanceID: instance, Generation: epoch}
		for i, id := range c.ids {
			q.Assignments = append(q.Assignments, msg.MemberAssignment{ID: id, Assignment: encodeAssignment(0, []ownedTopic{{"t", []int32{int32(i % 6)}}})})
		}
		return q
	case 3:
		return &msg.HeartbeatGroup{Asked: asked, Group: "g", MemberID: id, InstanceID: instance, Generation: epoch}
	case 4:
		return &msg.CommitOffsets{Asked: asked, Group: "g", MemberID: id, Epoch: epoch, Retention: -1, KnowsEpochs: true,
			Offsets: []msg.CommittedOffset{{Topic: "t", Partition: int32(c.r.Intn(3)), Offset: int64(c.count)}}}
	case 5:
		if c.r.Intn(3) == 0 {
			return &msg.LeaveGroup{Asked: asked, Group: "g", Members: []msg.LeavingMember{{ID: id}, {InstanceID: instance}}}
		}
	case 6:
		return &msg.HeartbeatConsumer{Asked: asked, Group: "g", MemberID: fmt.Sprint("n", c.r.Intn(6)), InstanceID: instance, ClientID: "c", RebalanceTimeout: 20 * time.Second,
			Topics: []string{"t"}, Owned: []msg.AssignedTopic{}}
	case 7:
		if c.r.Intn(4) == 0 {
			epoch = -1 - int32(c.r.Intn(2))
		}
		q := &msg.HeartbeatConsumer{Asked: asked, Group: "g", MemberID: id, InstanceID: instance, ClientID: "c", RebalanceTimeout: -1, Epoch: epoch}
		if c.r.Intn(2) == 0 {
			q.Owned = append([]msg.AssignedTopic{}, owned...)
		}
		return q
	case 8:
		return &msg.FetchOffsets{Asked: asked, Group: "g", MemberEpoch: -1, All: true}
	}
	return nil
}

func (c *crew) checkBooks(seed int64) {
	for _, g := range c.core.sorted() {
		if g.consumer != nil {
			c.checkConsumer(seed, g.consumer)
		} else {
			c.checkClassic(seed, g.classic)
		}
	}
	if c.count%5 > 0 {
		return
	}
	other := newCore(&counter{})
	for _, r := range c.log {
		if err := other.replay(r); err != nil {
			c.t.Fatalf("seed %d, step %d: %v", seed, c.count, err)
		}
	}
	for id, g := range c.core.groups {
		o, known := other.groups[id]
		if g.unused() && !known || g.classic != nil && len(g.classic.pending) > 0 && !known {
			continue
		}
		if !known && g.classic != nil && !g.classic.written && len(g.offsets) == 0 {
			continue // its first rebalance is under way
		}
		if !known {
			c.t.Fatalf("seed %d, step %d: another coordinator does not know the group", seed, c.count)
		}
		if !reflect.DeepEqual(g.offsets, o.offsets) {
			c.t.Fatalf("seed %d, step %d: offsets %v, and after a take-over %v", seed, c.count, g.offsets, o.offsets)
		}
		if g.consumer != nil {
			sameConsumers(c.t, fmt.Sprintf("seed %d, step %d", seed, c.count), g.consumer, o.consumer)
		}
	}
}

func sameConsumers(t *testing.T, where string, a, b *consumer) {
	t.Helper()
	if b == nil || a.epoch != b.epoch || a.targetEpoch != b.targetEpoch || a.hash != b.hash || len(a.members.list) != len(b.members.list) {
		t.Fatalf("%s: a group in epoch %d, target %d, %d members; after a take-over %+v", where, a.epoch, a.targetEpoch, len(a.members.list), b)
	}
	for _, m := range a.members.list {
		o := b.members.get(m.id)
		if o == nil || o.epoch != m.epoch || o.state != m.state || !o.assigned.equal(m.assigned) || !o.revoking.equal(m.revoking) || !a.target[m.id].equal(b.target[m.id]) ||
			!slices.Equal(o.topics, m.topics) || (o.classic == nil) != (m.classic == nil) || !reflect.DeepEqual(o.since, m.since) || !samePointed(o.instance, m.instance) {
			t.Fatalf("%s: member %+v, and after a take-over %+v", where, m, o)
		}
	}
}

func (c *crew) checkConsumer(seed int64, k *consumer) {
	owners := 0
	for _, m := range k.members.list {
		if m.epoch > k.targetEpoch || k.targetEpoch > k.epoch {
			c.t.Fatalf("seed %d, step %d: member in epoch %d, target %d, group %d", seed, c.count, m.epoch, k.targetEpoch, k.epoch)
		}
		for _, a := range []assignment{m.assigned, m.revoking} {
			for t, partitions := range a {
				for _, p := range partitions {
					owners++
					if k.owners[t][p] != m.id {
						c.t.Fatalf("seed %d, step %d: %s has %d, which is in the books of %q", seed, c.count, m.id, p, k.owners[t][p])
					}
				}
			}
		}
		if m.instance != nil && k.statics[*m.instance] != m.id {
			c.t.Fatalf("seed %d, step %d: instance %s is %s, not %s", seed, c.count, *m.instance, k.statics[*m.instance], m.id)
		}
	}
	for _, booked := range k.owners {
		owners -= len(booked)
	}
	if owners != 0 {
		c.t.Fatalf("seed %d, step %d: the books have %d owners more or less than there are", seed, c.count, owners)
	}
}

func (c *crew) checkClassic(seed int64, k *classic) {
	joining, supported := 0, map[string]int{}
	for _, m := range k.members.list {
		if m.join != nil {
			joining++
		}
		for _, p := range m.protocols {
			supported[p.Name]++
		}
		if m.sync != nil && k.state != completing {
			c.t.Fatalf("seed %d, step %d: %s waits for an assignment while %s", seed, c.count, m.id, k.state)
		}
	}
	switch {
	case joining != k.joining:
		c.t.Fatalf("seed %d, step %d: %d members have joined, the books say %d", seed, c.count, joining, k.joining)
	case len(supported) > 0 && !reflect.DeepEqual(supported, k.supported):
		c.t.Fatalf("seed %d, step %d: protocols %v, the books say %v", seed, c.count, supported, k.supported)
	case k.state == empty && len(k.members.list) > 0, (k.state == stable || k.state == completing) && len(k.members.list) == 0:
		c.t.Fatalf("seed %d, step %d: %s with %d members", seed, c.count, k.state, len(k.members.list))
	case (k.state == stable || k.state == completing) && k.members.get(k.leader) == nil:
		c.t.Fatalf("seed %d, step %d: the leader %q is no member", seed, c.count, k.leader)
	}
}

// BenchmarkHeartbeat is the steady state of a consumer group of a thousand members.
func BenchmarkHeartbeat(b *testing.B) {
	s := newStage(nil)
	s.t = &testing.T{}
	s.topic("t", 1000)
	for i := range 1000 {
		s.core.handle(&msg.HeartbeatConsumer{Group: "g", MemberID: fmt.Sprint("m", i), Topics: []string{"t"}, Owned: []msg.AssignedTopic{}}, s.now)
		s.core.take()
	}
	g, _ := s.core.find("g")
	for range 3 {
		for _, m := range g.consumer.members.list {
			s.core.handle(&msg.HeartbeatConsumer{Group: "g", MemberID: m.id, Epoch: m.epoch, RebalanceTimeout: -1, Owned: s.core.show(m.assigned)}, s.now)
		}
		s.core.take()
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m := g.consumer.members.list[i%1000]
		s.core.handle(&msg.HeartbeatConsumer{Group: "g", MemberID: m.id, Epoch: m.epoch, RebalanceTimeout: -1, ClientID: "", ClientHost: ""}, s.now)
		s.core.take()
	}
}
