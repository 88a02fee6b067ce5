package kafka

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Kafka's clients send admin requests to the node that Metadata names as the controller, but any node answers them: it passes
// them on to the controller of the node that leads the metadata log.

const (
	// controllerAgain is how soon a request that no controller has taken is tried again.
	controllerAgain = 50 * time.Millisecond
	// imageWait bounds how long an answer from another node's controller waits until this node's image shows the change, and
	// imageAgain is how often that is looked at.
	imageWait  = 2 * time.Second
	imageAgain = 2 * time.Millisecond
)

// adminRequest is a request to the controller.
type adminRequest interface {
	msg.Request
	Slot() *msg.Asked
}

// petition is an admin request on its way to whichever controller takes it.
type petition[Q adminRequest] struct {
	server *Server
	build  func() Q
	answer func(Q, error)

	mu       sync.Mutex
	over     bool
	deadline clock.Timer
	// refused is why the last attempt did nothing; nil while a controller has the request.
	refused error
}

// decide has the controller carry out a request and calls answer once: with what the controller said, when this node's image
// shows it; or with REQUEST_TIMED_OUT when the time is over before. The request is made anew for each attempt; after an
// error, the one that answer is given may still be another's and must not be read.
func decide[Q adminRequest](s *Server, timeout time.Duration, build func() Q, answer func(Q, error)) {
	p := &petition[Q]{server: s, build: build, answer: answer}
	p.mu.Lock()
	p.deadline = s.clock.AfterFunc(timeout, func() { p.expire(timeout) })
	p.mu.Unlock()
	p.try()
}

// try sends the request to the controller that leads now, if any does.
func (p *petition[Q]) try() {
	s := p.server
	leader := s.controller()
	if leader == msg.NoNode {
		p.again(errors.New("no node is known to lead the metadata log"))
		return
	}
	q := p.build()
	q.Slot().Done = func(err error) { p.answered(q, err) }
	p.mu.Lock()
	p.refused = nil
	p.mu.Unlock()
	if err := s.At(leader, msg.ControllerName).Post(q); err != nil {
		p.again(err)
	}
}

// again tries later, as nothing was done.
func (p *petition[Q]) again(why error) {
	p.mu.Lock()
	p.refused = why
	p.mu.Unlock()
	p.server.clock.AfterFunc(controllerAgain, func() {
		p.mu.Lock()
		over := p.over
		p.mu.Unlock()
		switch {
		case over:
		case p.server.isDraining():
			var none Q
			p.finish(func() {
				p.answer(none, msg.Errorf(kerr.NotController, "this node stops; nothing was changed, ask another"))
			})
		default:
			p.try()
		}
	})
}

// answered takes a controller's answer. One that did nothing since it does not lead leaves the request to the one that does.
func (p *petition[Q]) answered(q Q, err error) {
	if errors.Is(err, kerr.NotController) || errors.Is(err, msg.ErrStopped) {
		p.again(err)
		return
	}
	p.finish(func() { p.server.awaitImage(q.Slot().Applied, func() { p.answer(q, err) }) })
}

func (p *petition[Q]) expire(timeout time.Duration) {
	p.mu.Lock()
	why := p.refused
	p.mu.Unlock()
	err := msg.Errorf(kerr.RequestTimedOut, "the controller did not answer within %s; the change may still happen", timeout)
	if why != nil {
		err = msg.Errorf(kerr.RequestTimedOut, "no controller took the request within %s: %v; nothing was changed, try again", timeout, why)
	}
	var none Q
	p.finish(func() { p.answer(none, err) })
}

// finish runs f unless the request is answered already.
func (p *petition[Q]) finish(f func()) {
	p.mu.Lock()
	over := p.over
	p.over = true
	p.deadline.Stop()
	p.mu.Unlock()
	if !over {
		f()
	}
}

// awaitImage runs f when this node's image goes up to an offset of the metadata log, or after imageWait: then the change is
// made all the same, and clients see it a little later. No image is waited for where nothing was decided, which is 0.
func (s *Server) awaitImage(offset int64, f func()) {
	reached := func() bool { return offset == 0 || s.Image().Offset() >= offset }
	s.until(s.clock.Now().Add(imageWait), imageAgain, reached, f)
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
