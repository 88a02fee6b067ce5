package group

import (
	"github.com/seed-e634fa49/troupe/wal/record"
)

// A committed offset:
//
//	key    int16   1
//	       string  group
//	       string  topic
//	       int32   partition
//
//	value  int16   3, or 1 where it expires at a time of its own
//	       int64   offset
//	       int32   leader epoch, -1: unknown     (version 3)
//	       string  metadata
//	       int64   when it was committed, ms
//	       int64   when it expires, ms           (version 1)

func offsetRecord(group string, at place, v offset) record.Record {
	w := make(writer, 0, 32+len(v.metadata))
	if v.expires >= 0 {
		w.int16(1)
		w.int64(v.offset)
		w.string(v.metadata)
		w.int64(v.committed)
		w.int64(v.expires)
	} else {
		w.int16(3)
		w.int64(v.offset)
		w.int32(v.epoch)
		w.string(v.metadata)
		w.int64(v.committed)
	}
	return record.Record{Key: offsetKeyOf(group, at), Value: w}
}

func offsetTombstone(group string, at place) record.Record { return tombstone(offsetKeyOf(group, at)) }

func offsetKeyOf(group string, at place) writer {
	w := keyOf(offsetKey, group)
	w.string(at.topic)
	w.int32(at.partition)
	return w
}

// readOffset reads a value of versions 0 to 4.
func readOffset(value []byte) (offset, error) {
	r := reader{b: value}
	version := r.int16()
	if version < 0 || version > 4 {
		return offset{}, unknownVersion("a committed offset", version)
	}
	v := offset{offset: r.int64(), epoch: -1, expires: -1}
	if version >= 3 {
		v.epoch = r.int32()
	}
	if version >= 4 {
		v.metadata = r.compact()
	} else {
		v.metadata = r.string()
	}
	v.committed = r.int64()
	if version == 1 {
		v.expires = r.int64()
	}
	return v, r.err
}
