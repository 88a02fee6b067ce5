package partitions

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// damaged is what appends to a partition with rot in its log are refused with. Only a replica that is alone needs the operator.
func damaged(s Spec, d wal.Damage, alone bool) error {
	remedy := "this replica stops voting, and fetches the log from its leader"
	if alone {
		remedy = "what is whole can still be read, nothing can be appended; restore the file from a copy, or delete the topic"
	}
	return msg.Errorf(kerr.KafkaStorageError, "partition %s of %s is damaged: %s, bytes %d to %d, from entry %d on: %s; %s",
		s.ID, s.Topic, d.File, d.From, d.To, d.FirstIndex, d.Reason, remedy)
}

// Dispensable reports whether the other voters are a majority without this replica, so that the group goes on while it is
// repaired.
func (c *Core) Dispensable() bool {
	enough := !c.only
	c.members.quorums(func(voters []uint64) {
		others := 0
		for _, id := range voters {
			if id != c.Self {
				others++
			}
		}
		enough = enough && others > len(voters)/2
	})
	return enough
}
