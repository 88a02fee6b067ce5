package partitions

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// A raft message between two nodes is this row of fields. Numbers are unsigned varints in their shortest form.
//
//	type           1 byte, raft's own number
//	flags          1 byte: what follows of the optional fields, and whether the message rejects
//	topic          16 bytes
//	partition, to, from, term, log term, index, commit, vote, reject hint
//	context        length and bytes                                                              (flag 2)
//	snapshot       index, term, four lists of members, 1 byte of auto leave, length and bytes    (flag 4)
//	entries        how many, then of each: type (1 byte), term, index, length of its data,       (flag 8)
//	               and the data unless it is a frame
//
// On the urgent lane (link.Raft) such rows follow each other; no entries and no snapshot is among them. On the bulk lane
// (link.RaftEntries) each message travels alone, and the frames that are its entries' data lie behind it, as they lie in memory
// and in the log. So nothing is marshalled, and whoever decodes it keeps the payload as it came:
//
//	0  4  length of the row
//	4  4  CRC-32C of bytes 0-3 and of the row
//	8     the row
//	      frames, in the order of the entries; each has its own checksum, which Core.Step verifies
const bulkHead = 8

const (
	flagReject = 1 << iota
	flagContext
	flagSnapshot
	flagEntries
	knownFlags = flagReject | flagContext | flagSnapshot | flagEntries
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// travels reports whether messages of a type are meant for another node.
func travels(t raftpb.MessageType) bool {
	return t >= 0 && t <= raftpb.MsgForgetLeader && !raft.IsLocalMsg(t) && t != raftpb.MsgProp
}

// apart reports whether an entry's data is a frame, and lies behind the row.
func apart(e *raftpb.Entry) bool { return e.GetType() == raftpb.EntryNormal }

// appendMessage appends the row of a message that travels.
func appendMessage(b []byte, id msg.TopicPartition, m *raftpb.Message) []byte {
	var flags byte
	if m.GetReject() {
		flags |= flagReject
	}
	if len(m.GetContext()) > 0 {
		flags |= flagContext
	}
	if m.GetSnapshot() != nil {
		flags |= flagSnapshot
	}
	if len(m.GetEntries()) > 0 {
		flags |= flagEntries
	}
	b = append(b, byte(m.GetType()), flags)
	b = append(b, id.Topic[:]...)
	b = binary.AppendUvarint(b, uint64(id.Partition))
	for _, v := range [...]uint64{m.GetTo(), m.GetFrom(), m.GetTerm(), m.GetLogTerm(), m.GetIndex(), m.GetCommit(), m.GetVote(), m.GetRejectHint()} {
		b = binary.AppendUvarint(b, v)
	}
	if flags&flagContext != 0 {
		b = appendBytes(b, m.GetContext())
	}
	if flags&flagSnapshot != 0 {
		b = appendSnapshot(b, m.GetSnapshot())
	}
	if flags&flagEntries != 0 {
		b = appendEntries(b, m.GetEntries())
	}
	return b
}

func appendBytes(b, p []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(p))), p...)
}

func appendSnapshot(b []byte, s *raftpb.Snapshot) []byte {
	b = binary.AppendUvarint(b, s.GetMetadata().GetIndex())
	b = binary.AppendUvarint(b, s.GetMetadata().GetTerm())
	c := s.GetMetadata().GetConfState()
	for _, ids := range [...][]uint64{c.GetVoters(), c.GetLearners(), c.GetVotersOutgoing(), c.GetLearnersNext()} {
		b = binary.AppendUvarint(b, uint64(len(ids)))
		for _, id := range ids {
			b = binary.AppendUvarint(b, id)
		}
	}
	if c.GetAutoLeave() {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	return appendBytes(b, s.GetData())
}

func appendEntries(b []byte, entries []*raftpb.Entry) []byte {
	b = binary.AppendUvarint(b, uint64(len(entries)))
	for _, e := range entries {
		b = append(b, byte(e.GetType()))
		b = binary.AppendUvarint(b, e.GetTerm())
		b = binary.AppendUvarint(b, e.GetIndex())
		b = binary.AppendUvarint(b, uint64(len(e.GetData())))
		if !apart(e) {
			b = append(b, e.GetData()...)
		}
	}
	return b
}

// bulkPieces is a message for the bulk lane: its head and row, then its frames where they are.
func bulkPieces(id msg.TopicPartition, m *raftpb.Message) [][]byte {
	entries := m.GetEntries()
	row := appendMessage(make([]byte, bulkHead, bulkHead+64+24*len(entries)), id, m)
	binary.BigEndian.PutUint32(row, uint32(len(row)-bulkHead))
	sum := crc32.Update(crc32.Checksum(row[:4], castagnoli), castagnoli, row[bulkHead:])
	binary.BigEndian.PutUint32(row[4:], sum)
	pieces := append(make([][]byte, 0, 1+len(entries)), row)
	for _, e := range entries {
		if apart(e) && len(e.GetData()) > 0 {
			pieces = append(pieces, e.GetData())
		}
	}
	return pieces
}

// received is a message from another node, with everything that it points to but its entries.
type received struct {
	id      msg.TopicPartition
	step    Step
	message raftpb.Message

	kind                                                     raftpb.MessageType
	to, from, term, logTerm, index, commit, vote, rejectHint uint64
	reject                                                   bool
}

// decodeUrgent calls do for each message of a payload of the urgent lane. The messages alias the payload. Those before one that
// is wrong are good.
func decodeUrgent(payload []byte, do func(*received)) error {
	for d := (rowReader{rest: payload}); len(d.rest) > 0; {
		before := len(d.rest)
		r := d.message(flagReject | flagContext)
		if d.err != nil {
			return fmt.Errorf("byte %d of %d raft bytes: %w", len(payload)-len(d.rest), len(payload), d.err)
		}
		r.step.size = before - len(d.rest)
		do(r)
	}
	return nil
}

// decodeBulk reads a payload of the bulk lane, which the message then aliases.
func decodeBulk(payload []byte) (*received, error) {
	if len(payload) < bulkHead {
		return nil, fmt.Errorf("%d bytes are too few for a raft message", len(payload))
	}
	length := binary.BigEndian.Uint32(payload)
	if uint64(length) > uint64(len(payload)-bulkHead) {
		return nil, fmt.Errorf("a raft message of %d bytes says that %d follow", len(payload), length)
	}
	row, frames := payload[bulkHead:bulkHead+length], payload[bulkHead+length:]
	if crc32.Update(crc32.Checksum(payload[:4], castagnoli), castagnoli, row) != binary.BigEndian.Uint32(payload[4:]) {
		return nil, errors.New("the checksum of a raft message does not match")
	}
	d := rowReader{rest: row, frames: frames}
	r := d.message(knownFlags)
	switch {
	case d.err != nil:
		return nil, fmt.Errorf("byte %d of a raft message: %w", len(row)-len(d.rest), d.err)
	case len(d.rest) > 0 || len(d.frames) > 0:
		return nil, fmt.Errorf("%d and %d bytes lie behind a raft message", len(d.rest), len(d.frames))
	}
	r.step.size = len(payload)
	return r, nil
}

// rowReader takes fields from the front of rest, and entries' data from that of frames. After an error it yields zeros.
type rowReader struct {
	rest, frames []byte
	err          error
}

var errCutOff = errors.New("it is cut off")

func (d *rowReader) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.rest = nil
}

func (d *rowReader) byte() byte {
	if len(d.rest) == 0 {
		d.fail(errCutOff)
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

func (d *rowReader) uint() uint64 {
	v, n := binary.Uvarint(d.rest)
	switch {
	case n <= 0:
		d.fail(errors.New("a number is cut off or too long"))
		return 0
	case n > 1 && d.rest[n-1] == 0:
		d.fail(errors.New("a number is not in its shortest form"))
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// count is a number of things that take at least each bytes of what is left.
func (d *rowReader) count(each int) int {
	n := d.uint()
	if n > uint64(len(d.rest)/each) {
		d.fail(fmt.Errorf("%d things of at least %d bytes can't be in the %d that are left", n, each, len(d.rest)))
		return 0
	}
	return int(n)
}

func (d *rowReader) bytes(n int) []byte {
	if n > len(d.rest) {
		d.fail(errCutOff)
		return nil
	}
	p := d.rest[:n:n]
	d.rest = d.rest[n:]
	return p
}

// message takes one row, in which the flags allowed may stand.
func (d *rowReader) message(allowed byte) *received {
	r := &received{kind: raftpb.MessageType(d.byte())}
	flags := d.byte()
	if d.err == nil && (!travels(r.kind) || flags&^allowed != 0) {
		d.fail(fmt.Errorf("a message of type %d with flags %#x does not travel here", r.kind, flags))
	}
	copy(r.id.Topic[:], d.bytes(len(r.id.Topic)))
	partition := d.uint()
	if partition > math.MaxInt32 {
		d.fail(fmt.Errorf("partition %d can't be", partition))
	}
	r.id.Partition = int32(partition)
	for _, field := range [...]*uint64{&r.to, &r.from, &r.term, &r.logTerm, &r.index, &r.commit, &r.vote, &r.rejectHint} {
		*field = d.uint()
	}
	r.reject = flags&flagReject != 0
	r.fill()
	if flags&flagContext != 0 {
		r.message.Context = d.some()
	}
	if flags&flagSnapshot != 0 {
		r.message.Snapshot = d.snapshot()
	}
	if flags&flagEntries != 0 {
		r.message.Entries = d.entries()
	}
	return r
}

// some takes bytes of which there is at least one.
func (d *rowReader) some() []byte {
	n := d.count(1)
	if n == 0 {
		d.fail(errors.New("what is said to be there is empty"))
	}
	return d.bytes(n)
}

func (d *rowReader) snapshot() *raftpb.Snapshot {
	index, term := d.uint(), d.uint()
	c := &raftpb.ConfState{}
	for _, ids := range [...]*[]uint64{&c.Voters, &c.Learners, &c.VotersOutgoing, &c.LearnersNext} {
		for range d.count(1) {
			*ids = append(*ids, d.uint())
		}
	}
	switch d.byte() {
	case 0:
	case 1:
		c.AutoLeave = new(true)
	default:
		d.fail(errors.New("auto leave is neither yes nor no"))
	}
	return &raftpb.Snapshot{
		Data:     d.bytes(d.count(1)),
		Metadata: &raftpb.SnapshotMetadata{Index: new(index), Term: new(term), ConfState: c},
	}
}

// heldEntry is an entry with what it points to.
type heldEntry struct {
	entry       raftpb.Entry
	kind        raftpb.EntryType
	term, index uint64
}

// leastEntry is the fewest bytes that an entry takes in a row.
const leastEntry = 4

func (d *rowReader) entries() []*raftpb.Entry {
	n := d.count(leastEntry)
	if n == 0 {
		d.fail(errors.New("a message says that it has entries, and has none"))
		return nil
	}
	held, entries := make([]heldEntry, n), make([]*raftpb.Entry, n)
	for i := range held {
		h := &held[i]
		h.kind, h.term, h.index = raftpb.EntryType(d.byte()), d.uint(), d.uint()
		if h.kind > raftpb.EntryConfChangeV2 {
			d.fail(fmt.Errorf("an entry of type %d is not known here", h.kind))
		}
		h.entry.Type, h.entry.Term, h.entry.Index = &h.kind, &h.term, &h.index
		h.entry.Data = d.data(apart(&h.entry))
		entries[i] = &h.entry
	}
	return entries
}

// data takes an entry's data from the row, or from the frames behind it.
func (d *rowReader) data(apart bool) []byte {
	length := d.uint()
	from := &d.rest
	if apart {
		from = &d.frames
	}
	if length > uint64(len(*from)) {
		d.fail(errCutOff)
		return nil
	}
	if length == 0 {
		return nil
	}
	p := (*from)[:length:length]
	*from = (*from)[length:]
	return p
}

// fill points the message at its fields. What is zero stays absent, as raft leaves it.
func (r *received) fill() {
	m := &r.message
	m.Type = &r.kind
	for _, f := range [...]struct {
		field **uint64
		value *uint64
	}{
		{&m.To, &r.to}, {&m.From, &r.from}, {&m.Term, &r.term}, {&m.LogTerm, &r.logTerm}, {&m.Index, &r.index},
		{&m.Commit, &r.commit}, {&m.Vote, &r.vote}, {&m.RejectHint, &r.rejectHint},
	} {
		if *f.value != 0 {
			*f.field = f.value
		}
	}
	if r.reject {
		m.Reject = &r.reject
	}
	r.step.Message = m
}
