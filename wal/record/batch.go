package record

// A record batch, magic 2, as it lies on the wire, in memory and on disk. All integers are big-endian.
//
//	 0  8  base offset          stamped by the leader, outside the CRC
//	 8  4  length               of everything behind this field
//	12  4  leader epoch         stamped by the leader, outside the CRC
//	16  1  magic                2
//	17  4  CRC-32C              of everything behind this field
//	21  2  attributes           bits 0-2 codec, 3 timestamp type, 4 transactional, 5 control, 6 delete horizon
//	23  4  last offset delta
//	27  8  base timestamp       milliseconds
//	35  8  max timestamp        milliseconds
//	43  8  producer id          -1: none
//	51  2  producer epoch
//	53  4  base sequence
//	57  4  record count
//	61     records              compressed as a whole by the codec
const HeaderSize = 61

// Batch is one whole record batch. Its accessors may be used after Next or Validate has accepted it.
type Batch []byte
