package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// The journal is one append-only file for all the logs of a node:
//
//	 0  16  "TROUPE-JOURNAL 2"; version 1 had no records of type 6
//	16      records
//
// A record is
//
//	0  4  CRC-32C of everything behind this field
//	4  4  payload length
//	8  1  type
//	9     payload
//
// with one of these payloads. Integers are big-endian; those marked v are uvarints.
//
//	1 name      id 4, name            gives a log a number for the records that follow
//	2 state     id 4, term 8, vote 8, commit 8
//	3 synced    per log: id v, first index of the segment v, byte position in it v, last index v
//	4 forget    id 4                  the log was removed
//	5 durable   position 8            the journal was durable up to there when this record was written
//	6 owner     id 4, replica 8, 1    whose log it is; 1: appended to without a sync, 2: may lack what it had, as bits
const (
	recordName    = 1
	recordState   = 2
	recordSynced  = 3
	recordForget  = 4
	recordDurable = 5
	recordOwner   = 6

	recordHeader = 9
	durableSize  = recordHeader + 8
)

const (
	journalMagic    = "TROUPE-JOURNAL 2"
	oldJournalMagic = "TROUPE-JOURNAL 1"
)

// position is a place in a log: behind the last entry that is meant.
type position struct {
	first uint64 // of the segment
	pos   int64  // bytes in it
	last  uint64 // index of the last entry before it
}

// before reports whether p lies before q.
func (p position) before(q position) bool {
	return p.first < q.first || p.first == q.first && p.pos < q.pos
}

// startRecord begins a record at the end of buf; finishRecord completes it.
func startRecord(buf []byte, kind byte) []byte {
	return append(buf, 0, 0, 0, 0, 0, 0, 0, 0, kind)
}

func finishRecord(buf []byte, at int) []byte {
	binary.BigEndian.PutUint32(buf[at+4:], uint32(len(buf)-at-recordHeader))
	binary.BigEndian.PutUint32(buf[at:], crc32.Checksum(buf[at+4:], castagnoli))
	return buf
}

func appendName(buf []byte, id uint32, name string) []byte {
	at := len(buf)
	buf = binary.BigEndian.AppendUint32(startRecord(buf, recordName), id)
	return finishRecord(append(buf, name...), at)
}

func appendState(buf []byte, id uint32, hs HardState) []byte {
	at := len(buf)
	buf = binary.BigEndian.AppendUint32(startRecord(buf, recordState), id)
	for _, v := range []uint64{hs.Term, hs.Vote, hs.Commit} {
		buf = binary.BigEndian.AppendUint64(buf, v)
	}
	return finishRecord(buf, at)
}

func appendOwner(buf []byte, id uint32, o Owner) []byte {
	at := len(buf)
	buf = binary.BigEndian.AppendUint32(startRecord(buf, recordOwner), id)
	return finishRecord(append(binary.BigEndian.AppendUint64(buf, o.Replica), o.flags()), at)
}

// appendPosition adds one log to a synced record.
func appendPosition(buf []byte, id uint32, p position) []byte {
	for _, v := range []uint64{uint64(id), p.first, uint64(p.pos), p.last} {
		buf = binary.AppendUvarint(buf, v)
	}
	return buf
}

func appendForget(buf []byte, id uint32) []byte {
	at := len(buf)
	return finishRecord(binary.BigEndian.AppendUint32(startRecord(buf, recordForget), id), at)
}

func appendDurable(buf []byte, pos int64) []byte {
	at := len(buf)
	return finishRecord(binary.BigEndian.AppendUint64(startRecord(buf, recordDurable), uint64(pos)), at)
}

// nextRecord cuts the first record off p.
func nextRecord(p []byte) (kind byte, payload, rest []byte, err error) {
	if len(p) < recordHeader {
		return 0, nil, nil, errors.New("the record is cut off")
	}
	n := uint64(binary.BigEndian.Uint32(p[4:]))
	if n > uint64(len(p)-recordHeader) {
		return 0, nil, nil, errors.New("the record reaches beyond the file's end")
	}
	end := recordHeader + int(n)
	if crc32.Checksum(p[4:end], castagnoli) != binary.BigEndian.Uint32(p) {
		return 0, nil, nil, errChecksum
	}
	return p[8], p[recordHeader:end], p[end:], nil
}

// replay applies one record to what the journal knows.
func (k *knowledge) replay(kind byte, p []byte) error {
	switch {
	case kind == recordSynced:
		return k.replaySynced(p)
	case kind == recordDurable && len(p) == 8:
		return nil
	case len(p) < 4:
		return fmt.Errorf("a record of type %d has %d bytes", kind, len(p))
	}
	id, p := binary.BigEndian.Uint32(p), p[4:]
	if kind == recordName {
		k.name(id, string(p))
		return nil
	}
	e := k.byID[id]
	switch {
	case e == nil:
		return fmt.Errorf("a record of type %d is about log number %d, which has no name", kind, id)
	case kind == recordState && len(p) == 24:
		e.state = HardState{binary.BigEndian.Uint64(p), binary.BigEndian.Uint64(p[8:]), binary.BigEndian.Uint64(p[16:])}
		e.hasState = true
	case kind == recordOwner && len(p) == 9:
		e.owner = ownerOf(binary.BigEndian.Uint64(p), p[8])
	case kind == recordForget && len(p) == 0:
		k.forget(e.name)
	default:
		return fmt.Errorf("a record of type %d with %d bytes is not known here", kind, len(p)+4)
	}
	return nil
}

func (k *knowledge) replaySynced(p []byte) error {
	for len(p) > 0 {
		var v [4]uint64
		for i := range v {
			n := 0
			if v[i], n = binary.Uvarint(p); n <= 0 {
				return errors.New("a recovery point is cut off")
			}
			p = p[n:]
		}
		e := k.byID[uint32(v[0])]
		if e == nil {
			return fmt.Errorf("a recovery point is about log number %d, which has no name", v[0])
		}
		e.synced, e.hasSynced = position{v[1], int64(v[2]), v[3]}, true
	}
	return nil
}

// known is what the journal knows of one log.
type known struct {
	id        uint32
	name      string
	written   bool // its name record is in the file
	state     HardState
	hasState  bool
	owner     Owner
	synced    position
	hasSynced bool
}

// knowledge is what the journal says, by name and by number.
type knowledge struct {
	byName map[string]*known
	byID   map[uint32]*known
	lastID uint32
}

func newKnowledge() knowledge {
	return knowledge{byName: map[string]*known{}, byID: map[uint32]*known{}}
}

func (k *knowledge) name(id uint32, name string) *known {
	if old := k.byName[name]; old != nil {
		if old.id == id {
			return old
		}
		delete(k.byID, old.id)
	}
	e := &known{id: id, name: name, written: true}
	k.byName[name], k.byID[id] = e, e
	k.lastID = max(k.lastID, id)
	return e
}

func (k *knowledge) forget(name string) {
	if e := k.byName[name]; e != nil {
		delete(k.byName, name)
		delete(k.byID, e.id)
	}
}

// entry is what is known of name, made if nothing is.
func (k *knowledge) entry(name string) *known {
	if e := k.byName[name]; e != nil {
		return e
	}
	e := k.name(k.lastID+1, name)
	e.written = false
	return e
}
