package kafka

import (
	"encoding/binary"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// A fetch reply is encoded here rather than by kmsg, so that the records are never copied: what is between them is text,
// and they are sent as they lie in memory or in a file. A test compares the bytes with kmsg's for every version.
//
//	throttle time        int32
//	error, session id    int16, int32                                from v7
//	topics               array of
//	    name or id       string, or 16 bytes                         from v13
//	    partitions       array of
//	        number, error                  int32, int16
//	        high watermark, last stable    int64, int64
//	        log start                      int64                     from v5
//	        aborted transactions           nullable array of producer id, first offset: int64, int64
//	        preferred read replica         int32                     from v11
//	        records                        bytes, never null: librdkafka takes null for damage
//	        tags    0 diverging epoch: epoch int32, end offset int64           from v12
//	                1 current leader: leader int32, epoch int32                from v12, set from v16
//	tags    0 node endpoints: array of node int32, host string, port int32, rack nullable string     from v16
//
// Flexible versions, from v12, have lengths as varints plus 1.

// fetchAnswer is the answer to a fetch. It holds chunks and sections until they are written.
type fetchAnswer struct {
	server    *Server
	version   int16
	code      int16
	sessionID int32
	parts     []fetchPart // those with omit are left out
	nodes     []fetchNode
	bytes     int // of records, out of the budget
}

// fetchNode is a leader's address, for clients of another node.
type fetchNode struct {
	node *metadata.Node
	at   metadata.Endpoint
}

func (a *fetchAnswer) done() {
	for i := range a.parts {
		if release := a.parts[i].read.Release; release != nil {
			release()
		}
	}
	a.server.fetching.put(a.bytes)
}

func (a *fetchAnswer) encode(o *outgoing) {
	e := fetchEncoder{b: o.text.b, flexible: a.version >= 12, version: a.version}
	e.tags(0) // of the header
	e.int32(0)
	if a.version >= 7 {
		e.int16(a.code)
		e.int32(a.sessionID)
	}
	e.length(a.topics(nil))
	a.topics(func(first *fetchPart, count int) {
		if a.version >= 13 {
			e.b = append(e.b, first.id[:]...)
		} else {
			e.string(first.topic)
		}
		e.length(count)
		for p := first; count > 0; p = p.next(a) {
			if p.omit {
				continue
			}
			e.partition(p)
			o.text.b = e.b
			o.append(&p.read)
			e.partitionTags(p)
			count--
		}
		e.tags(0)
	})
	e.nodes(a.nodes)
	o.text.b = e.b
}

// topics calls visit for each topic of the reply, with its first partition and how many there are, and returns the number
// of topics. Partitions of a topic belong together where they follow each other.
func (a *fetchAnswer) topics(visit func(first *fetchPart, count int)) int {
	topics, count := 0, 0
	var first *fetchPart
	for i := range a.parts {
		p := &a.parts[i]
		if p.omit {
			continue
		}
		if first != nil && p.id == first.id && p.topic == first.topic {
			count++
			continue
		}
		if first != nil && visit != nil {
			visit(first, count)
		}
		topics++
		first, count = p, 1
	}
	if first != nil && visit != nil {
		visit(first, count)
	}
	return topics
}

// next is the part behind p. There must be one, or nobody looks at it.
func (p *fetchPart) next(a *fetchAnswer) *fetchPart {
	if p.at+1 == len(a.parts) {
		return nil
	}
	return &a.parts[p.at+1]
}

// fetchEncoder appends the fields of a fetch reply.
type fetchEncoder struct {
	b        []byte
	version  int16
	flexible bool
}

func (e *fetchEncoder) int16(v int16)    { e.b = binary.BigEndian.AppendUint16(e.b, uint16(v)) }
func (e *fetchEncoder) int32(v int32)    { e.b = binary.BigEndian.AppendUint32(e.b, uint32(v)) }
func (e *fetchEncoder) int64(v int64)    { e.b = binary.BigEndian.AppendUint64(e.b, uint64(v)) }
func (e *fetchEncoder) uvarint(v uint64) { e.b = binary.AppendUvarint(e.b, v) }

// length is an array's or bytes' length, -1 for null.
func (e *fetchEncoder) length(n int) {
	if e.flexible {
		e.uvarint(uint64(n + 1))
		return
	}
	e.int32(int32(n))
}

func (e *fetchEncoder) string(s string) {
	if e.flexible {
		e.uvarint(uint64(len(s) + 1))
	} else {
		e.int16(int16(len(s)))
	}
	e.b = append(e.b, s...)
}

// tags says how many tagged fields follow.
func (e *fetchEncoder) tags(n int) {
	if e.flexible {
		e.uvarint(uint64(n))
	}
}

// partition is everything of a partition up to the records' length.
func (e *fetchEncoder) partition(p *fetchPart) {
	e.int32(p.partition)
	e.int16(p.code)
	e.int64(p.highWatermark)
	e.int64(p.lastStable)
	if e.version >= 5 {
		e.int64(p.logStart)
	}
	if !p.committed {
		e.length(-1)
	} else {
		e.aborted(p.read.Aborted)
	}
	if e.version >= 11 {
		if p.prefers {
			e.int32(p.preferred)
		} else {
			e.int32(msg.NoNode)
		}
	}
	e.length(p.read.Bytes)
}

func (e *fetchEncoder) aborted(list []msg.AbortedTransaction) {
	e.length(len(list))
	for _, t := range list {
		e.int64(t.ProducerID)
		e.int64(t.FirstOffset)
		e.tags(0)
	}
}

func (e *fetchEncoder) partitionTags(p *fetchPart) {
	if !e.flexible {
		return
	}
	count := 0
	if p.diverges {
		count++
	}
	if p.redirected {
		count++
	}
	e.tags(count)
	if p.diverges {
		e.uvarint(0)
		e.uvarint(4 + 8 + 1)
		e.int32(p.divergingEpoch)
		e.int64(p.divergingEnd)
		e.tags(0)
	}
	if p.redirected {
		e.uvarint(1)
		e.uvarint(4 + 4 + 1)
		e.int32(p.leaderID)
		e.int32(p.leaderEpoch)
		e.tags(0)
	}
}

// nodes are the reply's last tagged fields.
func (e *fetchEncoder) nodes(nodes []fetchNode) {
	if !e.flexible || len(nodes) == 0 {
		e.tags(0)
		return
	}
	inner := fetchEncoder{flexible: true}
	inner.length(len(nodes))
	for _, n := range nodes {
		inner.int32(n.node.ID)
		inner.string(n.at.Host)
		inner.int32(n.at.Port)
		if n.node.Rack == "" {
			inner.length(-1)
		} else {
			inner.string(n.node.Rack)
		}
		inner.tags(0)
	}
	e.tags(1)
	e.uvarint(0)
	e.uvarint(uint64(len(inner.b)))
	e.b = append(e.b, inner.b...)
}

// redirect tells a client of v16 who leads a partition that this node does not.
func (a *fetchAnswer) redirect(p *fetchPart, listener string) {
	stale := p.code == kerr.NotLeaderForPartition.Code || p.code == kerr.FencedLeaderEpoch.Code
	if a.version < 16 || !stale {
		return
	}
	led := a.server.leadership(msg.TopicPartition{Topic: p.id, Partition: p.partition})
	p.redirected, p.leaderID, p.leaderEpoch = true, led.Leader, led.Epoch
	for _, known := range a.nodes {
		if known.node.ID == led.Leader {
			return
		}
	}
	if node, at, ok := a.server.advertised(a.server.Image(), led.Leader, listener); ok {
		a.nodes = append(a.nodes, fetchNode{node, at})
	}
}
