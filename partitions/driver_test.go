package partitions

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/rs/zerolog"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

var testID = msg.TopicPartition{Topic: msg.TopicID{1, 2, 3}, Partition: 0}

func testConfig() msg.TopicConfig {
	return msg.TopicConfig{Delete: true, MinInsyncReplicas: 1, RetentionBytes: -1, RetentionTime: -1}
}

// driver is an actor without the actor: it owns a log and drives a core over it, as the package's comment shows.
type driver struct {
	core   *Core
	log    *memLog
	now    time.Time
	sent   []*raftpb.Message
	synced uint64
	frames *spoilt
	moved  [][]uint64
	move   uint64 // of the last of them
	// recovered and lost are what was told last.
	recovered *Recovered
	lost      int
	trace     func(format string, args ...any)
}

// spoilt overwrites the memory that is given back, so that a test fails where somebody still reads it.
type spoilt struct{ taken, given int }

func (s *spoilt) Take(size int) wal.Frame {
	s.taken++
	return wal.NewFrame(size)
}

func (s *spoilt) Give(f wal.Frame) {
	s.given++
	for i := range f {
		f[i] = 0xa5
	}
}

// newDriver opens a replica over a log. Voters are raft ids, which are also the numbers of their nodes.
func newDriver(self uint64, voters []uint64, log *memLog, cfg msg.TopicConfig, now time.Time) (*driver, error) {
	d := &driver{log: log, now: now, frames: &spoilt{}, trace: func(string, ...any) {}}
	spec := Spec{ID: testID, Topic: "t", Self: self, Config: cfg}
	for _, v := range voters {
		spec.Voters = append(spec.Voters, Voter{Node: msg.NodeID(v), RaftID: v})
	}
	var err error
	d.core, err = NewCore(CoreConfig{Spec: spec, Log: log, Owner: log.Owner(), Frames: d.frames, Logger: zerolog.Nop()}, now)
	return d, err
}

// drive proposes what waits, and does what the core wants done; syncs wait for flush.
func (d *driver) drive() error {
	err := d.drain()
	for err == nil && d.core.CanPropose() {
		d.core.Propose(d.now)
		err = d.drain()
	}
	return err
}

func (d *driver) drain() error {
	for d.core.HasReady() {
		rd, err := d.core.Ready(d.now)
		if err != nil {
			return err
		}
		for _, m := range rd.Messages {
			if d.core.NodeOf(m.GetTo()) != msg.NoNode { // as the actor can't send to where it does not know
				d.sent = append(d.sent, m)
			}
		}
		if len(rd.Frames) > 0 {
			if rd.First <= d.log.LastIndex() {
				d.trace("cut behind %d", rd.First-1)
				if err := d.log.TruncateBack(rd.First - 1); err != nil {
					return err
				}
			}
			if err := d.log.Append(rd.First, rd.Frames); err != nil {
				return err
			}
			for i, f := range rd.Frames {
				d.trace("write %d: %s, term %d, offsets %d to %d", rd.First+uint64(i), f.Kind(), f.Term(), f.BaseOffset(), f.NextOffset()-1)
			}
		}
		if rd.Owner != nil {
			d.log.SetOwner(*rd.Owner)
		}
		switch rd.Sync {
		case SyncNow:
			d.trace("sync%s", hardState(rd))
			d.log.Sync(rd.HardState, func(error) {
				d.synced++
			})
		case SyncLater:
			d.trace("sync later")
			d.log.SyncLater(rd.HardState)
		}
		if rd.Roll {
			d.trace("roll")
			_ = d.log.Roll()
		}
		if rd.State != nil {
			d.trace("save the state of %d", rd.StateIndex)
			d.log.SaveState(rd.StateIndex, rd.State)
		}
		if rd.Moved != nil {
			d.moved, d.move = append(d.moved, rd.Moved), rd.Move
		}
		if rd.Recovered != nil {
			d.recovered = rd.Recovered
		}
		if rd.Lost {
			d.lost++
		}
		if rd.DropBelow > 0 {
			first, _ := d.log.DropHead(rd.DropBelow)
			d.trace("drop below offset %d: the log begins with entry %d", rd.DropBelow, first)
		}
		d.core.Written()
	}
	d.core.Answer()
	return nil
}

func hardState(rd Ready) string {
	if rd.HardState == nil {
		return ""
	}
	return fmt.Sprintf(", term %d, vote %d", rd.HardState.Term, rd.HardState.Vote)
}

// flush makes n syncs durable (-1: all there are, and those that follow from them) and drives on.
func (d *driver) flush(n int) error {
	for {
		d.log.flush(n)
		d.core.Durable(d.synced)
		if err := d.drive(); err != nil {
			return err
		}
		if n >= 0 || len(d.log.pending) == 0 {
			return nil
		}
	}
}

// produced makes a batch of count records of a producer, with a wrong notion of its offset.
func produced(pid int64, epoch int16, seq int32, count int, ts int64) record.Batch {
	records := make([]record.Record, count)
	for i := range records {
		records[i] = record.Record{Timestamp: ts, Value: fmt.Appendf(nil, "%d/%d/%d", pid, epoch, int(seq)+i)}
	}
	b := record.Build(records, time.UnixMilli(ts))
	binary.BigEndian.PutUint64(b[43:], uint64(pid))
	binary.BigEndian.PutUint16(b[51:], uint16(epoch))
	binary.BigEndian.PutUint32(b[53:], uint32(seq))
	if pid < 0 {
		binary.BigEndian.PutUint16(b[51:], 0xffff)
		binary.BigEndian.PutUint32(b[53:], 0xffffffff)
	}
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// sink collects answers.
type sink struct{ f func(a *msg.Append) }

func (s sink) Appended(a *msg.Append) { s.f(a) }
