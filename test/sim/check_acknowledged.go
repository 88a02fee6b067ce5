package sim

import (
	"sort"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// acknowledged holds that what a producer was told is written is there, at the offset that it was told.
type acknowledged struct {
	cluster *Cluster
	acks    []ack
}

type ack struct {
	id       msg.TopicPartition
	producer int64
	sequence int32
	count    int32
	base     int64 // -1: the producer was told that it is a duplicate
}

// told is called with each acknowledgement.
func (k *acknowledged) told(id msg.TopicPartition, b *batch, base int64) {
	a := ack{id, b.producer.id, b.sequence, int32(len(b.records)), base}
	k.acks = append(k.acks, a)
	if a.base >= 0 && a.base < k.cluster.checks.committed.log(id).next {
		k.holds(a)
	}
}

// all checks every acknowledgement, at the end.
func (k *acknowledged) all() {
	for _, a := range k.acks {
		k.holds(a)
	}
}

func (k *acknowledged) holds(a ack) {
	log := k.cluster.checks.committed.log(a.id)
	if a.base < 0 {
		if log.sequences[a.producer] < a.sequence+a.count {
			k.cluster.violated("acknowledged", "partition %s: sequence %d of producer %d was called a duplicate, and is not there", a.id, a.sequence, a.producer)
		}
		return
	}
	i := sort.Search(len(log.batches), func(i int) bool { return log.batches[i].base >= a.base })
	if i == len(log.batches) || log.batches[i].base != a.base || log.batches[i].producer != a.producer || log.batches[i].sequence != a.sequence {
		k.cluster.violated("acknowledged", "partition %s: sequence %d of producer %d was acknowledged at offset %d, and is not there", a.id, a.sequence, a.producer, a.base)
	}
}
