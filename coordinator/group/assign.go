package group

import (
	"cmp"
	"slices"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// subscriber is a member as an assignor sees it.
type subscriber struct {
	id       string
	instance *string
	// topics are those it reads, sorted.
	topics []msg.TopicID
	// before is what it was to have until now.
	before assignment
}

// sizes are how many partitions topics have.
type sizes map[msg.TopicID]int

// assignor spreads the partitions of topics over those who read them: every partition that somebody reads goes to one of its
// readers. Members come sorted by id. It is deterministic.
type assignor func(members []subscriber, topics sizes) map[string]assignment

// assignors are those that a group can choose from.
var assignors = map[string]assignor{"uniform": uniform, "range": ranges}

// ranges gives each reader of a topic a run of neighbouring partitions, the first readers one more where it does not come out
// even. So readers of the same topics get the same numbers of each, as long as nobody comes or goes.
func ranges(members []subscriber, topics sizes) map[string]assignment {
	result := make(map[string]assignment, len(members))
	ordered := slices.Clone(members)
	slices.SortStableFunc(ordered, func(a, b subscriber) int { return cmp.Compare(a.rangeKey(), b.rangeKey()) })
	readers := map[msg.TopicID][]string{}
	for _, m := range ordered {
		result[m.id] = assignment{}
		for _, t := range m.topics {
			readers[t] = append(readers[t], m.id)
		}
	}
	for t, ids := range readers {
		next := int32(0)
		for i, id := range ids {
			run := topics[t] / len(ids)
			if i < topics[t]%len(ids) {
				run++
			}
			for range run {
				result[id][t] = append(result[id][t], next)
				next++
			}
		}
	}
	return result
}

// rangeKey is what members are ordered by: a static member keeps its place when it comes back under another id.
func (s subscriber) rangeKey() string {
	if s.instance != nil {
		return *s.instance
	}
	return s.id
}
