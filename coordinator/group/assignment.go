package group

import (
	"bytes"
	"slices"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// assignment is which partitions somebody has, by topic. Partitions are sorted and without duplicates, and no list is empty.
type assignment map[msg.TopicID][]int32

func compareTopics(a, b msg.TopicID) int { return bytes.Compare(a[:], b[:]) }

// topics lists the topics, sorted.
func (a assignment) topics() []msg.TopicID {
	all := make([]msg.TopicID, 0, len(a))
	for t := range a {
		all = append(all, t)
	}
	slices.SortFunc(all, compareTopics)
	return all
}

func (a assignment) count() int {
	n := 0
	for _, partitions := range a {
		n += len(partitions)
	}
	return n
}

func (a assignment) has(t msg.TopicID, p int32) bool {
	_, found := slices.BinarySearch(a[t], p)
	return found
}

func (a assignment) equal(b assignment) bool {
	if len(a) != len(b) {
		return false
	}
	for t, partitions := range a {
		if !slices.Equal(partitions, b[t]) {
			return false
		}
	}
	return true
}

// add puts a partition in its place.
func (a assignment) add(t msg.TopicID, p int32) {
	at, found := slices.BinarySearch(a[t], p)
	if !found {
		a[t] = slices.Insert(a[t], at, p)
	}
}

// where is the part of the assignment that a condition holds for.
func (a assignment) where(holds func(msg.TopicID, int32) bool) assignment {
	part := assignment{}
	for t, partitions := range a {
		var kept []int32
		for _, p := range partitions {
			if holds(t, p) {
				kept = append(kept, p)
			}
		}
		if len(kept) > 0 {
			part[t] = kept
		}
	}
	return part
}

// with is this and another assignment together.
func (a assignment) with(b assignment) assignment {
	all := assignment{}
	for t, partitions := range a {
		all[t] = slices.Clone(partitions)
	}
	for t, partitions := range b {
		for _, p := range partitions {
			all.add(t, p)
		}
	}
	return all
}

// overlaps reports whether two assignments have a partition in common.
func (a assignment) overlaps(b assignment) bool {
	for t, partitions := range a {
		for _, p := range partitions {
			if b.has(t, p) {
				return true
			}
		}
	}
	return false
}

// within reports that everything of this assignment is in another one too.
func (a assignment) within(b assignment) bool {
	for t, partitions := range a {
		for _, p := range partitions {
			if !b.has(t, p) {
				return false
			}
		}
	}
	return true
}

// assignmentOf is what a client has named.
func assignmentOf(topics []msg.AssignedTopic) assignment {
	a := assignment{}
	for _, t := range topics {
		for _, p := range t.Partitions {
			a.add(t.Topic, p)
		}
	}
	return a
}

// show lists an assignment for an answer, with the topics' names where they are known.
func (c *core) show(a assignment) []msg.AssignedTopic {
	all := make([]msg.AssignedTopic, 0, len(a))
	for _, id := range a.topics() {
		t := msg.AssignedTopic{Topic: id, Partitions: a[id]}
		if topic, ok := c.image.TopicByID(id); ok {
			t.Name = topic.Name
		}
		all = append(all, t)
	}
	return all
}
