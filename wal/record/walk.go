package record

// This is the walk that every produced byte of an uncompressed batch goes through. It reads the records in place and
// allocates nothing.

// walk checks the records in p one by one: lengths, offset deltas, and that count of them fill p. It returns the greatest
// timestamp delta. flaw is empty, or says what is wrong with the record at index.
func walk(p []byte, count int32) (maxDelta int64, index int32, flaw string) {
	at := 0
	for i := range count {
		length, body := varint(p, at)
		if body == broken || length < 0 || length > len(p)-body {
			return 0, i, "its length is not within the batch"
		}
		at = body + length
		delta, flaw := checkRecord(p[body:at], i)
		if flaw != "" {
			return 0, i, flaw
		}
		if i == 0 || delta > maxDelta {
			maxDelta = delta
		}
	}
	if at != len(p) {
		return 0, count - 1, "there are bytes behind the last record that the batch counts"
	}
	return maxDelta, 0, ""
}

// checkRecord checks one record without its length field, which should be the index-th of its batch. It returns the
// timestamp delta, and what is wrong.
func checkRecord(p []byte, index int32) (timestampDelta int64, flaw string) {
	timestampDelta, at := varlong(p, attributesSize)
	offsetDelta, at := varint(p, at)
	at = skipBytes(p, at) // key
	at = skipBytes(p, at) // value
	headers, at := varint(p, at)
	if at == broken {
		return 0, "a field is not within the record"
	}
	if offsetDelta != int(index) {
		return 0, "its offset delta is not its index"
	}
	if headers != 0 {
		at = skipHeaders(p, at, headers)
	}
	if at == broken {
		return 0, "its headers are not within the record"
	}
	if at != len(p) {
		return 0, "its fields do not fill its length"
	}
	return timestampDelta, ""
}

// skipBytes is the position behind a nullable field: its length, -1 for null, and its bytes.
func skipBytes(p []byte, at int) int {
	n, at := varint(p, at)
	if n <= 0 {
		if n < -1 {
			return broken
		}
		return at
	}
	if n > len(p)-at {
		return broken
	}
	return at + n
}

// skipHeaders is the position behind count headers, each a key, which may not be null, and a nullable value.
func skipHeaders(p []byte, at, count int) int {
	if count < 0 {
		return broken
	}
	for ; count > 0 && at != broken; count-- {
		n, key := varint(p, at)
		if key == broken || n < 0 || n > len(p)-key {
			return broken
		}
		at = skipBytes(p, key+n)
	}
	return at
}
