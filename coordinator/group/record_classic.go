package group

import (
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// A classic group:
//
//	key    int16   2
//	       string  group
//
//	value  int16   3
//	       string  protocol type
//	       int32   generation
//	       string  protocol                      null: none
//	       string  the leader's member id        null: none
//	       int64   when its state began, ms
//	       array   members
//	         string  member id
//	         string  instance id                 null: none
//	         string  client id
//	         string  client host
//	         int32   rebalance timeout, ms
//	         int32   session timeout, ms
//	         bytes   metadata in the protocol
//	         bytes   assignment

func classicRecord(g *group) record.Record {
	k := g.classic
	w := make(writer, 0, 64)
	w.int16(3)
	w.string(k.protocolType)
	w.int32(k.generation)
	w.optional(k.protocol)
	w.optional(k.leader)
	w.int64(k.since.UnixMilli())
	w.int32(int32(len(k.members.list)))
	for _, m := range k.members.list {
		w.string(m.id)
		w.nullable(m.instance)
		w.string(m.clientID)
		w.string(m.clientHost)
		w.int32(int32(m.rebalance.Milliseconds()))
		w.int32(int32(m.session.Milliseconds()))
		w.bytes(m.metadata(k.protocol))
		w.bytes(m.assignment)
	}
	return record.Record{Key: keyOf(classicKey, g.id), Value: w}
}

func classicTombstone(group string) record.Record { return tombstone(keyOf(classicKey, group)) }

// leastMember is the size of the smallest member.
const leastMember = 2 + 2 + 2 + 2 + 4 + 4 + 4

// readClassic reads a value of versions 0 to 3. Its members are known in the group's protocol only, and have to be heard of
// again.
func readClassic(value []byte) (*classic, error) {
	r := reader{b: value}
	version := r.int16()
	if version < 0 || version > 3 {
		return nil, unknownVersion("a classic group", version)
	}
	k := &classic{state: empty, written: true}
	k.protocolType = r.string()
	k.generation = r.int32()
	k.protocol = r.optional()
	k.leader = r.optional()
	if version >= 2 {
		k.since = time.UnixMilli(r.int64())
	}
	for n := r.count(leastMember - 6); n > 0 && r.err == nil; n-- {
		k.admit(readMember(&r, version, k.protocol))
	}
	if r.err != nil {
		return nil, r.err
	}
	if len(k.members.list) > 0 {
		k.state = stable
		k.topics = k.subscribed()
	}
	return k, nil
}

func readMember(r *reader, version int16, protocol string) *member {
	m := &member{id: r.string()}
	if version >= 3 {
		m.instance = r.nullable()
	}
	m.clientID, m.clientHost = r.string(), r.string()
	if version >= 1 {
		m.rebalance = time.Duration(r.int32()) * time.Millisecond
	}
	m.session = time.Duration(r.int32()) * time.Millisecond
	if version == 0 {
		m.rebalance = m.session
	}
	m.protocols = []msg.GroupProtocol{{Name: protocol, Metadata: clone(r.bytes())}}
	m.assignment = clone(r.bytes())
	return m
}

// admit adds a member that was read.
func (k *classic) admit(m *member) {
	if k.members.get(m.id) != nil {
		return
	}
	k.members.add(m.id, m)
	k.count(m.protocols, 1)
	if m.instance != nil {
		if k.statics == nil {
			k.statics = map[string]string{}
		}
		k.statics[*m.instance] = m.id
	}
}

// clone copies bytes that lie in a chunk of the log, which is only lent. Null stays null.
func clone(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}
