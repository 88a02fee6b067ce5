package partitions

import (
	"errors"
	"testing"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/wal"
)

// recordsEntry is an entry of term 1 with one record, at the offset before its index.
func recordsEntry(index uint64) *raftpb.Entry {
	b := produced(-1, 0, 0, 1, 1)
	b.Stamp(int64(index-1), 1)
	f := append(wal.NewFrame(len(b)), b...)
	wal.Frame(f).Seal(wal.KindRecords, 1, int64(index-1), 1, 1)
	return entryOf(index, f)
}

// TestStorageReads: entries 1 and 2 are gone, 3 to 5 are in the log only, 6 to 9 in the ring as well.
func TestStorageReads(t *testing.T) {
	l := newMemLog()
	s := &storage{log: l, ring: ring{first: 6}}
	for i := range uint64(9) {
		e := recordsEntry(i + 1)
		if err := l.Append(i+1, []wal.Frame{e.GetData()}); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			_ = l.Roll()
		}
		if i >= 5 {
			s.ring.add(e, int64(i+1))
		}
	}
	if _, err := l.DropHead(2); err != nil {
		t.Fatal(err)
	}
	size := uint64(len(l.frames[0])) + entryOverhead
	for _, c := range []struct {
		lo, hi, max uint64
		count       int
		err         error
	}{
		{2, 4, 1 << 20, 0, raft.ErrCompacted},
		{3, 6, 1 << 20, 3, nil},
		{3, 6, 0, 1, nil},
		{6, 10, 1 << 20, 4, nil},
		{6, 10, 0, 1, nil},
		{7, 10, 2 * size, 2, nil},
		{9, 11, 1 << 20, 1, nil},
		{10, 11, 1 << 20, 0, raft.ErrUnavailable},
	} {
		got, err := s.Entries(c.lo, c.hi, c.max)
		if len(got) != c.count || !errors.Is(err, c.err) {
			t.Errorf("entries %d to %d, at most %d bytes: %d, %v; want %d, %v", c.lo, c.hi, c.max, len(got), err, c.count, c.err)
		}
		for i, e := range got {
			if e.GetIndex() != c.lo+uint64(i) {
				t.Errorf("entry %d came where %d was asked for", e.GetIndex(), c.lo+uint64(i))
			}
		}
	}
	if _, err := s.Term(1); !errors.Is(err, raft.ErrCompacted) {
		t.Errorf("term of what is gone: %v", err)
	}
	for i := uint64(2); i <= 9; i++ {
		if term, err := s.Term(i); term != 1 || err != nil {
			t.Errorf("term of %d: %d, %v", i, term, err)
		}
	}
}

func TestRingForgets(t *testing.T) {
	var r ring
	for i := uint64(10); i < 20; i++ {
		r.add(recordsEntry(i), 0)
	}
	each := r.bytes / 10
	r.shrink(15, 7*each)
	if _, here := r.at(12); here || len(r.entries) != 7 || r.bytes != 7*each {
		t.Fatalf("%d entries, %d bytes from %d on", len(r.entries), r.bytes, r.first)
	}
	r.shrink(15, 0) // what is not applied stays
	if r.first != 16 || len(r.entries) != 4 {
		t.Fatalf("%d entries from %d on", len(r.entries), r.first)
	}
	r.add(recordsEntry(17), 0) // replaces 17 to 19
	if _, here := r.at(18); here || len(r.entries) != 2 {
		t.Fatalf("%d entries from %d on", len(r.entries), r.first)
	}
	r.drop(100)
	if len(r.entries) != 0 || r.bytes != 0 {
		t.Fatalf("%d entries, %d bytes", len(r.entries), r.bytes)
	}
}
