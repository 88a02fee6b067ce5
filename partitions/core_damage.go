package partitions

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// damaged is what appends to a partition with rot in its log are refused with.
func damaged(s Spec, d wal.Damage) error {
	return msg.Errorf(kerr.KafkaStorageError, "partition %s of %s is damaged: %s, bytes %d to %d, from entry %d on: %s; what is whole can still be read, nothing can be appended; restore the file from a copy, or delete the topic",
		s.ID, s.Topic, d.File, d.From, d.To, d.FirstIndex, d.Reason)
}
