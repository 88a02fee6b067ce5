package record

// head is what the first bytes of a record tell.
type head struct {
	offset    int64
	timestamp int64 // milliseconds
	hasKey    bool
}

// headSize is what attributes, timestamp delta, offset delta and key length take at most.
const headSize = attributesSize + 10 + 5 + 5

// heads shows visit the head of each record, in order, until it has seen enough. Keys, values and headers are passed over,
// so a compressed batch takes no more memory than its decoder.
func (b Batch) heads(visit func(index int32, h head) (more bool)) error {
	p, err := b.open(false)
	if err != nil {
		return err
	}
	for i := range b.Count() {
		body, _, err := p.next(i, headSize)
		if err != nil {
			return err
		}
		timestampDelta, at := varlong(body, attributesSize)
		offsetDelta, at := varint(body, at)
		keyLength, at := varint(body, at)
		if at == broken || keyLength < -1 {
			return &InvalidRecord{Index: i, Detail: "a field is not within the record"}
		}
		if !visit(i, head{b.BaseOffset() + int64(offsetDelta), b.timestamp(timestampDelta), keyLength >= 0}) {
			return nil
		}
	}
	return p.end()
}

// maxKeyless bounds what KeylessRecords returns: a small compressed batch may hold very many records.
const maxKeyless = 10_000

// KeylessRecords returns the indexes of the records that have no key, which a compacted topic refuses: the first ten
// thousand of them.
func (b Batch) KeylessRecords() ([]int32, error) {
	var keyless []int32
	err := b.heads(func(index int32, h head) bool {
		if !h.hasKey {
			keyless = append(keyless, index)
		}
		return len(keyless) < maxKeyless
	})
	if err != nil {
		return nil, err
	}
	return keyless, nil
}

// FirstAtOrAfter finds the first record whose timestamp is at least ts milliseconds; ok is false where there is none.
// Records below from, such as the log start, are left out.
func (b Batch) FirstAtOrAfter(ts, from int64) (offset, timestamp int64, ok bool, err error) {
	err = b.heads(func(_ int32, h head) bool {
		if h.timestamp >= ts && h.offset >= from {
			offset, timestamp, ok = h.offset, h.timestamp, true
		}
		return !ok
	})
	return offset, timestamp, ok, err
}

// FirstWithMaxTimestamp finds the first of the records with the greatest timestamp; ok is false where none has one.
// Under LogAppendTime every record has the batch's max timestamp, so it is the first record.
func (b Batch) FirstWithMaxTimestamp() (offset, timestamp int64, ok bool, err error) {
	timestamp = -1
	err = b.heads(func(_ int32, h head) bool {
		if h.timestamp > timestamp {
			offset, timestamp, ok = h.offset, h.timestamp, true
		}
		return timestamp < b.MaxTimestamp()
	})
	return offset, timestamp, ok && err == nil, err
}
