package record

import (
	"encoding/binary"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Stamp writes the base offset and the leader epoch, which are outside the CRC.
func (b Batch) Stamp(baseOffset int64, leaderEpoch int32) {
	b.putInt64(baseOffsetAt, baseOffset)
	b.putInt32(leaderEpochAt, leaderEpoch)
}

// StampAppendTime makes the batch one of LogAppendTime with ts as its max timestamp, and its CRC anew. The records keep
// what their producer wrote; readers take the max timestamp for each of them (KIP-32).
func (b Batch) StampAppendTime(ts int64) {
	b.putAttributes(b.attributes() | logAppendTimeBit)
	b.putInt64(maxTimestampAt, ts)
	b.putCRC()
}

// StampProducer makes the batch one of an idempotent producer, and its CRC anew.
func (b Batch) StampProducer(id int64, epoch int16, baseSequence int32) {
	b.putInt64(producerIDAt, id)
	binary.BigEndian.PutUint16(b[producerEpochAt:], uint16(epoch))
	b.putInt32(baseSequenceAt, baseSequence)
	b.putCRC()
}

// crc is the checksum that the batch should carry.
func (b Batch) crc() uint32 { return crc32.Checksum(b[attributesAt:], castagnoli) }

// storedCRC is the checksum that the batch carries.
func (b Batch) storedCRC() uint32 { return binary.BigEndian.Uint32(b[crcAt:]) }

func (b Batch) putCRC() { binary.BigEndian.PutUint32(b[crcAt:], b.crc()) }

func (b Batch) putAttributes(a uint16) { binary.BigEndian.PutUint16(b[attributesAt:], a) }

func (b Batch) putInt32(at int, v int32) { binary.BigEndian.PutUint32(b[at:], uint32(v)) }
func (b Batch) putInt64(at int, v int64) { binary.BigEndian.PutUint64(b[at:], uint64(v)) }
