package partitions

import (
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// churn is a group whose members' nodes are linked as real ones are: messages between two of them keep their order, links break
// and are heard to break, nodes pause, crash, and are cut off. Time passes for all of them alike. While it runs it holds that
// at no moment two replicas may answer as the leader.
type churn struct {
	*group
	rng     *rand.Rand
	ids     []uint64
	links   map[[2]uint64]*linked // by the lower id first
	ticks   map[uint64]time.Time  // when a member ticks next
	paused  map[uint64]time.Time  // until when a member's process is stopped
	timers  []timer               // in no order
	held    map[uint64][]func()   // what a paused member will find
	asked   []*request
	wanted  []int
	moves   int
	rested  int
	served  map[uint64]int
	crashes bool
}

// linked is the link between two nodes.
type linked struct {
	up     bool
	queues [2][]*raftpb.Message // from the lower id, and from the higher one
	mute   [2]bool              // what is sent in that direction is lost
	heard  time.Time            // when a ping was last answered
	muteAt time.Time
}

type timer struct {
	at time.Time
	do func()
}

func newChurn(t *testing.T, seed uint64) *churn {
	c := &churn{
		group: newGroup(t, 1, 2, 3), rng: rand.New(rand.NewPCG(seed, 2)), ids: []uint64{1, 2, 3, 4, 5},
		links: map[[2]uint64]*linked{}, ticks: map[uint64]time.Time{}, paused: map[uint64]time.Time{}, held: map[uint64][]func(){},
		wanted: []int{1, 2, 3}, served: map[uint64]int{},
	}
	for i, a := range c.ids {
		for _, b := range c.ids[i+1:] {
			c.links[[2]uint64{a, b}] = &linked{up: true, heard: c.now}
		}
	}
	c.join(4, 5)
	for _, id := range c.ids {
		c.wire(id)
		c.ticks[id] = c.now.Add(time.Duration(c.rng.IntN(100)) * time.Millisecond)
	}
	return c
}

// wire gives a member its node's pings.
func (c *churn) wire(id uint64) {
	c.members[id].core.Echo = func(node msg.NodeID) time.Time {
		if l, _ := c.link(id, uint64(node)); l.up {
			return l.heard
		}
		return time.Time{}
	}
}

func (c *churn) link(from, to uint64) (l *linked, direction int) {
	if from < to {
		return c.links[[2]uint64{from, to}], 0
	}
	return c.links[[2]uint64{to, from}], 1
}

func (c *churn) stopped(id uint64) bool { return c.paused[id].After(c.now) }

// on lets something happen to a member: now, or when its process goes on.
func (c *churn) on(id uint64, do func()) {
	if c.stopped(id) {
		c.held[id] = append(c.held[id], do)
		return
	}
	do()
	c.ship(id)
}

// ship drives a member and puts what it sends on its links.
func (c *churn) ship(id uint64) {
	c.after(id)
	for _, m := range c.group.wire {
		if l, dir := c.link(id, m.GetTo()); l.up && !l.mute[dir] && c.rng.IntN(200) > 0 {
			l.queues[dir] = append(l.queues[dir], m)
		}
	}
	c.group.wire = nil
}

func (c *churn) in(d time.Duration, do func()) { c.timers = append(c.timers, timer{c.now.Add(d), do}) }

// step lets a few milliseconds pass.
func (c *churn) step() {
	c.now = c.now.Add(time.Duration(1+c.rng.IntN(4)) * time.Millisecond)
	for _, id := range c.ids {
		if !c.stopped(id) {
			held := c.held[id]
			c.held[id] = nil
			for _, do := range held {
				c.on(id, do)
			}
		}
	}
	for i := 0; i < len(c.timers); i++ {
		if t := c.timers[i]; !t.at.After(c.now) {
			c.timers = slices.Delete(c.timers, i, i+1)
			i--
			t.do()
		}
	}
	c.carry()
	for _, id := range c.ids {
		if !c.ticks[id].After(c.now) && !c.stopped(id) {
			c.ticks[id] = c.now.Add(tickTime)
			if c.members[id].core.Ticking() {
				c.on(id, func() { c.members[id].core.Tick(c.now) })
			}
		}
		if c.rng.IntN(3) > 0 && !c.stopped(id) {
			c.flush(id, 1)
			c.ship(id)
		}
	}
	c.oneServes()
}

// carry delivers what is on the links, pings, and notices links that are dead.
func (c *churn) carry() {
	for i, a := range c.ids {
		for _, b := range c.ids[i+1:] {
			l, _ := c.link(a, b)
			if !l.up || c.stopped(a) || c.stopped(b) {
				continue
			}
			if !l.mute[0] && !l.mute[1] {
				l.heard = c.now.Add(-time.Millisecond)
			} else if c.now.Sub(l.muteAt) > time.Second {
				c.snap(a, b)
				continue
			}
			for dir, to := range [2]uint64{b, a} {

				for range c.rng.IntN(4) {
					if len(l.queues[dir]) == 0 {
						break
					}
					m := l.queues[dir][0]
					l.queues[dir] = l.queues[dir][1:]
					c.on(to, func() { _ = c.members[to].core.Step(m, msg.NodeID(m.GetFrom()), c.now) })
				}
			}
		}
	}
}

// snap breaks a link: what is on it is lost, both sides are told, and after a while there is another.
func (c *churn) snap(a, b uint64) {
	l, _ := c.link(a, b)
	if !l.up {
		return
	}
	*l = linked{}
	for _, side := range [][2]uint64{{a, b}, {b, a}} {
		c.in(time.Duration(c.rng.IntN(4))*time.Millisecond, func() {
			c.on(side[0], func() {
				c.stand(side[0], c.members[side[0]].core.PeerDown(msg.NodeID(side[1]), c.now))
			})
		})
	}
	c.in(time.Duration(10+c.rng.IntN(1500))*time.Millisecond, func() {
		if l.up {
			return
		}
		l.up, l.heard = true, c.now
		for _, side := range [][2]uint64{{a, b}, {b, a}} {
			c.on(side[0], func() {
				c.stand(side[0], c.members[side[0]].core.PeerUp(msg.NodeID(side[1]), c.now))
			})
		}
	})
}

func (c *churn) stand(id uint64, after time.Duration) {
	if after > 0 {
		c.in(after, func() { c.on(id, func() { c.members[id].core.Stand() }) })
	}
}

// oneServes holds that at most one replica may answer as the leader.
func (c *churn) oneServes() {
	c.t.Helper()
	serves := uint64(0)
	for _, id := range c.ids {
		s := c.members[id].core.State(c.now)
		if c.stopped(id) {
			continue // it answers nothing, and when it goes on it is told first what has broken
		}
		if s.Role != msg.Leader || s.Expired(c.now) {
			continue
		}
		if serves != 0 {
			c.t.Fatalf("%v: both %d (epoch %d) and %d (epoch %d) may answer as the leader", c.now.UnixMilli(), serves, c.members[serves].core.Epoch(), id, s.Epoch)
		}
		serves = id
		c.served[id]++
		if c.members[id].core.asleep {
			c.rested++
		}
	}
}

// trouble makes one thing go wrong, or has somebody ask for something.
func (c *churn) trouble() {
	id, other := c.ids[c.rng.IntN(len(c.ids))], c.ids[c.rng.IntN(len(c.ids))]
	switch n := c.rng.IntN(100); {
	case n < 60:
		c.on(id, func() {
			at := c.leading(id)
			if !c.stopped(at) {
				c.asked = append(c.asked, c.ask(at, int64(c.rng.IntN(2)), c.asked, c.rng))
				c.ship(at)
			}
		})
	case n < 70:
		for i, p := range c.rng.Perm(5)[:1+c.rng.IntN(3)] {
			if i == 0 {
				c.wanted = nil
			}
			c.wanted = append(c.wanted, p+1)
		}
		c.moves++
		c.tellAll()
	case n < 78:
		for _, at := range c.ids {
			c.on(at, func() {
				t := &msg.Transfer{Asked: msg.Asked{Done: func(error) {}}, To: msg.NodeID(other)}
				c.members[at].core.Transfer(t, c.now)
			})
		}
	case n < 84:
		c.paused[id] = c.now.Add(time.Duration(c.rng.IntN(3000)) * time.Millisecond)
	case n < 90 && id != other:
		c.snap(id, other)
	case n < 94 && id != other:
		l, dir := c.link(id, other)
		l.mute[dir], l.muteAt = true, c.now
	case n < 97 && c.crashes:
		c.crash(id)
	}
}

func (c *churn) tellAll() {
	for _, at := range c.ids {
		c.on(at, func() { c.members[at].core.Assign(&msg.Assign{Members: placed(c.wanted...)}, c.now) })
	}
}

// crash kills a member's process, and starts another.
func (c *churn) crash(id uint64) {
	for _, other := range c.ids {
		if other != id {
			c.snap(id, other)
		}
	}
	c.paused[id], c.held[id] = time.Time{}, nil
	c.logs[id].crash(c.logs[id].durable + uint64(c.rng.IntN(3)))
	c.open(id)
	c.wire(id)
	if c.members[id].core.Only() {
		_ = c.members[id].core.Campaign()
	}
	c.ship(id)
}

// heal ends all trouble, and lets the group come to rest.
func (c *churn) heal() {
	c.paused = map[uint64]time.Time{}
	for _, l := range c.links {
		l.mute = [2]bool{}
	}
	for range 5000 {
		c.step()
		if c.rng.IntN(400) == 0 {
			c.tellAll()
		}
	}
	// What has left the group its node deletes.
	leader := c.leader()
	if leader == 0 {
		c.t.Fatal("nobody leads")
	}
	c.ids = c.ids[:0]
	for _, at := range c.members[leader].core.members.places {
		c.ids = append(c.ids, at.RaftID)
	}
	slices.Sort(c.ids)
	for range 3000 {
		c.step()
	}
}

// TestChurn runs groups through moves, transfers, pauses, broken and half-broken links, and crashes.
func TestChurn(t *testing.T) {
	runs := uint64(20)
	if testing.Short() {
		runs = 6
	}
	for seed := range runs {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { churned(t, seed) })
	}
}

func churned(t *testing.T, seed uint64) {
	real := cryptorand.Reader
	defer func() { cryptorand.Reader = real }()
	cryptorand.Reader = seeded{rand.NewChaCha8([32]byte{byte(seed), 1})}
	c := newChurn(t, seed)
	c.crashes = seed%2 == 1
	calm := 0
	for range 8000 {
		c.step()
		if calm--; calm > 0 {
			continue
		}
		switch n := c.rng.IntN(1000); {
		case n < 60:
			c.trouble()
		case n == 999:
			calm = 1200 // long enough to rest
		}
	}
	c.heal()
	leader := c.leader()
	if leader == 0 {
		for _, id := range c.ids {
			k := c.members[id].core
			t.Logf("%d: role %d lead %d term %d settled %v asleep %v last %d commit %d applied %d conf %v transfer %v wanted %v done %v unheard %d", id, k.role, k.lead, k.term, k.settled, k.asleep, k.last, k.commit, k.applied, k.Members(), k.transfer.to, k.move.wanted, k.move.done, k.unheard)
		}
		t.Fatal("nobody leads")
	}
	var voters []uint64
	for _, id := range c.wanted {
		voters = append(voters, uint64(id))
	}
	if got := c.members[leader].core.Members().GetVoters(); !slices.Equal(got, slices.Sorted(slices.Values(voters))) || len(c.members[leader].core.Members().GetLearners()) > 0 {
		t.Fatalf("wanted are %v, %d leads %s", voters, leader, c.shape(leader))
	}
	c.voters = voters
	c.same()
	c.members[1] = c.members[leader] // whose log is held against what was acknowledged
	c.verify(c.asked)
	if !c.members[leader].core.Only() && !c.members[leader].core.asleep {
		t.Fatal("an idle group does not rest")
	}
	refused := map[string]int{}
	for _, r := range c.asked {
		if r.answered && r.Err != nil {
			refused[kerrName(r.Err)]++
		}
	}
	t.Logf("%d moves were asked for, epoch %d; steps served by each: %v, resting %d; refused: %v", c.moves, c.members[leader].core.Epoch(), c.served, c.rested, refused)
}

func kerrName(err error) string {
	if e := kerr.ErrorForCode(msg.Code(err)); e != nil {
		return e.Error()[:20]
	}
	return "none"
}
