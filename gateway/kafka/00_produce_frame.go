package kafka

import "encoding/binary"

// A produce request may be as long as socket.request.max.bytes, so what decoding it allocates beside the frame must be
// known before: an array's length is checked here against the elements that really follow.
//
//	transactional id   nullable string
//	acks               int16
//	timeout            int32, milliseconds
//	topics             array of
//	    name           string, or topic id: 16 bytes, from v13
//	    partitions     array of
//	        number     int32
//	        records    nullable bytes
//
// Flexible versions, from v9, have lengths as varints plus 1, and tagged fields behind each element and at the end.

const (
	// maxProduced bounds the topics and partitions of one produce request together: more than any client has in one.
	maxProduced = 100_000
	// maxTags bounds its tagged fields, as Kafka 4.4 does.
	maxTags = 10_000
)

func checkProduce(version int16, body []byte) error {
	w := produceWalk{rest: body, flexible: version >= 9}
	w.skip(w.length(2))
	w.skip(2 + 4)
	for range w.count() {
		if version >= 13 {
			w.skip(16)
		} else {
			w.skip(w.length(2))
		}
		for range w.count() {
			w.skip(4)
			w.skip(w.length(4))
			w.skipTags()
		}
		w.skipTags()
	}
	w.skipTags()
	if w.bad {
		return frameErrorf("a produce request, version %d, of %d bytes that is cut, or has more than %d topics and partitions or %d tagged fields", version, len(body), maxProduced, maxTags)
	}
	return nil
}

// produceWalk steps through a request without decoding it.
type produceWalk struct {
	rest     []byte
	flexible bool
	bad      bool // nothing is left, and every step is empty
	elements int
	tags     int
}

func (w *produceWalk) skip(n int) {
	if n > len(w.rest) {
		w.fail()
		return
	}
	w.rest = w.rest[max(n, 0):]
}

func (w *produceWalk) fail() { w.bad, w.rest = true, nil }

// length reads a length of width bytes, or a varint less 1; -1 is null.
func (w *produceWalk) length(width int) int {
	if w.flexible {
		return w.uvarint() - 1
	}
	if len(w.rest) < width {
		w.fail()
		return 0
	}
	p := w.rest
	w.rest = p[width:]
	if width == 2 {
		return int(int16(binary.BigEndian.Uint16(p)))
	}
	return int(int32(binary.BigEndian.Uint32(p)))
}

// count reads an array's length.
func (w *produceWalk) count() int {
	n := max(w.length(4), 0)
	if w.elements += n; w.elements > maxProduced {
		w.fail()
		return 0
	}
	return n
}

func (w *produceWalk) uvarint() int {
	v, rest, err := uvarint(w.rest)
	if err != nil {
		w.fail()
		return 0
	}
	w.rest = rest
	return int(v)
}

func (w *produceWalk) skipTags() {
	if !w.flexible || w.bad {
		return
	}
	n := w.uvarint()
	if w.tags += n; w.tags > maxTags {
		w.fail()
	}
	for ; n > 0 && !w.bad; n-- {
		w.uvarint()
		w.skip(w.uvarint())
	}
}
