package record

import "math"

// This is the walk that every produced byte of an uncompressed batch goes through. It reads the records in place and
// allocates nothing.

// walk checks the records in p one by one: lengths, offset deltas, and that count of them fill p. It returns the greatest
// timestamp delta. flaw is empty, or says what is wrong with the record at index.
func walk(p []byte, count int32) (maxDelta int64, index int32, flaw string) {
	maxDelta = math.MinInt64
	at := 0
	for i := range count {
		delta, end := plainRecord(p, at, i)
		if end == broken {
			length, body := varint(p, at)
			if body == broken || length < 0 || length > len(p)-body {
				return 0, i, "its length is not within the batch"
			}
			end = body + length
			if delta, flaw = checkRecord(p[body:end], i); flaw != "" {
				return 0, i, flaw
			}
		}
		at, maxDelta = end, max(maxDelta, delta)
	}
	if at != len(p) {
		return 0, count - 1, "there are bytes behind the last record that the batch counts"
	}
	return maxDelta, 0, ""
}

// plainRecord is the fast way for nearly all records: those without headers whose numbers are all short. end is broken for
// every other, right or wrong: checkRecord decides about those.
func plainRecord(p []byte, at int, index int32) (timestampDelta int64, end int) {
	length, at := short(p, at)
	end = at + int(length>>1)
	timestamp, at := short(p, at+attributesSize)
	offset, at := short(p, at)
	key, at := short(p, at)
	value, at := short(p, at+int(key>>1))
	headers, at := short(p, at+int(value>>1))
	if length|timestamp|offset|key|value > maxShort || headers != 0 || at != end || offset != uint(index)<<1 {
		return 0, broken
	}
	if length&1 != 0 || !plainLength(key) || !plainLength(value) {
		return 0, broken
	}
	return int64(timestamp>>1) ^ -int64(timestamp&1), end
}

// plainLength reports that u, a zigzag number, is a length or -1, so that half of it is the bytes that the field takes.
func plainLength(u uint) bool { return u&1 == 0 || u == 1 }

// flawOffsetDelta is the one flaw with which a record can be read all the same.
const flawOffsetDelta = "its offset delta is not its index"

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
		return 0, flawOffsetDelta
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

// skipBytes is the position behind a nullable field: its length, -1 for null, and its bytes. It may lie outside p, where
// every further read is broken.
func skipBytes(p []byte, at int) int {
	n, at := varint(p, at)
	if n < -1 {
		return broken
	}
	return at + max(n, 0)
}

// skipHeaders is the position behind count headers, each a key, which may not be null, and a nullable value. As that of
// skipBytes, it may lie outside p.
func skipHeaders(p []byte, at, count int) int {
	if count < 0 {
		return broken
	}
	for ; count > 0 && at != broken; count-- {
		n, key := varint(p, at)
		if n < 0 {
			return broken
		}
		at = skipBytes(p, key+n)
	}
	return at
}
