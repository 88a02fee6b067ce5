// Package record is the codec of Kafka's record batches, magic 2: reading their headers in place, checking them, stamping
// offsets into them, building and walking them.
//
// It promises never to panic on any input, and to bound memory: an uncompressed batch is read in place, a compressed one
// is walked through a window of 64 KiB, or of the size of its largest record where records are handed out, beside what its
// decoder holds (zstd.go says how much that may be). It may not unpack to more than MaxDecompressed bytes. The package is a
// leaf: it imports nothing of ours, holds no state, and does no I/O.
//
// Place on a record's way: the session checks each batch here before it becomes a message (Validate, KeylessRecords,
// Recompress), the partition stamps it (Stamp, StampAppendTime), and readers find offsets and times in it (Next,
// FirstAtOrAfter, FirstWithMaxTimestamp).
//
// Reading order: batch.go draws a batch, record.go draws a record in it. validate.go is what a producer's batch must pass.
package record
