package kafka

import (
	"encoding/binary"
	"math"
)

// A request's header, versions 1 and 2 (KIP-482):
//
//	0  2  API key
//	2  2  API version
//	4  4  correlation id   comes back in the reply
//	8  2  client id's length, -1 for null; it is never of the compact kind, so that any broker can read it
//	10    client id
//	      tagged fields    version 2 only, which flexible versions of requests use

// minHeader is the length of a header without client id.
const minHeader = 10

type header struct {
	key, version  int16
	correlationID int32
	clientID      string
}

// parseHeader reads the part of a header that all versions share, and returns what is behind it.
func parseHeader(p []byte) (header, []byte, error) {
	h := header{
		key:           int16(binary.BigEndian.Uint16(p)),
		version:       int16(binary.BigEndian.Uint16(p[2:])),
		correlationID: int32(binary.BigEndian.Uint32(p[4:])),
	}
	n := int(int16(binary.BigEndian.Uint16(p[8:])))
	rest := p[minHeader:]
	if n < -1 || n > len(rest) {
		return h, nil, frameErrorf("a client id of %d bytes in a header with %d left", n, len(rest))
	}
	if n > 0 {
		h.clientID = string(rest[:n])
		rest = rest[n:]
	}
	return h, rest, nil
}

// skipTags returns what is behind a section of tagged fields: their number, and for each its key, its size and that
// many bytes.
func skipTags(p []byte) ([]byte, error) {
	count, p, err := uvarint(p)
	if err != nil {
		return nil, err
	}
	for range count {
		if _, p, err = uvarint(p); err != nil {
			return nil, err
		}
		size, rest, err := uvarint(p)
		if err != nil {
			return nil, err
		}
		if size > uint64(len(rest)) {
			return nil, frameErrorf("a tagged field of %d bytes where %d are left", size, len(rest))
		}
		p = rest[size:]
	}
	return p, nil
}

// uvarint reads an unsigned varint of 32 bits.
func uvarint(p []byte) (uint64, []byte, error) {
	v, n := binary.Uvarint(p)
	if n <= 0 || v > math.MaxUint32 {
		return 0, nil, frameErrorf("a varint that is cut, or longer than 32 bits")
	}
	return v, p[n:], nil
}
