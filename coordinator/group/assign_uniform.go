package group

import (
	"container/heap"
	"slices"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// uniform gives every member as many partitions as the others, as far as what they read allows, and moves as few as it can:
//
//	keep     everybody keeps what it had and still reads
//	give     what nobody has goes to the reader that has least
//	balance  whoever has most hands one over to the reader of one of its topics that has least, while that evens things out
//
// In the end nobody has two more than another reader of one of its partitions.
//
// Members that read the same topics form a class, ordered by how much each has, so that the reader of a topic that has least is
// found among the first of each class.
func uniform(members []subscriber, topics sizes) map[string]assignment {
	u := newUniform(members, topics)
	u.keep(members)
	u.give()
	u.balance()
	result := make(map[string]assignment, len(members))
	for _, s := range u.shares {
		for _, partitions := range s.has {
			slices.Sort(partitions)
		}
		result[s.id] = s.has
	}
	return result
}

// share is what one member gets.
type share struct {
	id    string
	order int // among the members
	class *class
	at    int // in the class
	queue int // the place among the heaviest, -1: not there
	has   assignment
	load  int
}

// class are the members that read the same topics, the one with the least first: a heap.
type class struct {
	topics []msg.TopicID
	shares []*share
}

func (c *class) Len() int { return len(c.shares) }
func (c *class) Less(i, j int) bool {
	a, b := c.shares[i], c.shares[j]
	return a.load < b.load || a.load == b.load && a.order < b.order
}
func (c *class) Swap(i, j int) {
	c.shares[i], c.shares[j] = c.shares[j], c.shares[i]
	c.shares[i].at, c.shares[j].at = i, j
}
func (c *class) Push(x any) { c.shares = append(c.shares, x.(*share)) }
func (c *class) Pop() any   { panic("group: members never leave their class") }

// uniformity is an assignment in the making.
type uniformity struct {
	topics  sizes
	order   []msg.TopicID // those with readers, sorted
	shares  []*share      // by member
	classes []*class
	readers map[msg.TopicID][]*class
	taken   map[msg.TopicID][]bool
	queue   heaviest // those who may still have something to hand over
}

func newUniform(members []subscriber, topics sizes) *uniformity {
	u := &uniformity{topics: topics, readers: map[msg.TopicID][]*class{}, taken: map[msg.TopicID][]bool{}}
	classes := map[string]*class{}
	for i, m := range members {
		key := make([]byte, 0, 16*len(m.topics))
		for _, t := range m.topics {
			key = append(key, t[:]...)
		}
		k, known := classes[string(key)]
		if !known {
			k = &class{topics: m.topics}
			classes[string(key)] = k
			u.classes = append(u.classes, k)
			for _, t := range m.topics {
				u.readers[t] = append(u.readers[t], k)
			}
		}
		s := &share{id: m.id, order: i, class: k, at: len(k.shares), queue: -1, has: assignment{}}
		k.shares = append(k.shares, s)
		u.shares = append(u.shares, s)
	}
	for t := range u.readers {
		u.order = append(u.order, t)
		u.taken[t] = make([]bool, topics[t])
	}
	slices.SortFunc(u.order, compareTopics)
	return u
}

// keep leaves everybody what it had, where it still reads the topic and nobody else has it.
func (u *uniformity) keep(members []subscriber) {
	for i, m := range members {
		s := u.shares[i]
		for _, t := range m.before.topics() {
			if _, reads := slices.BinarySearchFunc(m.topics, t, compareTopics); !reads {
				continue
			}
			for _, p := range m.before[t] {
				if int(p) < len(u.taken[t]) && !u.taken[t][p] {
					u.take(s, t, p)
				}
			}
		}
	}
	for _, k := range u.classes {
		heap.Init(k)
	}
}

func (u *uniformity) take(s *share, t msg.TopicID, p int32) {
	u.taken[t][p] = true
	s.has[t] = append(s.has[t], p)
	s.load++
}

// give hands out what nobody has. Topics with few readers go first, as they leave less choice.
func (u *uniformity) give() {
	byChoice := slices.Clone(u.order)
	slices.SortStableFunc(byChoice, func(a, b msg.TopicID) int { return u.choice(a) - u.choice(b) })
	for _, t := range byChoice {
		for p, taken := range u.taken[t] {
			if !taken {
				s := u.least(t)
				u.take(s, t, int32(p))
				heap.Fix(s.class, s.at)
			}
		}
	}
}

func (u *uniformity) choice(t msg.TopicID) int {
	n := 0
	for _, k := range u.readers[t] {
		n += len(k.shares)
	}
	return n
}

// least is the reader of a topic that has least.
func (u *uniformity) least(t msg.TopicID) *share {
	best := u.readers[t][0].shares[0]
	for _, k := range u.readers[t][1:] {
		if s := k.shares[0]; s.load < best.load || s.load == best.load && s.order < best.order {
			best = s
		}
	}
	return best
}

// balance evens out, from those who have most. Each move brings two loads closer together, so it ends. Whoever finds nobody to
// hand something to is asked again after others have moved.
func (u *uniformity) balance() {
	for moved := true; moved; {
		moved = false
		u.queue = slices.Clone(u.shares)
		for i, s := range u.queue {
			s.queue = i
		}
		heap.Init(&u.queue)
		for len(u.queue) > 0 {
			if u.relieve(u.queue[0]) {
				moved = true
			} else {
				heap.Pop(&u.queue)
			}
		}
	}
}

// weigh changes a load by one, and puts the member in its new places.
func (u *uniformity) weigh(s *share, by int) {
	s.load += by
	heap.Fix(s.class, s.at)
	if s.queue >= 0 {
		heap.Fix(&u.queue, s.queue)
	}
}

// relieve moves one partition of a member to the reader of one of its topics that has least, if that has two less.
func (u *uniformity) relieve(s *share) bool {
	var to *share
	var topic msg.TopicID
	for _, t := range s.class.topics {
		if len(s.has[t]) == 0 {
			continue
		}
		if b := u.least(t); b.load+1 < s.load && (to == nil || b.load < to.load) {
			to, topic = b, t
		}
	}
	if to == nil {
		return false
	}
	last := len(s.has[topic]) - 1
	to.has[topic] = append(to.has[topic], s.has[topic][last])
	if s.has[topic] = s.has[topic][:last]; last == 0 {
		delete(s.has, topic)
	}
	u.weigh(s, -1)
	u.weigh(to, 1)
	return true
}

// heaviest orders members by what they have, the most first: a heap.
type heaviest []*share

func (h heaviest) Len() int { return len(h) }
func (h heaviest) Less(i, j int) bool {
	return h[i].load > h[j].load || h[i].load == h[j].load && h[i].order < h[j].order
}
func (h heaviest) Swap(i, j int) { h[i], h[j] = h[j], h[i]; h[i].queue, h[j].queue = i, j }
func (h *heaviest) Push(any)     { panic("group: members only leave the heaviest") }
func (h *heaviest) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	x.queue = -1
	*h = (*h)[:last]
	return x
}
