package sim

import (
	"hash/crc32"

	"github.com/seed-e634fa49/troupe/wal"
)

// logsMatch holds that entries of one index and one term are the same in all logs of a partition (raft's log matching).
type logsMatch struct {
	cluster *Cluster
	entries map[entryAt]uint32
}

type entryAt struct {
	log         string
	index, term uint64
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (k *logsMatch) wrote(l *memLog, index uint64, f wal.Frame) {
	at, sum := entryAt{l.name, index, f.Term()}, crc32.Checksum(f, castagnoli)
	if before, known := k.entries[at]; known && before != sum {
		k.cluster.violated("logs match", "entry %d of term %d of %s is one thing in one log, and another in the next", index, f.Term(), l.name)
	}
	k.entries[at] = sum
}
