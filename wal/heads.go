package wal

import (
	"github.com/seed-e634fa49/troupe/wal/record"
)

// The heads of a frame are what a replay needs of it: the frame's header, and of each batch its header only.
//
//	frame   | header 40 | batch header 61 | records … | batch header 61 | records … |
//	heads   | header 40 | batch header 61 | batch header 61 |
//
// The header still tells the length of the whole payload, which is how heads are known. Their checksum is the whole frame's:
// it was verified before they were taken, and can't be again. A frame that is not of records is its own heads.

// headsScan bounds how much of a log one call of Heads goes through, bytes.
const headsScan = 16 << 20

// Heads is Frames without the records: the heads of the frames from lo up to but not including hi, at least one and about
// maxBytes of them at most. Each frame is verified as a whole, but only its heads are kept, so that a log is gone through at
// the speed of its checksums and in little memory.
func (l *Log) Heads(lo, hi uint64, maxBytes int) ([]Frame, error) {
	buf := newReadBuffer(headsWindow)
	defer buf.release()
	c, at, err := l.cursorAt(lo, hi, buf, readAhead)
	if err != nil {
		return nil, err
	}
	defer c.close()
	var heads []Frame
	began := c.pos
	for bytes := 0; at < min(hi, c.sp.last+1) && (len(heads) == 0 || bytes < maxBytes && c.pos-began < headsScan); at++ {
		f, err := c.next()
		if err == nil && at >= lo {
			f, err = f.Heads()
			if err != nil {
				err = c.failed(c.sp, c.pos, err)
			}
		}
		switch {
		case err != nil && len(heads) > 0:
			return heads, nil
		case err != nil:
			return nil, err
		case at >= lo:
			heads = append(heads, f)
			bytes += len(f)
		}
	}
	return heads, nil
}

// headsWindow takes a frame of the size that partitions make them.
const headsWindow = 1<<20 + 64<<10

// Heads copies the heads of a whole frame.
func (f Frame) Heads() (Frame, error) {
	if f.Kind() != KindRecords {
		return append(Frame(nil), f...), nil
	}
	n := 0
	for p := f.Payload(); len(p) > 0; n++ {
		_, _, size, err := batchBounds(p, len(p))
		if err != nil {
			return nil, err
		}
		p = p[size:]
	}
	heads := append(make(Frame, 0, FrameHeader+n*batchHead), f[:FrameHeader]...)
	for p := f.Payload(); len(p) > 0; {
		_, _, size, _ := batchBounds(p, len(p))
		heads = append(heads, p[:batchHead]...)
		p = p[size:]
	}
	return heads, nil
}

// NextBatch cuts the first batch off what is left of the payload of f; of heads, the batch's header.
func (f Frame) NextBatch(rest []byte) (record.Batch, []byte, error) {
	if f.Size() == len(f) {
		return record.Next(rest)
	}
	if len(rest) < batchHead {
		_, _, _, err := batchBounds(rest, len(rest))
		return nil, nil, err
	}
	return record.Batch(rest[:batchHead]), rest[batchHead:], nil
}

// Size is the length of the frame, of heads that of the whole frame.
func (f Frame) Size() int { return FrameHeader + f.payloadLength() }
