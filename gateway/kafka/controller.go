package kafka

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// leadersWait bounds how long an answer about new topics waits for their leaders. Clients that ask for a new topic's leader at
// once, and do not retry, are the reason to wait at all.
const leadersWait = 2 * time.Second

// ask posts an admin request to the controller and calls answer once: with what the controller said, or with
// REQUEST_TIMED_OUT when the client's timeout is over before. After a timeout the request's items still belong to the
// controller and must not be read.
func (s *Server) ask(timeout time.Duration, q msg.Request, asked *msg.Asked, answer func(error)) {
	var once sync.Once
	timer := s.Clock.AfterFunc(timeout, func() {
		once.Do(func() {
			answer(msg.Errorf(kerr.RequestTimedOut, "the controller did not answer within %s; the change may still happen", timeout))
		})
	})
	asked.Done = func(err error) {
		once.Do(func() {
			timer.Stop()
			answer(err)
		})
	}
	if err := s.Controller.Post(q); err != nil {
		q.Refuse(msg.Errorf(kerr.NotController, "the controller does not take requests now: %v; try again", err))
	}
}

// afterLeaders runs f when the partitions of these topics that live here have leaders, or after leadersWait.
func (s *Server) afterLeaders(topics []msg.TopicID, f func()) {
	var once sync.Once
	image := s.Image()
	var all []msg.TopicPartition
	for _, id := range topics {
		t, ok := image.TopicByID(id)
		if !ok {
			continue
		}
		for p := range t.Partitions {
			all = append(all, msg.TopicPartition{Topic: id, Partition: int32(p)})
		}
	}
	timer := s.Clock.AfterFunc(leadersWait, func() { once.Do(f) })
	s.Directory.WhenLed(all, func() {
		once.Do(func() {
			timer.Stop()
			f()
		})
	})
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
