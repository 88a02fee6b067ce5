package record

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
)

// Error is what is wrong with a batch as a whole, with the Kafka code that a client is shown.
type Error struct {
	// Kafka is the error as the protocol knows it.
	Kafka *kerr.Error
	// Detail says what is wrong, with the values.
	Detail string
}

func (e *Error) Error() string { return e.Detail + " (" + e.Kafka.Message + ")" }

// Unwrap makes errors.Is(err, kerr.CorruptMessage) and errors.As to *kerr.Error work.
func (e *Error) Unwrap() error { return e.Kafka }

// InvalidRecord is what is wrong with one record of a batch. Its Kafka code is INVALID_RECORD.
type InvalidRecord struct {
	// Index is the record's place in its batch, from 0 (BatchIndex in the produce response, KIP-467).
	Index int32
	// Detail says what is wrong with it.
	Detail string
}

func (e *InvalidRecord) Error() string {
	return fmt.Sprintf("record %d of the batch: %s (%s)", e.Index, e.Detail, kerr.InvalidRecord.Message)
}

// Unwrap makes errors.Is(err, kerr.InvalidRecord) and errors.As to *kerr.Error work.
func (e *InvalidRecord) Unwrap() error { return kerr.InvalidRecord }

// errorf makes an Error.
func errorf(code *kerr.Error, format string, args ...any) *Error {
	return &Error{Kafka: code, Detail: fmt.Sprintf(format, args...)}
}
