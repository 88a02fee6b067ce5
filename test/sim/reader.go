package sim

import (
	"sort"

	"github.com/seed-e634fa49/troupe/partitions"
	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// memReader reads the frames that a memLog held when it was made.
type memReader struct{ frames []wal.Frame }

var _ partitions.Reader = memReader{}

// batches visits the batches from the one that holds offset on, until visit returns false.
func (r memReader) batches(offset int64, visit func(record.Batch) bool) error {
	from := sort.Search(len(r.frames), func(i int) bool { return r.frames[i].NextOffset() > offset })
	for _, f := range r.frames[from:] {
		if f.Kind() != wal.KindRecords {
			continue
		}
		for rest := f.Payload(); len(rest) > 0; {
			b, after, err := f.NextBatch(rest)
			if err != nil {
				return err
			}
			rest = after
			if b.LastOffset() >= offset && !visit(b) {
				return nil
			}
		}
	}
	return nil
}

func (r memReader) Read(offset, limit int64, maxBytes int, atLeastOne bool) (chunks [][]byte, bytes int, release func(), err error) {
	err = r.batches(offset, func(b record.Batch) bool {
		if b.LastOffset() >= limit || bytes+len(b) > maxBytes && !(atLeastOne && bytes == 0) {
			return false
		}
		chunks, bytes = append(chunks, b), bytes+len(b)
		return true
	})
	return chunks, bytes, func() {}, err
}

func (r memReader) ForTime(ts, from, limit int64) (offset, timestamp int64, ok bool, err error) {
	offset, timestamp = -1, -1
	err = r.records(from, limit, func(rec record.Record) bool {
		if ok = rec.Timestamp >= ts; ok {
			offset, timestamp = rec.Offset, rec.Timestamp
		}
		return !ok
	})
	return offset, timestamp, ok, err
}

func (r memReader) MaxTimestamp(from, limit int64) (offset, timestamp int64, ok bool, err error) {
	offset, timestamp = -1, -1
	err = r.records(from, limit, func(rec record.Record) bool {
		if rec.Timestamp > timestamp {
			offset, timestamp, ok = rec.Offset, rec.Timestamp, true
		}
		return true
	})
	return offset, timestamp, ok, err
}

// records visits the records from offset from up to limit.
func (r memReader) records(from, limit int64, visit func(record.Record) bool) (err error) {
	walked := r.batches(from, func(b record.Batch) bool {
		for rec, bad := range b.Records() {
			if bad != nil {
				err = bad
				return false
			}
			if rec.Offset >= limit || rec.Offset >= from && !visit(rec) {
				return false
			}
		}
		return true
	})
	if err == nil {
		err = walked
	}
	return err
}

func (r memReader) TermAt(offset int64) uint64 {
	i := sort.Search(len(r.frames), func(i int) bool { return r.frames[i].NextOffset() > offset })
	if i < len(r.frames) && r.frames[i].BaseOffset() <= offset {
		return r.frames[i].Term()
	}
	return 0
}

func (r memReader) EndOffsetForTerm(term uint64) (found uint64, end int64, ok bool) {
	i := sort.Search(len(r.frames), func(i int) bool { return r.frames[i].Term() > term })
	if i == 0 {
		return 0, 0, false
	}
	return r.frames[i-1].Term(), r.frames[i-1].NextOffset(), true
}
