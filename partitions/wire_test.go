package partitions

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"testing"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

var wireID = msg.TopicPartition{Topic: msg.TopicID{1, 2, 3, 15: 9}, Partition: 300}

// urgentExamples and bulkExamples hold every field once with something in it.
func urgentExamples() []*raftpb.Message {
	return []*raftpb.Message{
		{Type: raftpb.MsgHeartbeat.Enum(), To: new(uint64(1)), From: new(uint64(2)), Term: new(uint64(3)), Commit: new(uint64(1) << 40)},
		{Type: raftpb.MsgHeartbeatResp.Enum(), To: new(uint64(2)), From: new(uint64(1)), Term: new(uint64(3)), Context: []byte("c")},
		{Type: raftpb.MsgAppResp.Enum(), To: new(uint64(2)), From: new(uint64(1)), Term: new(uint64(300)), LogTerm: new(uint64(4)), Index: new(uint64(17)),
			Reject: new(true), RejectHint: new(uint64(12))},
		{Type: raftpb.MsgVote.Enum(), To: new(uint64(2)), From: new(^uint64(0)), Term: new(uint64(3)), LogTerm: new(uint64(2)), Index: new(uint64(5)), Vote: new(uint64(8))},
		{Type: raftpb.MsgTimeoutNow.Enum(), To: new(uint64(2)), From: new(uint64(1)), Term: new(uint64(3))},
	}
}

func bulkExamples() []*raftpb.Message {
	first, last := recordsEntry(7), recordsEntry(10)
	first.Type, last.Type = raftpb.EntryNormal.Enum(), raftpb.EntryNormal.Enum()
	members, _ := proto.Marshal(&raftpb.ConfChangeV2{Context: []byte("[]")})
	return []*raftpb.Message{
		{Type: raftpb.MsgApp.Enum(), To: new(uint64(1)), From: new(uint64(2)), Term: new(uint64(3)), LogTerm: new(uint64(3)), Index: new(uint64(9)), Commit: new(uint64(8))},
		{Type: raftpb.MsgApp.Enum(), To: new(uint64(1)), From: new(uint64(2)), Term: new(uint64(1)), Entries: []*raftpb.Entry{
			first,
			{Type: raftpb.EntryNormal.Enum(), Term: new(uint64(1)), Index: new(uint64(8))},
			{Type: raftpb.EntryConfChangeV2.Enum(), Term: new(uint64(1)), Index: new(uint64(9)), Data: members},
			last,
		}},
		{Type: raftpb.MsgSnap.Enum(), To: new(uint64(1)), From: new(uint64(2)), Term: new(uint64(3)), Snapshot: &raftpb.Snapshot{
			Data: []byte("manifest"),
			Metadata: &raftpb.SnapshotMetadata{Index: new(uint64(100)), Term: new(uint64(3)), ConfState: &raftpb.ConfState{
				Voters: []uint64{1, 2, 300}, Learners: []uint64{4}, VotersOutgoing: []uint64{1, 2}, LearnersNext: []uint64{5}, AutoLeave: new(true),
			}},
		}},
	}
}

func TestUrgentMessagesTravelTogether(t *testing.T) {
	sent := urgentExamples()
	var payload []byte
	for i, m := range sent {
		id := wireID
		id.Partition += int32(i)
		payload = appendMessage(payload, id, m)
	}
	var got []*received
	if err := decodeUrgent(payload, func(r *received) { got = append(got, r) }); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(sent) {
		t.Fatalf("%d messages came, %d were sent", len(got), len(sent))
	}
	size := 0
	for i, r := range got {
		if !proto.Equal(&r.message, sent[i]) || r.id.Topic != wireID.Topic || r.id.Partition != wireID.Partition+int32(i) {
			t.Errorf("%v of %v came as %v of %v", sent[i], wireID, &r.message, r.id)
		}
		size += r.step.Bytes()
	}
	if size != len(payload) {
		t.Errorf("the messages count %d bytes, the payload has %d", size, len(payload))
	}
}

func TestBulkMessagesTravelAsTheyLie(t *testing.T) {
	for _, m := range bulkExamples() {
		pieces := bulkPieces(wireID, m)
		next := 1
		for _, e := range m.GetEntries() {
			if apart(e) && len(e.GetData()) > 0 {
				if &pieces[next][0] != &e.GetData()[0] {
					t.Errorf("%v: the data of entry %d was copied", m.GetType(), e.GetIndex())
				}
				next++
			}
		}
		if next != len(pieces) {
			t.Errorf("%v: %d pieces, want %d", m.GetType(), len(pieces), next)
		}
		payload := bytes.Join(pieces, nil)
		r, err := decodeBulk(payload)
		if err != nil {
			t.Fatalf("%v: %v", m, err)
		}
		if !proto.Equal(&r.message, m) || r.id != wireID || r.step.Bytes() != len(payload) {
			t.Errorf("%v came as %v of %v, %d of %d bytes", m, &r.message, r.id, r.step.Bytes(), len(payload))
		}
		for i, e := range r.message.GetEntries() {
			if err := checkEntry(e); err != nil {
				t.Errorf("entry %d: %v", i, err)
			}
			if d := e.GetData(); len(d) > 0 && cap(d) != len(d) {
				t.Errorf("entry %d could grow into the one behind it", i)
			}
		}
	}
}

// TestTurnedBits: no bit of a message can be wrong without being noticed, here or by the frame's own checksum.
func TestTurnedBits(t *testing.T) {
	for _, m := range bulkExamples() {
		payload := bytes.Join(bulkPieces(wireID, m), nil)
		for bit := range len(payload) * 8 {
			turned := slices.Clone(payload)
			turned[bit/8] ^= 1 << (bit % 8)
			r, err := decodeBulk(turned)
			for i := 0; err == nil && i < len(r.message.Entries); i++ {
				err = checkEntry(r.message.Entries[i])
			}
			if err == nil {
				t.Fatalf("%v: bit %d of byte %d was turned and nobody noticed", m.GetType(), bit%8, bit/8)
			}
		}
	}
}

// sealed makes a bulk payload of a row that may be wrong.
func sealed(row, frames []byte) []byte {
	p := append(binary.BigEndian.AppendUint32(nil, uint32(len(row))), 0, 0, 0, 0)
	p = append(p, row...)
	binary.BigEndian.PutUint32(p[4:], crc32.Update(crc32.Checksum(p[:4], castagnoli), castagnoli, row))
	return append(p, frames...)
}

func TestWhatDoesNotTravelIsRefused(t *testing.T) {
	heartbeat := appendMessage(nil, wireID, urgentExamples()[0])
	change := func(do func(b []byte) []byte) []byte { return do(slices.Clone(heartbeat)) }
	withEntries := appendMessage(nil, wireID, bulkExamples()[1])
	for name, payload := range map[string][]byte{
		"a local message":      change(func(b []byte) []byte { b[0] = byte(raftpb.MsgHup); return b }),
		"a proposal":           change(func(b []byte) []byte { b[0] = byte(raftpb.MsgProp); return b }),
		"an unknown type":      change(func(b []byte) []byte { b[0] = 99; return b }),
		"an unknown flag":      change(func(b []byte) []byte { b[1] = 16; return b }),
		"entries among urgent": withEntries,
		"cut off":              change(func(b []byte) []byte { return b[:len(b)-1] }),
		"a long number":        change(func(b []byte) []byte { return append(b[:len(b)-1], 0x80, 0) }),
		"an impossible partition": change(func(b []byte) []byte {
			return append(binary.AppendUvarint(slices.Clone(b[:18]), 1<<31), b[20:]...)
		}),
		"an empty context": change(func(b []byte) []byte { b[1] = flagContext; return append(b, 0) }),
	} {
		if err := decodeUrgent(payload, func(*received) { t.Errorf("%s was taken", name) }); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	app := appendMessage(nil, wireID, bulkExamples()[0])
	app[1] = flagEntries
	for name, payload := range map[string][]byte{
		"nothing":                nil,
		"a head alone":           {0, 0, 0, 9, 0, 0, 0, 0},
		"no entries":             sealed(append(slices.Clone(app), 0), nil),
		"too many entries":       sealed(append(slices.Clone(app), 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 1, 1, 1), nil),
		"an unknown entry type":  sealed(append(slices.Clone(app), 1, 3, 1, 1, 0), nil),
		"data that is not there": sealed(append(slices.Clone(app), 1, 0, 1, 1, 5), []byte("1234")),
		"data of nobody":         sealed(append(slices.Clone(app), 1, 0, 1, 1, 3), []byte("1234")),
		"a row that goes on":     sealed(append(slices.Clone(app), 1, 0, 1, 1, 0, 7), nil),
	} {
		if r, err := decodeBulk(payload); err == nil {
			t.Errorf("%s was taken as %v", name, &r.message)
		}
	}
}

// FuzzDecodeBulk: whatever comes, it is refused, or it is exactly what encoding its message makes.
func FuzzDecodeBulk(f *testing.F) {
	for _, m := range append(bulkExamples(), urgentExamples()...) {
		p := bytes.Join(bulkPieces(wireID, m), nil)
		length := binary.BigEndian.Uint32(p)
		f.Add(p[bulkHead:bulkHead+length], p[bulkHead+length:])
	}
	f.Fuzz(func(t *testing.T, row, frames []byte) {
		payload := sealed(row, frames)
		r, err := decodeBulk(payload)
		if err != nil {
			return
		}
		if again := bytes.Join(bulkPieces(r.id, &r.message), nil); !bytes.Equal(again, payload) {
			t.Errorf("%x came, and goes again as %x", payload, again)
		}
	})
}

func FuzzDecodeUrgent(f *testing.F) {
	var all []byte
	for _, m := range urgentExamples() {
		f.Add(appendMessage(nil, wireID, m))
		all = appendMessage(all, wireID, m)
	}
	f.Add(all)
	f.Fuzz(func(t *testing.T, payload []byte) {
		var again []byte
		err := decodeUrgent(payload, func(r *received) { again = appendMessage(again, r.id, &r.message) })
		if !bytes.HasPrefix(payload, again) || err == nil && len(again) != len(payload) {
			t.Errorf("%x came, and goes again as %x, %v", payload, again, err)
		}
	})
}

// TestDecodingTakesNoMoreThanCame: memory is bounded by what was sent, whatever it says.
func TestDecodingTakesNoMoreThanCame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	app := appendMessage(nil, wireID, bulkExamples()[0])
	app[1] = flagEntries
	row := append(binary.AppendUvarint(slices.Clone(app), 1<<20), make([]byte, 100)...)
	for range 100 {
		row[len(app)+3+r.IntN(90)] = byte(r.Uint32())
		if n := testing.AllocsPerRun(1, func() { _, _ = decodeBulk(sealed(row, nil)) }); n > 20 {
			t.Fatalf("%v allocations", n)
		}
	}
}

func BenchmarkDecodeBulk(b *testing.B) {
	m := bulkExamples()[1]
	m.Entries = []*raftpb.Entry{recordsEntry(7)}
	payload := bytes.Join(bulkPieces(wireID, m), nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeBulk(payload); err != nil {
			b.Fatal(err)
		}
	}
}
