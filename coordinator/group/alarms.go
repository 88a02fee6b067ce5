package group

import (
	"container/heap"
	"time"
)

// alarms is when which group is to be looked at. An alarm that a group has moved since then is left in and passed over, so that
// a heartbeat, which only moves deadlines away, costs nothing here.
type alarms []alarm

type alarm struct {
	at    time.Time
	group *group
}

// set adds an alarm.
func (a *alarms) set(g *group, at time.Time) { heap.Push(a, alarm{at, g}) }

// due takes out a group whose alarm has gone off, or returns nil.
func (a *alarms) due(now time.Time) *group {
	for len(*a) > 0 && !now.Before((*a)[0].at) {
		first := heap.Pop(a).(alarm)
		if first.group.alarm.Equal(first.at) {
			first.group.alarm = time.Time{}
			return first.group
		}
	}
	return nil
}

// first is the time of the next alarm.
func (a *alarms) first() (time.Time, bool) {
	if len(*a) == 0 {
		return time.Time{}, false
	}
	return (*a)[0].at, true
}

// Len, Less, Swap, Push and Pop are heap.Interface.
func (a alarms) Len() int           { return len(a) }
func (a alarms) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a alarms) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *alarms) Push(x any)        { *a = append(*a, x.(alarm)) }

func (a *alarms) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = alarm{}
	*a = (*a)[:last]
	return x
}
