package partitions

import (
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// savedState is what a partition's log can't tell any more, or only slowly, as of a committed entry. It is saved beside the
// log, which adds a checksum:
//
//	 0  1  version 2
//	 1  8  index          of the last entry applied
//	 9  8  term of that entry
//	17  8  log start offset
//	25  4  length of the raft configuration
//	29     raft configuration, raftpb.ConfState
//	    4  number of members, in their order (since version 2), each:
//	         0  8  raft id
//	         8  4  node
//	    4  number of raft ids that an unsafe recovery has banned (since version 2), each 8
//	    4  number of producers, the longest silent first, each:
//	         0  8  producer id
//	         8  2  producer epoch
//	        10  8  touched, milliseconds
//	        18  1  batches in the window, 1 to 5, the oldest first, each:
//	                 0  4  first sequence
//	                 4  4  last sequence
//	                 8  8  base offset
//	                16  8  max timestamp, milliseconds
//
// All integers are big-endian.
type savedState struct {
	index     uint64
	term      uint64
	logStart  int64
	members   membership // without places if it was read from version 1
	producers []*producer
}

const (
	stateVersion      = 2
	savedPlaceSize    = 12
	savedProducerSize = 19
	savedBatchSize    = 24
)

var errNewerState = errors.New("was written by a newer version; start the version that wrote it")

func (s *savedState) encode() ([]byte, error) {
	members, err := proto.Marshal(s.members.conf)
	if err != nil {
		return nil, fmt.Errorf("saving the partition's state: encoding its raft configuration: %w", err)
	}
	p := make([]byte, 0, 41+8*len(s.members.bans)+len(members)+len(s.members.places)*savedPlaceSize+len(s.producers)*(savedProducerSize+producerWindow*savedBatchSize))
	p = append(p, stateVersion)
	p = binary.BigEndian.AppendUint64(p, s.index)
	p = binary.BigEndian.AppendUint64(p, s.term)
	p = binary.BigEndian.AppendUint64(p, uint64(s.logStart))
	p = binary.BigEndian.AppendUint32(p, uint32(len(members)))
	p = append(p, members...)
	p = binary.BigEndian.AppendUint32(p, uint32(len(s.members.places)))
	for _, at := range s.members.places {
		p = binary.BigEndian.AppendUint64(p, at.RaftID)
		p = binary.BigEndian.AppendUint32(p, uint32(at.Node))
	}
	p = binary.BigEndian.AppendUint32(p, uint32(len(s.members.bans)))
	for _, id := range s.members.bans {
		p = binary.BigEndian.AppendUint64(p, id)
	}
	p = binary.BigEndian.AppendUint32(p, uint32(len(s.producers)))
	for _, q := range s.producers {
		p = q.encode(p)
	}
	return p, nil
}

func (q *producer) encode(p []byte) []byte {
	p = binary.BigEndian.AppendUint64(p, uint64(q.id))
	p = binary.BigEndian.AppendUint16(p, uint16(q.epoch))
	p = binary.BigEndian.AppendUint64(p, uint64(q.touched))
	p = append(p, q.n)
	for _, w := range q.window[:q.n] {
		p = binary.BigEndian.AppendUint32(p, uint32(w.first))
		p = binary.BigEndian.AppendUint32(p, uint32(w.last))
		p = binary.BigEndian.AppendUint64(p, uint64(w.base))
		p = binary.BigEndian.AppendUint64(p, uint64(w.timestamp))
	}
	return p
}

// decodeState reads what encode wrote. It fails on anything else, and allocates in proportion to p.
func decodeState(p []byte) (*savedState, error) {
	d := decoder{p}
	version := d.u8()
	if version > stateVersion {
		return nil, fmt.Errorf("reading the partition's saved state: version %d %w", version, errNewerState)
	} else if version < 1 {
		return nil, fmt.Errorf("reading the partition's saved state: %d is not a version", version)
	}
	s := &savedState{index: d.u64(), term: d.u64(), logStart: int64(d.u64()), members: membership{conf: &raftpb.ConfState{}}}
	if err := proto.Unmarshal(d.take(int(d.u32())), s.members.conf); err != nil {
		return nil, fmt.Errorf("reading the partition's saved state: its raft configuration: %w", err)
	}
	if version > 1 {
		if err := d.places(&s.members); err != nil {
			return nil, fmt.Errorf("reading the partition's saved state: %w", err)
		}
	}
	count := int(d.u32())
	if count > len(d.rest)/savedProducerSize {
		return nil, fmt.Errorf("reading the partition's saved state: %d bytes can't hold %d producers", len(d.rest), count)
	}
	seen := make(map[int64]bool, count)
	for range count {
		q := d.producer()
		if q == nil || q.id < 0 || seen[q.id] {
			return nil, errors.New("reading the partition's saved state: a producer is cut off, without an id, or there twice")
		}
		seen[q.id] = true
		s.producers = append(s.producers, q)
	}
	if s.logStart < 0 || d.rest == nil || len(d.rest) > 0 {
		return nil, errors.New("reading the partition's saved state: it is too short, too long, or its log start is negative")
	}
	return s, nil
}

// decoder takes integers off rest. When there are too few bytes rest becomes nil, and everything taken is zero.
type decoder struct{ rest []byte }

func (d *decoder) take(n int) []byte {
	if n > len(d.rest) {
		d.rest = nil
		return nil
	}
	p := d.rest[:n]
	d.rest = d.rest[n:]
	return p
}

func (d *decoder) u8() uint8 {
	if p := d.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (d *decoder) u16() uint16 {
	if p := d.take(2); p != nil {
		return binary.BigEndian.Uint16(p)
	}
	return 0
}

func (d *decoder) u32() uint32 {
	if p := d.take(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

func (d *decoder) u64() uint64 {
	if p := d.take(8); p != nil {
		return binary.BigEndian.Uint64(p)
	}
	return 0
}

// places takes where the members of a configuration live: each of them has to be there, once; and who is banned.
func (d *decoder) places(m *membership) error {
	count := int(d.u32())
	if count > len(d.rest)/savedPlaceSize {
		return fmt.Errorf("%d bytes can't hold %d members", len(d.rest), count)
	}
	places := make([]msg.Placed, count)
	for i := range places {
		places[i] = msg.Placed{RaftID: d.u64(), Node: msg.NodeID(d.u32())}
	}
	m.arrange(places)
	if len(m.places) != count {
		return errors.New("its places are not those of its members")
	}
	count = int(d.u32())
	if count > len(d.rest)/8 {
		return fmt.Errorf("%d bytes can't hold %d banned members", len(d.rest), count)
	}
	for range count {
		m.bans = append(m.bans, d.u64())
	}
	return nil
}

// producer takes one producer, or returns nil.
func (d *decoder) producer() *producer {
	q := &producer{id: int64(d.u64()), epoch: int16(d.u16()), touched: int64(d.u64()), n: d.u8()}
	if q.n < 1 || q.n > producerWindow {
		return nil
	}
	for i := range q.window[:q.n] {
		q.window[i] = producedBatch{first: int32(d.u32()), last: int32(d.u32()), base: int64(d.u64()), timestamp: int64(d.u64())}
	}
	if d.rest == nil {
		return nil
	}
	return q
}

// snapshot lists the settled producers as they are to be saved.
func (t *producers) snapshot() []*producer {
	out := make([]*producer, 0, len(t.settled))
	for p := t.oldest; p != nil; p = p.newer {
		out = append(out, p)
	}
	return out
}

// restore puts saved producers into an empty table.
func (t *producers) restore(saved []*producer) {
	for _, p := range saved {
		t.settled[p.id] = p
		t.link(p)
	}
}
