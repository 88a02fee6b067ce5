package group

import (
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// What the log says of a consumer group, in Kafka's flexible formats. Keys are an int16, a string, and for what is about one
// member another string; values begin with an int16, 0.
//
//	key 3, group            group epoch int32; tag 0: hash of what is read, int64
//	key 5, group, member    the member:
//	                          instance id, rack       compact strings, null: none
//	                          client id, client host  compact strings
//	                          topics                  compact array of compact strings
//	                          pattern                 compact string, null: none
//	                          rebalance timeout, ms   int32
//	                          assignor                compact string, null: none
//	                          tag 0                   of a member that speaks the classic protocol: session timeout, ms, int32,
//	                                                  and its protocols, a compact array of name and metadata
//	key 6, group            target epoch int32
//	key 7, group, member    what the member is to have: partitions
//	key 8, group, member    where it stands: epoch int32, the epoch before int32, state int8, partitions that it has, partitions
//	                        that it has to give up
//
//	partitions              compact array of a topic id, 16 bytes, and a compact array of int32; tag 0 where the member has them:
//	                        the epochs since which it does, a compact array of int32 (KIP-1251)

func memberKeyOf(version int16, group, member string) writer {
	w := keyOf(version, group)
	w.string(member)
	return w
}

func consumerRecord(g *group) record.Record {
	w := make(writer, 0, 20)
	w.int16(0)
	w.int32(g.consumer.epoch)
	w.uvarint(1)
	w.uvarint(0)
	w.uvarint(8)
	w.int64(g.consumer.hash)
	return record.Record{Key: keyOf(consumerKey, g.id), Value: w}
}

func targetRecord(g *group) record.Record {
	w := make(writer, 0, 8)
	w.int16(0)
	w.int32(g.consumer.targetEpoch)
	w.noTags()
	return record.Record{Key: keyOf(targetKey, g.id), Value: w}
}

func memberRecord(group string, m *consumerMember) record.Record {
	w := make(writer, 0, 128)
	w.int16(0)
	w.compactNullable(m.instance)
	w.compactNullable(m.rack)
	w.compact(m.clientID)
	w.compact(m.clientHost)
	w.uvarint(len(m.topics) + 1)
	for _, t := range m.topics {
		w.compact(t)
	}
	w.compactNullable(m.pattern)
	w.int32(int32(m.rebalance.Milliseconds()))
	var assignor *string
	if m.assignor != "" {
		assignor = &m.assignor
	}
	w.compactNullable(assignor)
	if m.classic == nil {
		w.noTags()
	} else {
		tag := m.classic.encode()
		w.uvarint(1)
		w.uvarint(0)
		w.uvarint(len(tag))
		w.raw(tag)
	}
	return record.Record{Key: memberKeyOf(memberKey, group, m.id), Value: w}
}

func (m *classicMember) encode() writer {
	var w writer
	w.int32(int32(m.session.Milliseconds()))
	w.uvarint(len(m.protocols) + 1)
	for _, p := range m.protocols {
		w.compact(p.Name)
		w.compactBytes(p.Metadata)
		w.noTags()
	}
	w.noTags()
	return w
}

func targetMemberRecord(group, member string, a assignment) record.Record {
	w := make(writer, 0, 64)
	w.int16(0)
	w.partitions(a, nil)
	w.noTags()
	return record.Record{Key: memberKeyOf(targetMemberKey, group, member), Value: w}
}

func currentRecord(group string, m *consumerMember) record.Record {
	w := make(writer, 0, 64)
	w.int16(0)
	w.int32(m.epoch)
	w.int32(m.previous)
	w.int8(int8(m.state))
	w.partitions(m.assigned, m.since)
	w.partitions(m.revoking, m.since)
	w.noTags()
	return record.Record{Key: memberKeyOf(currentKey, group, m.id), Value: w}
}

// partitions writes an assignment, with the epochs since which it holds; nil: it has none.
func (w *writer) partitions(a assignment, since epochs) {
	w.uvarint(len(a) + 1)
	for _, t := range a.topics() {
		w.raw(t[:])
		w.uvarint(len(a[t]) + 1)
		for _, p := range a[t] {
			w.int32(p)
		}
		if since == nil {
			w.noTags()
			continue
		}
		var tag writer
		tag.uvarint(len(a[t]) + 1)
		for _, p := range a[t] {
			tag.int32(since.of(t, p, 0))
		}
		w.uvarint(1)
		w.uvarint(0)
		w.uvarint(len(tag))
		w.raw(tag)
	}
}

// partitions reads an assignment, and adds the epochs that it has to since.
func (r *reader) partitions(since epochs) assignment {
	a := assignment{}
	for n := r.compactCount(18); n > 0 && r.err == nil; n-- {
		var t msg.TopicID
		copy(t[:], r.take(len(t)))
		var listed []int32
		for m := r.compactCount(4); m > 0; m-- {
			listed = append(listed, r.int32())
			a.add(t, listed[len(listed)-1])
		}
		r.tags(func(tag int, b []byte) {
			if tag == 0 {
				since.read(t, listed, b)
			}
		})
	}
	return a
}

// read takes the epochs of a topic's partitions.
func (e epochs) read(t msg.TopicID, partitions []int32, b []byte) {
	r := reader{b: b}
	for n, i := r.compactCount(4), 0; i < min(n, len(partitions)); i++ {
		if e[t] == nil {
			e[t] = map[int32]int32{}
		}
		e[t][partitions[i]] = r.int32()
	}
}

// readConsumer reads a group's epoch and hash.
func readConsumer(value []byte) (epoch int32, hash int64, err error) {
	r := reader{b: value}
	if version := r.int16(); version != 0 {
		return 0, 0, unknownVersion("a consumer group", version)
	}
	epoch = r.int32()
	r.tags(func(tag int, b []byte) {
		if tag == 0 {
			hash = (&reader{b: b}).int64()
		}
	})
	return epoch, hash, r.err
}

// readConsumerMember reads what a member says about itself into m.
func readConsumerMember(value []byte, m *consumerMember) error {
	r := reader{b: value}
	if version := r.int16(); version != 0 {
		return unknownVersion("a member of a consumer group", version)
	}
	m.instance, m.rack = r.compactNullable(), r.compactNullable()
	m.clientID, m.clientHost = r.compact(), r.compact()
	m.topics = nil
	for n := r.compactCount(1); n > 0; n-- {
		m.topics = append(m.topics, r.compact())
	}
	m.pattern = r.compactNullable()
	m.rebalance = time.Duration(r.int32()) * time.Millisecond
	m.assignor = ""
	if wish := r.compactNullable(); wish != nil {
		m.assignor = *wish
	}
	m.classic = nil
	r.tags(func(tag int, b []byte) {
		if tag == 0 && len(b) > 1 {
			m.classic = readClassicMember(b)
		}
	})
	return r.err
}

// readClassicMember is nil for one that has no protocols, which nobody can be.
func readClassicMember(b []byte) *classicMember {
	r := reader{b: b}
	m := &classicMember{session: time.Duration(r.int32()) * time.Millisecond}
	for n := r.compactCount(3); n > 0 && r.err == nil; n-- {
		m.protocols = append(m.protocols, msg.GroupProtocol{Name: r.compact(), Metadata: clone(r.compactBytes())})
		r.tags(nil)
	}
	if len(m.protocols) == 0 {
		return nil
	}
	return m
}

func readTarget(value []byte) (assignment, error) {
	r := reader{b: value}
	if version := r.int16(); version != 0 {
		return nil, unknownVersion("a member's target", version)
	}
	a := r.partitions(epochs{})
	return a, r.err
}

// standing is where a member stands.
type standing struct {
	epoch, previous    int32
	state              memberState
	assigned, revoking assignment
	since              epochs
}

func readCurrent(value []byte) (standing, error) {
	r := reader{b: value}
	if version := r.int16(); version != 0 {
		return standing{}, unknownVersion("a member's assignment", version)
	}
	s := standing{epoch: r.int32(), previous: r.int32(), state: memberState(r.int8()), since: epochs{}}
	s.assigned, s.revoking = r.partitions(s.since), r.partitions(s.since)
	return s, r.err
}
