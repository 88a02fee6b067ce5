package group

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// scene is members, topics, and what everybody has.
type scene struct {
	members []subscriber
	topics  sizes
}

// randomScene makes a scene in which members read any of a few topics.
func randomScene(r *rand.Rand) scene {
	s := scene{topics: sizes{}}
	var names []msg.TopicID
	for i := range 1 + r.Intn(5) {
		t := topicNamed(fmt.Sprintf("t%d", i))
		names = append(names, t)
		s.topics[t] = r.Intn(12)
	}
	for i := range 1 + r.Intn(8) {
		s.members = append(s.members, s.member(r, fmt.Sprintf("m%02d", i), names))
	}
	return s
}

func (s *scene) member(r *rand.Rand, id string, names []msg.TopicID) subscriber {
	m := subscriber{id: id, before: assignment{}}
	for _, t := range names {
		if r.Intn(3) > 0 {
			m.topics = append(m.topics, t)
		}
	}
	return m
}

// change changes a scene a little: a member comes or goes, or a topic grows or shrinks.
func (s *scene) change(r *rand.Rand, result map[string]assignment) {
	for i := range s.members {
		s.members[i].before = result[s.members[i].id]
	}
	names := make([]msg.TopicID, 0)
	for t := range s.topics {
		names = append(names, t)
	}
	slices.SortFunc(names, compareTopics)
	switch {
	case r.Intn(3) == 0 && len(s.members) > 1:
		at := r.Intn(len(s.members))
		s.members = slices.Delete(s.members, at, at+1)
	case r.Intn(2) == 0:
		s.members = append(s.members, s.member(r, fmt.Sprintf("n%04d", r.Intn(10000)), names))
		slices.SortFunc(s.members, func(a, b subscriber) int { return slices.Compare([]byte(a.id), []byte(b.id)) })
	default:
		s.topics[names[r.Intn(len(names))]] = r.Intn(14)
	}
}

// check is the dumb twin: it counts who has what, and knows nothing of how it came about.
func (s *scene) check(t *testing.T, result map[string]assignment) {
	t.Helper()
	owners := map[msg.TopicID]map[int32]string{}
	for _, m := range s.members {
		for topic, partitions := range result[m.id] {
			if !slices.Contains(m.topics, topic) || !slices.IsSorted(partitions) || len(partitions) == 0 {
				t.Fatalf("%s has %v of a topic; it reads %v", m.id, partitions, m.topics)
			}
			for _, p := range partitions {
				if owners[topic] == nil {
					owners[topic] = map[int32]string{}
				}
				if other, taken := owners[topic][p]; taken || int(p) >= s.topics[topic] {
					t.Fatalf("%s has partition %d of %d, which %q has too", m.id, p, s.topics[topic], other)
				}
				owners[topic][p] = m.id
			}
		}
	}
	for topic, n := range s.topics {
		read := slices.ContainsFunc(s.members, func(m subscriber) bool { return slices.Contains(m.topics, topic) })
		if read && len(owners[topic]) != n {
			t.Fatalf("of %d partitions %d have an owner", n, len(owners[topic]))
		}
	}
}

// even checks that no partition could go to a reader that has two less.
func (s *scene) even(t *testing.T, result map[string]assignment) {
	t.Helper()
	for _, a := range s.members {
		for topic := range result[a.id] {
			for _, b := range s.members {
				if slices.Contains(b.topics, topic) && result[b.id].count()+1 < result[a.id].count() {
					t.Fatalf("%s has %d, and %s, which reads the same topic, %d", a.id, result[a.id].count(), b.id, result[b.id].count())
				}
			}
		}
	}
}

func TestUniformIsWholeEvenAndStable(t *testing.T) {
	for seed := range int64(500) {
		r := rand.New(rand.NewSource(seed))
		s := randomScene(r)
		result := uniform(s.members, s.topics)
		for range 8 {
			s.check(t, result)
			s.even(t, result)
			s.change(r, result)
			result = uniform(s.members, s.topics)
			// Asked again with what it has just said, it says the same.
			again := scene{topics: s.topics}
			for _, m := range s.members {
				m.before = result[m.id]
				again.members = append(again.members, m)
			}
			repeated := uniform(again.members, again.topics)
			for id, a := range result {
				if !a.equal(repeated[id]) {
					t.Fatalf("seed %d: %s has %v, and asked again %v", seed, id, a, repeated[id])
				}
			}
		}
	}
}

func TestRangeIsWholeAndInRuns(t *testing.T) {
	for seed := range int64(200) {
		s := randomScene(rand.New(rand.NewSource(seed)))
		result := ranges(s.members, s.topics)
		s.check(t, result)
		for id, a := range result {
			for _, partitions := range a {
				if int(partitions[len(partitions)-1]-partitions[0]) != len(partitions)-1 {
					t.Fatalf("seed %d: %s has %v, which is no run", seed, id, partitions)
				}
			}
		}
	}
}

// crowd is n members that all read topics with many partitions.
func crowd(n int, before map[string]assignment) scene {
	s := scene{topics: sizes{}}
	var names []msg.TopicID
	for i := range 10 {
		names = append(names, topicNamed(fmt.Sprintf("t%02d", i)))
		s.topics[names[i]] = 1000
	}
	for i := range n {
		id := fmt.Sprintf("m%04d", i)
		s.members = append(s.members, subscriber{id: id, topics: names, before: before[id]})
	}
	return s
}

// A member more or less moves what it gets or had, and nothing else.
func TestUniformMovesNoMoreThanItMust(t *testing.T) {
	s := crowd(100, nil)
	first := uniform(s.members, s.topics)
	for _, n := range []int{101, 99} {
		s = crowd(n, first)
		next := uniform(s.members, s.topics)
		s.even(t, next)
		moved := 0
		for id, a := range next {
			moved += a.where(func(t msg.TopicID, p int32) bool { return !first[id].has(t, p) }).count()
		}
		if want := 10000 / max(n, 100); moved > want+1 {
			t.Errorf("with %d members instead of 100, %d partitions moved, want %d", n, moved, want)
		}
	}
}

// TestUniformIsFast holds the bound of 100 ms for 1,000 members and 10,000 partitions, with room for a busy machine.
func TestUniformIsFast(t *testing.T) {
	s := crowd(1000, nil)
	best := time.Hour
	for range 5 {
		began := time.Now()
		first := uniform(s.members, s.topics)
		next := crowd(1001, first)
		uniform(next.members, next.topics)
		best = min(best, time.Since(began)/2)
	}
	if best > 100*time.Millisecond {
		t.Errorf("1,000 members over 10,000 partitions took %s", best)
	}
}

func BenchmarkUniform(b *testing.B) {
	s := crowd(1000, nil)
	first := uniform(s.members, s.topics)
	next := crowd(1001, first)
	b.ReportAllocs()
	for b.Loop() {
		uniform(next.members, next.topics)
	}
}
