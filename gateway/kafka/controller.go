package kafka

import (
	"errors"
	"strings"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/gateway/admin"
)

// decide has the controller carry out a request, wherever it is (admin.Decide). Kafka's clients send admin requests to the node
// that Metadata names as the controller, but any node answers them.
func decide[Q admin.Request](s *Server, timeout time.Duration, build func() Q, answer func(Q, error)) {
	admin.Decide(s.admin, timeout, build, answer)
}

// milliseconds is a request's timeout, bounded so that a client can't hold memory for longer than an hour.
func milliseconds(ms int32) time.Duration {
	return min(max(0, time.Duration(ms)*time.Millisecond), time.Hour)
}

// errorText is the message that goes with an error code, or nil. Clients print the code themselves, so it is left out.
func errorText(err error) *string {
	if err == nil {
		return nil
	}
	text := err.Error()
	var coded *msg.Error
	if errors.As(err, &coded) {
		text = strings.TrimSuffix(text, " ("+coded.Kafka.Message+")")
	}
	return &text
}

// pick is the error of an item, unless the whole request failed.
func pick(whole error, item func() error) error {
	if whole != nil {
		return whole
	}
	return item()
}
