package record

import (
	"encoding/binary"

	"github.com/twmb/franz-go/pkg/kerr"
)

// ErrIncomplete says that the bytes end before the batch does: there may be more to come.
var ErrIncomplete = &Error{Kafka: kerr.CorruptMessage, Detail: "the bytes end before the record batch does"}

// Next cuts the first whole batch off p. Length and magic are checked, nothing else. The error is ErrIncomplete where p is
// the beginning of a batch, else it says why this is none.
func Next(p []byte) (b Batch, rest []byte, err error) {
	if len(p) <= magicAt {
		return nil, p, ErrIncomplete
	}
	length := int32(binary.BigEndian.Uint32(p[lengthAt:]))
	if length < HeaderSize-lengthEnd {
		return nil, p, errorf(kerr.CorruptMessage, "record batch length %d is less than its header's %d", length, HeaderSize-lengthEnd)
	}
	if magic := int8(p[magicAt]); magic != magicOfThisFormat {
		return nil, p, errorf(kerr.CorruptMessage, "record batch magic is %d, want %d", magic, magicOfThisFormat)
	}
	if int64(len(p)) < lengthEnd+int64(length) {
		return nil, p, ErrIncomplete
	}
	end := lengthEnd + int(length)
	return Batch(p[:end:end]), p[end:], nil
}
