package wal

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
)

var (
	// ErrInUse says that another process has the data directory.
	ErrInUse = errors.New("the data directory is in use by another process: stop it, or choose another directory with --data")
	// ErrVersion says that the data directory was written by another version of the format.
	ErrVersion = errors.New("the data directory has a format that this version does not know: start it with the version that wrote it, or choose another directory with --data")
	// ErrCompacted says that an index lies before the log's first one.
	ErrCompacted = errors.New("the index lies before the log's first entry")
	// ErrOutOfRange says that an index lies behind the log's last one.
	ErrOutOfRange = errors.New("the index lies behind the log's last entry")
	// ErrClosed says that the log or the store was closed.
	ErrClosed = errors.New("the log is closed")
	// ErrOpen says that a log has an owner already.
	ErrOpen = errors.New("the log is open: it has one owner, who must close it first")
	// ErrCutOff says that a reader wanted what TruncateBack, DropHead or Remove has taken away since the reader was taken.
	ErrCutOff = errors.New("this part of the log was removed since the reader was taken: take a new one")
)

// storageError is an error that a client is shown as KAFKA_STORAGE_ERROR.
type storageError struct {
	doing string
	cause error
}

func (e *storageError) Error() string   { return e.doing + ": " + e.cause.Error() }
func (e *storageError) Unwrap() []error { return []error{e.cause, kerr.KafkaStorageError} }

// storageErr says what was being done when cause struck. A client sees KAFKA_STORAGE_ERROR.
func storageErr(cause error, format string, args ...any) error {
	return &storageError{fmt.Sprintf(format, args...), cause}
}

// Damage is a rotten range of a file. It is never served and never cut.
type Damage struct {
	File       string
	From, To   int64  // bytes
	FirstIndex uint64 // of the first entry that can't be read
	Reason     string
}

// DamagedError is what reading or appending gets where there is damage. A client sees KAFKA_STORAGE_ERROR.
type DamagedError struct{ Damage }

func (e *DamagedError) Error() string {
	return fmt.Sprintf("bytes %d to %d of %s (from index %d on) are damaged: %s. Restore the file from a replica or a backup; `troupe log verify` shows what is whole",
		e.From, e.To, e.File, e.FirstIndex, e.Reason)
}

// Unwrap makes errors.Is(err, kerr.KafkaStorageError) work.
func (e *DamagedError) Unwrap() error { return kerr.KafkaStorageError }
