package sim

import (
	"hash/crc32"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// committed holds that what one replica shows as committed, all others show as well, at the same offsets, without holes and for ever;
// and that a producer's sequences appear there once and in order.
type committed struct {
	cluster *Cluster
	logs    map[msg.TopicPartition]*agreed
	at      map[replicaOf]*cursor
}

// agreed is the committed log of a partition, as whoever showed a piece of it first has shown it.
type agreed struct {
	batches   []shownBatch
	next      int64           // offset
	sequences map[int64]int32 // the next one by producer
}

type shownBatch struct {
	base  int64
	count int32
	sum   uint32
	// Who wrote it.
	producer int64
	sequence int32
}

// cursor is how far a replica was compared: batches, and the offset behind them.
type cursor struct {
	batch  int
	offset int64
}

const comparedAtOnce = 256 << 10

// saw compares what a view shows beyond what the replica has shown before.
func (k *committed) saw(at replicaOf, v msg.View) {
	cur := k.at[at]
	if cur == nil {
		cur = &cursor{}
		k.at[at] = cur
	}
	for cur.offset < v.State().HighWatermark && k.cluster.broken == nil {
		got, err := v.Read(msg.ReadRequest{Offset: cur.offset, MaxBytes: comparedAtOnce, AtLeastOne: true})
		if err != nil {
			return // a leader whose lease has run out; a later view shows it
		}
		if got.Bytes == 0 {
			k.cluster.violated("committed", "node %d: partition %s: nothing is at offset %d, below the high watermark %d", at.node, at.id, cur.offset, v.State().HighWatermark)
		}
		for _, chunk := range got.Chunks {
			for rest := chunk; len(rest) > 0 && k.cluster.broken == nil; {
				var b record.Batch
				if b, rest, err = record.Next(rest); err != nil {
					k.cluster.violated("committed", "node %d: partition %s: offset %d: %v", at.node, at.id, cur.offset, err)
					break
				}
				k.compare(at, cur, b)
			}
		}
		got.Release()
	}
}

func (k *committed) compare(at replicaOf, cur *cursor, b record.Batch) {
	log := k.log(at.id)
	if b.BaseOffset() != cur.offset {
		k.cluster.violated("committed", "node %d: partition %s: offset %d follows %d", at.node, at.id, b.BaseOffset(), cur.offset-1)
		return
	}
	shown := shownBatch{b.BaseOffset(), b.Count(), crc32.Checksum(b, castagnoli), b.ProducerID(), b.BaseSequence()}
	if cur.batch == len(log.batches) {
		k.extend(at, log, shown)
	} else if before := log.batches[cur.batch]; before != shown {
		k.cluster.violated("committed", "node %d: partition %s: offset %d holds sequence %d of producer %d, and sequence %d of producer %d was there, or in another epoch",
			at.node, at.id, shown.base, shown.sequence, shown.producer, before.sequence, before.producer)
	}
	cur.batch++
	cur.offset = b.LastOffset() + 1
}

func (k *committed) extend(at replicaOf, log *agreed, b shownBatch) {
	if want := log.sequences[b.producer]; b.producer >= 0 && b.sequence != want {
		k.cluster.violated("committed", "node %d: partition %s: offset %d holds sequence %d of producer %d, and %d was next", at.node, at.id, b.base, b.sequence, b.producer, want)
	}
	log.batches = append(log.batches, b)
	log.next = b.base + int64(b.count)
	log.sequences[b.producer] = b.sequence + b.count
}

func (k *committed) log(id msg.TopicPartition) *agreed {
	log := k.logs[id]
	if log == nil {
		log = &agreed{sequences: map[int64]int32{}}
		k.logs[id] = log
	}
	return log
}

// reopened has a replica compared from its beginning: it reads its log anew.
func (k *committed) reopened(at replicaOf) { delete(k.at, at) }
