package record

import (
	"bytes"
	"encoding/binary"
	"io"
)

// Recompress makes the same records a batch of another codec. level as the codec's *.level config says. Everything in the
// header but the codec, the length and the CRC stays as it is. A batch that has the codec already, or any batch for
// Producer, is returned as it is.
//
// Records that come out of a compressed batch are checked as Validate checks uncompressed ones, with the same errors, and
// their max timestamp put right.
func (b Batch) Recompress(c Compression, level int) (Batch, error) {
	return b.recompress(&Packer{}, c, level)
}

func (b Batch) recompress(k *Packer, c Compression, level int) (Batch, error) {
	if c == Producer || c == b.Compression() {
		return b, nil
	}
	out := bytes.NewBuffer(make([]byte, 0, len(b)))
	out.Write(b[:HeaderSize])
	maxTimestamp, err := b.repack(k, out, c, level)
	if err != nil {
		return nil, err
	}
	made := Batch(out.Bytes())
	made.putAttributes(made.attributes()&^codecBits | uint16(c))
	made.putInt64(maxTimestampAt, maxTimestamp)
	made.putInt32(lengthAt, int32(len(made)-lengthEnd))
	made.putCRC()
	return made, nil
}

// repack writes the records to out in another codec, and returns their max timestamp.
func (b Batch) repack(k *Packer, out *bytes.Buffer, c Compression, level int) (maxTimestamp int64, err error) {
	if c == None {
		return b.copyRecords(out)
	}
	defer k.rest()
	w, err := k.begin(c, level, out)
	if err != nil {
		return 0, err
	}
	if b.Compression() == None {
		maxTimestamp = b.MaxTimestamp()
		_, err = w.Write(b.payload())
	} else {
		maxTimestamp, err = b.copyRecords(w)
	}
	if err != nil {
		return 0, err
	}
	return maxTimestamp, w.Close()
}

// copyRecords unpacks the records, checks them, writes them to w, and returns their max timestamp.
func (b Batch) copyRecords(w io.Writer) (maxTimestamp int64, err error) {
	p, err := b.open(false)
	if err != nil {
		return 0, err
	}
	var length [lengthSize]byte
	for i := range b.Count() {
		body, size, err := p.next(i, MaxDecompressed)
		if err != nil {
			return 0, err
		}
		delta, flaw := checkRecord(body, i)
		if flaw != "" {
			return 0, &InvalidRecord{Index: i, Detail: flaw}
		}
		if ts := b.timestamp(delta); i == 0 || ts > maxTimestamp {
			maxTimestamp = ts
		}
		if _, err := w.Write(binary.AppendVarint(length[:0], int64(size))); err != nil {
			return 0, err
		}
		if _, err := w.Write(body); err != nil {
			return 0, err
		}
	}
	return maxTimestamp, p.end()
}
