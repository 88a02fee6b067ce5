package record

import (
	"encoding/binary"

	"github.com/twmb/franz-go/pkg/kerr"
)

// The smallest length field that Kafka's parser takes for a message of any magic (LegacyRecord.RECORD_OVERHEAD_V0). Less
// is corruption, not an old format.
const leastLength = 14

// Validate checks a batch as it came from a producer: length, magic, CRC, attributes, counts, deltas; an uncompressed
// batch record by record. p must be exactly one batch. Errors carry the Kafka code, and, where one record is at fault, its
// index (errors.As to *InvalidRecord).
//
// The codes are those of Kafka 4: ProduceRequest.validateRecords, ByteBufferLogInputStream and
// DefaultRecordBatch.ensureValid, UnifiedLog.analyzeAndValidateRecords, LogValidator.validateBatch, in that order.
//
//	CORRUPT_MESSAGE               length below the header's, magic that never was, CRC
//	INVALID_RECORD                no whole batch, more than one, magic 0 or 1, everything about counts, offsets and records
//	INVALID_TIMESTAMP             LogAppendTime set by the producer, a max timestamp below -1
//	UNSUPPORTED_COMPRESSION_TYPE  a codec that Kafka does not have (Kafka fails with UNKNOWN_SERVER_ERROR)
//
// Stricter than Kafka, on what no client sends: bytes behind the batch (Kafka cuts them off), unknown attribute bits,
// offset deltas of uncompressed records (Kafka renumbers them), a producer id below -1 or without an epoch, a transactional
// batch without a producer id.
//
// A max timestamp that is not the records' is put right in place, as Kafka does, where the records can be read.
func Validate(p []byte) (Batch, error) {
	b, err := one(p)
	if err != nil {
		return nil, err
	}
	if b.BaseOffset() != 0 {
		return nil, errorf(kerr.InvalidRecord, "base offset of a producer's batch is %d, want 0", b.BaseOffset())
	}
	if stored, computed := b.storedCRC(), b.crc(); stored != computed {
		return nil, errorf(kerr.CorruptMessage, "record batch has CRC %#08x, its bytes have %#08x", stored, computed)
	}
	if err := b.checkHeader(); err != nil {
		return nil, err
	}
	if b.Compression() == None {
		if err := b.checkRecords(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// one takes p for exactly one batch of magic 2.
func one(p []byte) (Batch, error) {
	if len(p) <= magicAt {
		return nil, errorf(kerr.InvalidRecord, "%d bytes hold no record batch", len(p))
	}
	length := int32(binary.BigEndian.Uint32(p[lengthAt:]))
	if length < leastLength {
		return nil, errorf(kerr.CorruptMessage, "record batch length %d is less than any message's", length)
	}
	magic := int8(p[magicAt])
	if magic < 0 || magic > magicOfThisFormat {
		return nil, errorf(kerr.CorruptMessage, "record batch magic is %d, want %d", magic, magicOfThisFormat)
	}
	whole := lengthEnd + int64(length)
	if int64(len(p)) < whole {
		return nil, errorf(kerr.InvalidRecord, "record batch is cut: %d bytes of %d", len(p), whole)
	}
	if magic != magicOfThisFormat {
		return nil, errorf(kerr.InvalidRecord, "message format of magic %d, want %d: upgrade the client or set its message format", magic, magicOfThisFormat)
	}
	if length < HeaderSize-lengthEnd {
		return nil, errorf(kerr.CorruptMessage, "record batch length %d is less than its header's %d", length, HeaderSize-lengthEnd)
	}
	if int64(len(p)) > whole {
		return nil, errorf(kerr.InvalidRecord, "%d bytes behind the record batch: send exactly one batch for a partition", int64(len(p))-whole)
	}
	return Batch(p), nil
}

// checkHeader checks what the header says of the records.
func (b Batch) checkHeader() error {
	if err := b.checkAttributes(); err != nil {
		return err
	}
	if count, delta := b.Count(), b.LastOffsetDelta(); count <= 0 || delta != count-1 {
		return errorf(kerr.InvalidRecord, "record batch counts %d records and its last offset delta is %d, want at least 1 and one less than that", count, delta)
	}
	if b.MaxTimestamp() < -1 {
		return errorf(kerr.InvalidTimestamp, "max timestamp is %d, want at least 0, or -1 for none", b.MaxTimestamp())
	}
	return b.checkProducer()
}

// checkAttributes lets through what a producer may say: the codec, and that the batch is transactional.
func (b Batch) checkAttributes() error {
	a := b.attributes()
	switch {
	case b.Compression() > Zstd:
		return errorf(kerr.UnsupportedCompressionType, "compression %d is not one that Kafka has", b.Compression())
	case a&controlBit != 0:
		return errorf(kerr.InvalidRecord, "clients may not write control records")
	case a&logAppendTimeBit != 0:
		return errorf(kerr.InvalidTimestamp, "producers may not set the timestamp type to LogAppendTime")
	case a&^producersOwnBits != 0:
		return errorf(kerr.InvalidRecord, "attributes %#04x have bits that a producer may not set", a)
	}
	return nil
}

// checkProducer checks that an idempotent producer says all that identifies its batch.
func (b Batch) checkProducer() error {
	switch id := b.ProducerID(); {
	case id < -1:
		return errorf(kerr.InvalidRecord, "producer id is %d, want at least 0, or -1 for none", id)
	case id == -1 && b.Transactional():
		return errorf(kerr.InvalidRecord, "transactional record batch without a producer id")
	case id >= 0 && (b.ProducerEpoch() < 0 || b.BaseSequence() < 0):
		return errorf(kerr.InvalidRecord, "record batch of producer id %d has epoch %d and sequence %d, want at least 0", id, b.ProducerEpoch(), b.BaseSequence())
	}
	return nil
}

// checkRecords walks the uncompressed records, and puts the max timestamp right.
func (b Batch) checkRecords() error {
	maxDelta, index, flaw := walk(b.payload(), b.Count())
	if flaw != "" {
		return &InvalidRecord{Index: index, Detail: flaw}
	}
	maxTimestamp := b.BaseTimestamp() + maxDelta
	if maxTimestamp < -1 {
		return errorf(kerr.InvalidTimestamp, "max timestamp of the records is %d, want at least 0, or -1 for none", maxTimestamp)
	}
	if maxTimestamp != b.MaxTimestamp() {
		b.putInt64(maxTimestampAt, maxTimestamp)
		b.putCRC()
	}
	return nil
}
