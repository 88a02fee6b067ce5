// Package conformance asks a real node, frame by frame, what Kafka's protocol says a broker answers: every API in every version
// that is advertised, and the exact error codes where a client is wrong.
//
// It promises that what is expected here is what Apache Kafka 4.3 answers. It must never use a client that negotiates,
// retries or repairs.
//
// Place on a record's way: at the front door.
package conformance
