package sim

import (
	"time"

	"github.com/seed-e634fa49/troupe/wal"
)

// settled is after how long a file that was written behind is surely on the disk.
const settled = 5 * time.Second

// crash makes the log what its process's end has left of it.
func (l *memLog) crash(power bool) {
	l.crashes++
	l.hard = l.survivingHard()
	if power {
		l.content = l.survivingContent()
		l.dropStates()
	}
	l.durable, l.durableHard = l.content, l.hard
	l.asked, l.later = nil, nil
}

// survivingHard is the hard state of the last sync that has ended, or a later one: how far the syncer came nobody knows.
func (l *memLog) survivingHard() (hs wal.HardState) {
	written := append([]wal.HardState{l.durableHard}, l.asked...)
	if l.later != nil {
		written = append(written, *l.later)
	}
	return written[l.disk.random.IntN(len(written))]
}

// survivingContent is what was durable, or any beginning of what was written since, as long as it holds what is in both.
func (l *memLog) survivingContent() content {
	if l.disk.random.IntN(3) == 0 || l.first != l.durable.first {
		return l.durable
	}
	both := 0
	for both < len(l.frames) && both < len(l.durable.frames) && &l.frames[both][0] == &l.durable.frames[both][0] {
		both++
	}
	keep := both + l.disk.random.IntN(len(l.frames)-both+1)
	return l.cut(l.first + uint64(keep) - 1)
}

// dropStates loses some of the states that were saved lately.
func (l *memLog) dropStates() {
	kept := l.states[:0]
	for _, s := range l.states {
		if l.disk.cluster.Now()-s.at > settled || l.disk.random.IntN(2) == 0 {
			kept = append(kept, s)
		}
	}
	l.states = kept
}
