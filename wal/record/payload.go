package record

import (
	"errors"
	"io"

	"github.com/twmb/franz-go/pkg/kerr"
)

// MaxDecompressed is how many bytes a batch's records may unpack to, 256 MiB. A walk holds only a window of them, so this
// bounds the time that a batch can take and the size of one record.
const MaxDecompressed = 256 << 20

// How large the first window of a walk is.
const (
	leastWindow = 512
	mostWindow  = 64 << 10
)

// payload is a batch's records being walked: as they lie when uncompressed, else through a window.
type payload struct {
	// buf is what is unpacked and not yet walked. It lies in window, or in the batch.
	buf    []byte
	window []byte
	// from unpacks the rest into the window; nil: buf is all there is.
	from *unpacker
	// room is how many more bytes may be unpacked.
	room int
	// behind is how many bytes of the last record were not asked for.
	behind int
	// retain says that what was handed out must stay as it is.
	retain bool
}

// open begins a walk. retain keeps the records that the walk hands out intact, at the price of fresh memory.
func (b Batch) open(retain bool) (*payload, error) {
	c, src := b.Compression(), b.payload()
	if c == None {
		return &payload{buf: src}, nil
	}
	if c == Zstd {
		if whole, ok := unpackZstd(src); ok {
			return &payload{buf: whole}, nil
		}
	}
	from, err := unpack(c, src)
	if err != nil {
		return nil, err
	}
	window := make([]byte, 0, min(max(4*len(src), leastWindow), mostWindow))
	return &payload{window: window, from: from, room: MaxDecompressed, retain: retain}, nil
}

// next is the next record, without its length field, or no more than its first most bytes, and its size.
func (p *payload) next(index int32, most int) (body []byte, size int, err error) {
	if err := p.skip(); err != nil {
		return nil, 0, err
	}
	if err := p.fill(lengthSize); err != nil && err != io.EOF {
		return nil, 0, err
	}
	size, at := varint(p.buf, 0)
	if at == broken || size < 0 || size > len(p.buf)-at+p.room {
		return nil, 0, &InvalidRecord{Index: index, Detail: "its length is not within the batch"}
	}
	p.buf = p.buf[at:]
	n := min(size, most)
	if err := p.fill(n); err == io.EOF {
		return nil, 0, &InvalidRecord{Index: index, Detail: "its length is not within the batch"}
	} else if err != nil {
		return nil, 0, err
	}
	body, p.buf, p.behind = p.buf[:n:n], p.buf[n:], size-n
	return body, size, nil
}

// lengthSize is what a record's length field takes at most.
const lengthSize = 5

// skip passes over what was not asked for of the last record.
func (p *payload) skip() error {
	for p.behind > 0 {
		if len(p.buf) == 0 {
			if err := p.fill(1); err == io.EOF {
				return errorf(kerr.InvalidRecord, "the records end within a record")
			} else if err != nil {
				return err
			}
		}
		n := min(p.behind, len(p.buf))
		p.buf, p.behind = p.buf[n:], p.behind-n
	}
	return nil
}

// end checks that nothing is behind the last record.
func (p *payload) end() error {
	if err := p.skip(); err != nil {
		return err
	}
	if err := p.fill(1); err != nil && err != io.EOF {
		return err
	}
	if len(p.buf) > 0 {
		return errorf(kerr.InvalidRecord, "there are bytes behind the last record that the batch counts")
	}
	return nil
}

// fill makes buf at least n bytes long, or returns io.EOF.
func (p *payload) fill(n int) error {
	for len(p.buf) < n {
		if p.from == nil {
			return io.EOF
		}
		p.makeRoom()
		if err := p.unpackMore(); err != nil {
			return err
		}
	}
	return nil
}

// makeRoom sees to free space in the window. Windows grow with what was really unpacked, never with what a length claims.
func (p *payload) makeRoom() {
	switch {
	case len(p.window) < cap(p.window):
		return
	case !p.retain && len(p.buf) <= cap(p.window)/2:
		p.window = append(p.window[:0], p.buf...)
	default:
		size := max(min(2*cap(p.window), mostWindow), 2*len(p.buf))
		p.window = append(make([]byte, 0, size), p.buf...)
	}
	p.buf = p.window
}

// unpackMore unpacks some bytes into the window's free space.
func (p *payload) unpackMore() error {
	walked := len(p.window) - len(p.buf)
	n, err := p.from.Read(p.window[len(p.window):cap(p.window)])
	p.window = p.window[:len(p.window)+n]
	p.buf = p.window[walked:]
	if p.room -= n; p.room < 0 {
		return tooLarge()
	}
	if err == nil || err == io.EOF && n > 0 {
		return nil
	}
	if err == io.EOF {
		return io.EOF
	}
	return unpackError(p.from.codec, err)
}

func tooLarge() error {
	return errorf(kerr.MessageTooLarge, "the records unpack to more than %d bytes: send smaller batches", MaxDecompressed)
}

// unpackError says that compressed bytes are not what their codec writes. They came as they were sent, as the CRC is
// right, so sending them again is no use: the code is not the retriable CORRUPT_MESSAGE.
func unpackError(c Compression, err error) error {
	var ours *Error
	if errors.As(err, &ours) {
		return ours
	}
	return errorf(kerr.InvalidRecord, "unpacking %s records: %v", c, err)
}
