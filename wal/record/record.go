package record

import "iter"

// A record, as it lies in a batch's records. Its numbers are zigzag varints (varint.go).
//
//	length             of everything behind this field
//	attributes         one byte, unused
//	timestamp delta    to the batch's base timestamp, 64 bits
//	offset delta       to the batch's base offset
//	key length         -1: null
//	key
//	value length       -1: null
//	value
//	header count
//	  key length       of each header
//	  key
//	  value length     -1: null
//	  value
const attributesSize = 1

// Header is a record's header.
type Header struct {
	Key   string
	Value []byte // nil: null
}

// Record is one record of a batch.
type Record struct {
	Offset    int64
	Timestamp int64  // milliseconds
	Key       []byte // nil: null
	Value     []byte // nil: null
	Headers   []Header
}

// Records walks a batch's records, decompressing if need be. The slices alias the batch, or a buffer of the walk's own
// that is never written again. An error ends the walk.
func (b Batch) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		p, err := b.open(true)
		if err != nil {
			yield(Record{}, err)
			return
		}
		for i := range b.Count() {
			r, err := b.read(p, i)
			if !yield(r, err) || err != nil {
				return
			}
		}
		if err := p.end(); err != nil {
			yield(Record{}, err)
		}
	}
}

// read reads the next record of p, which is the index-th of the batch.
func (b Batch) read(p *payload, index int32) (Record, error) {
	body, _, err := p.next(index, MaxDecompressed)
	if err != nil {
		return Record{}, err
	}
	r, ok := b.decode(body)
	if !ok {
		return Record{}, &InvalidRecord{Index: index, Detail: "a field is not within the record"}
	}
	return r, nil
}

// decode takes a record without its length field apart.
func (b Batch) decode(p []byte) (r Record, ok bool) {
	timestampDelta, at := varlong(p, attributesSize)
	offsetDelta, at := varint(p, at)
	r.Timestamp = b.timestamp(timestampDelta)
	r.Offset = b.BaseOffset() + int64(offsetDelta)
	r.Key, at = field(p, at)
	r.Value, at = field(p, at)
	count, at := varint(p, at)
	if count < 0 || count > (len(p)-at)/leastHeader {
		return Record{}, false
	}
	if count > 0 {
		r.Headers = make([]Header, count)
	}
	for i := range r.Headers {
		key, next := field(p, at)
		r.Headers[i].Key = string(key)
		r.Headers[i].Value, at = field(p, next)
		if key == nil {
			return Record{}, false
		}
	}
	return r, at == len(p)
}

// leastHeader is the size of a header whose key and value are empty.
const leastHeader = 2

// timestamp is the time of the record with that delta.
func (b Batch) timestamp(delta int64) int64 {
	if b.LogAppendTime() {
		return b.MaxTimestamp()
	}
	return b.BaseTimestamp() + delta
}

// field reads a nullable field, and the position behind it. Null is nil, and empty is not.
func field(p []byte, at int) ([]byte, int) {
	n, start := varint(p, at)
	switch {
	case start == broken || n < -1 || n > len(p)-start:
		return nil, broken
	case n == -1:
		return nil, start
	}
	return p[start : start+n : start+n], start + n
}
