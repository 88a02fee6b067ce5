// Package record is the codec of Kafka's record batches, magic 2: reading their headers in place, checking them, stamping
// offsets into them, building and walking them.
//
// It promises never to panic on any input, and to allocate in proportion to its input. It is a leaf: it imports nothing
// of ours, holds no state, and does no I/O.
//
// Place on a record's way: the session checks each batch here before it becomes a message, the partition stamps it, and
// readers find offsets and times in it.
package record
