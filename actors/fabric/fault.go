package fabric

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// fault is an error on its way: its Kafka code and its text.
type fault struct {
	Code   int16  `json:"code"`
	Detail string `json:"detail"`
}

// faultOf is nil for no error.
func faultOf(err error) *fault {
	if err == nil {
		return nil
	}
	detail := err.Error()
	if e, ok := err.(*msg.Error); ok {
		detail = e.Detail // its text ends with the code's name, which the other end adds again
	}
	return &fault{Code: msg.Code(err), Detail: detail}
}

// err is nil for no fault. A code that this node does not know is UNKNOWN_SERVER_ERROR.
func (f *fault) err() error {
	if f == nil {
		return nil
	}
	code := kerr.TypedErrorForCode(f.Code)
	if code == nil {
		code = kerr.UnknownServerError
	}
	return &msg.Error{Kafka: code, Detail: f.Detail}
}
