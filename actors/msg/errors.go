package msg

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
)

// ErrMailboxFull says that an actor has as many bytes waiting as its budget allows. The sender keeps the message and
// tries again: this is how back-pressure reaches a client's connection.
var ErrMailboxFull = errors.New("the actor's mailbox is full; try again when it has drained")

// ErrStopped says that the actor has stopped, or never was here.
var ErrStopped = errors.New("the actor has stopped; look its address up again")

// Error is an error with the Kafka code that a client is shown.
type Error struct {
	// Kafka is the error as the protocol knows it; its Code goes on the wire.
	Kafka *kerr.Error
	// Detail says what was being done, to what, and what to do about it.
	Detail string
}

func (e *Error) Error() string { return e.Detail + " (" + e.Kafka.Message + ")" }

// Unwrap makes errors.Is(err, kerr.NotLeaderForPartition) and the like work.
func (e *Error) Unwrap() error { return e.Kafka }

// Errorf makes an Error with a formatted detail.
func Errorf(code *kerr.Error, format string, args ...any) *Error {
	return &Error{Kafka: code, Detail: fmt.Sprintf(format, args...)}
}

// Code is the Kafka error code of err: 0 for nil, the code of the first Error or kerr.Error in its chain,
// NOT_LEADER_OR_FOLLOWER for a stopped actor, UNKNOWN_SERVER_ERROR (-1) for what carries none.
func Code(err error) int16 {
	if err == nil {
		return 0
	}
	var k *kerr.Error
	if errors.As(err, &k) {
		return k.Code
	}
	if errors.Is(err, ErrStopped) {
		return kerr.NotLeaderForPartition.Code
	}
	return kerr.UnknownServerError.Code
}
