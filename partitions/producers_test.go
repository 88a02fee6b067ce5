package partitions

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/wal/record"
)

// history is the dumb twin of producers: every batch that was appended, in order, and how much of it is committed.
type history struct {
	batches   []record.Batch
	committed int
}

// check looks at the producer's batches of its newest epoch, from the newest back.
func (h *history) check(b record.Batch) (base int64, err error) {
	var own []record.Batch
	for _, o := range h.batches {
		if o.ProducerID() == b.ProducerID() {
			own = append(own, o)
		}
	}
	if len(own) == 0 {
		return -1, nil
	}
	newest := own[len(own)-1]
	switch {
	case b.ProducerEpoch() < newest.ProducerEpoch():
		return -1, kerr.InvalidProducerEpoch
	case b.ProducerEpoch() > newest.ProducerEpoch():
		if b.BaseSequence() != 0 {
			return -1, kerr.OutOfOrderSequenceNumber
		}
		return -1, nil
	}
	for i, o := range slices.Backward(own) {
		if len(own)-i > 5 || o.ProducerEpoch() != b.ProducerEpoch() {
			break
		}
		if o.BaseSequence() == b.BaseSequence() && o.LastSequence() == b.LastSequence() {
			return o.BaseOffset(), nil
		}
	}
	if int64(b.BaseSequence()) != (int64(newest.LastSequence())+1)%(1<<31) {
		return -1, kerr.OutOfOrderSequenceNumber
	}
	return -1, nil
}

func TestProducersAgainstTheirHistory(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 2))
		table, twin := newProducers(1<<40, 1<<20), &history{}
		var offset int64
		for step := range 2000 {
			switch n := rng.IntN(20); {
			case n < 4 && twin.committed < len(twin.batches):
				table.settle(twin.batches[twin.committed], uint64(twin.committed+1), int64(step))
				twin.committed++
				continue
			case n == 4 && rng.IntN(5) == 0:
				table.rollback()
				twin.batches = twin.batches[:twin.committed]
				continue
			}
			b := someBatch(rng, twin)
			want, wantErr := twin.check(b)
			dup, err := table.check(b, int64(step))
			if !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) || (dup != nil) != (want >= 0) || dup != nil && dup.base != want {
				t.Fatalf("seed %d, step %d: producer %d, epoch %d, sequences %d to %d: got %v, %v, want offset %d, %v",
					seed, step, b.ProducerID(), b.ProducerEpoch(), b.BaseSequence(), b.LastSequence(), dup, err, want, wantErr)
			}
			if err == nil && dup == nil {
				b.Stamp(offset, 1)
				offset = b.LastOffset() + 1
				twin.batches = append(twin.batches, b)
				table.propose(b, uint64(len(twin.batches)), int64(step))
			}
		}
		for twin.committed < len(twin.batches) {
			table.settle(twin.batches[twin.committed], uint64(twin.committed+1), 3000)
			twin.committed++
		}
		if len(table.pending) != 0 {
			t.Fatalf("seed %d: %d producers are pending, and everything is settled", seed, len(table.pending))
		}
	}
}

// someBatch is mostly the next one of a producer, and else an old, a wrong, or a newer one.
func someBatch(rng *rand.Rand, h *history) record.Batch {
	pid, epoch, seq := int64(rng.IntN(4)), int16(0), int32(1<<31-1-rng.IntN(4))
	for _, o := range slices.Backward(h.batches) {
		if o.ProducerID() == pid {
			epoch, seq = o.ProducerEpoch(), o.LastSequence()
			if seq++; seq < 0 {
				seq = 0
			}
			break
		}
	}
	switch n := rng.IntN(20); {
	case n < 4 && len(h.batches) > 0:
		o := h.batches[max(0, len(h.batches)-1-rng.IntN(30))]
		return slices.Clone(o)
	case n == 4:
		seq = max(0, seq+int32(rng.IntN(5))-2)
	case n == 5 && rng.IntN(4) == 0:
		epoch, seq = epoch+1, int32(rng.IntN(2))
	case n == 6 && epoch > 0:
		epoch--
	}
	return produced(pid, epoch, seq, 1+rng.IntN(3), 1)
}

func TestProducersAreBounded(t *testing.T) {
	table := newProducers(1000, 3)
	for pid := range int64(5) {
		table.settle(produced(pid, 0, 0, 1, 1), uint64(pid+1), pid)
	}
	table.settle(produced(2, 0, 1, 1, 1), 6, 6)
	ids := func() (out []int64) {
		for _, p := range table.list() {
			out = append(out, p.ProducerID)
		}
		return out
	}
	if got := ids(); !slices.Equal(got, []int64{3, 4, 2}) {
		t.Fatalf("known are %v, want the three that wrote last", got)
	}
	table.expire(1003)
	if got := ids(); !slices.Equal(got, []int64{4, 2}) {
		t.Fatalf("known are %v, want those that wrote within a second", got)
	}
	// A clock that goes back neither forgets nor confuses the order.
	table.settle(produced(7, 0, 0, 1, 1), 7, 2)
	if got := ids(); !slices.Equal(got, []int64{4, 2, 7}) {
		t.Fatalf("known are %v", got)
	}
}

func FuzzDecodeState(f *testing.F) {
	table := newProducers(1<<40, 100)
	for i := range 9 {
		b := produced(int64(i%3), int16(i%2), int32(i), 2, int64(i))
		b.Stamp(int64(2*i), 1)
		table.settle(b, uint64(i+1), int64(i))
	}
	s := savedState{index: 9, term: 2, logStart: 3, members: founded([]Voter{{1, 1}, {2, 2}}), producers: table.snapshot()}
	p, err := s.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p)
	f.Add(p[:len(p)-1])
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, p []byte) {
		s, err := decodeState(p)
		if err != nil {
			return
		}
		again, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		t2, err := decodeState(again)
		if err != nil || !reflect.DeepEqual(t2.producers, s.producers) || t2.index != s.index || t2.term != s.term || t2.logStart != s.logStart {
			t.Fatalf("%+v came back as %+v, %v", s, t2, err)
		}
	})
}

func TestMalformedStatesAreRefused(t *testing.T) {
	one := func(n uint8) *producer { return &producer{id: 5, n: n} }
	encode := func(start int64, p ...*producer) []byte {
		s := savedState{index: 1, term: 1, logStart: start, members: founded([]Voter{{1, 1}}), producers: p}
		b, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good := encode(0, one(1))
	if _, err := decodeState(good); err != nil {
		t.Fatal(err)
	}
	many := encode(0)
	copy(many[len(many)-4:], "\xff\xff\xff\xff")
	wide := encode(0, one(5))
	wide[len(wide)-5*savedBatchSize-1] = 9
	for name, p := range map[string][]byte{
		"empty": {}, "no version": {0}, "cut off": good[:len(good)-1], "too long": append(slices.Clone(good), 0),
		"negative log start": encode(-1), "a producer twice": encode(0, one(1), one(1)), "no batches": encode(0, one(0)),
		"nine batches": append(wide, make([]byte, 4*savedBatchSize)...), "four billion producers": many,
		"no producer id": encode(0, &producer{id: -1, n: 1}),
	} {
		if s, err := decodeState(p); err == nil {
			t.Errorf("%s was read as %+v", name, s)
		}
	}
}

func TestStateOfANewerVersionIsRefused(t *testing.T) {
	if _, err := decodeState([]byte{stateVersion + 1, 0, 0}); !errors.Is(err, errNewerState) {
		t.Fatalf("got %v", err)
	}
}
