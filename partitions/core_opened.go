package partitions

import "time"

// foundNext is between two founders of a new group: the first one, the preferred leader, has time to find the others started.
const foundNext = 150 * time.Millisecond

// Opened returns after how long a replica that was just opened is to Stand, 0 if it is not to: a group without a past elects its
// first founder, and the members of one that was stopped as a whole need not wait for an election timeout. Where there is a leader,
// it is heard before that.
func (c *Core) Opened() time.Duration {
	if c.damage != nil || c.only {
		return 0
	}
	place := c.members.place(c.Self)
	switch {
	case place < 0:
		return 0
	case c.last == 0 && c.term == 0:
		return standFirst + time.Duration(place)*foundNext
	}
	return standAgain + time.Duration(place)*standNext
}
