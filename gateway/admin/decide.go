package admin

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

const (
	// controllerAgain is how soon a request that no controller has taken is tried again.
	controllerAgain = 50 * time.Millisecond
	// imageWait bounds how long an answer from another node's controller waits until this node's image shows the change, and
	// imageAgain is how often that is looked at.
	imageWait  = 2 * time.Second
	imageAgain = 2 * time.Millisecond
)

// Options of a client.
type Options struct {
	// At finds the controllers, of this node and of all others.
	At msg.Locate
	// Directory says who leads the metadata log.
	Directory Directory
	// Image is the cluster as this node knows it. It may be called from any goroutine.
	Image func() *metadata.Image
	Clock clock.Clock
}

// Directory is what a client needs of msg.Directory.
type Directory interface {
	Leadership(tp msg.TopicPartition) (msg.Leadership, bool)
}

// Client sends admin requests. It is safe for concurrent use.
type Client struct {
	Options
	stopping atomic.Bool
}

// New makes a client.
func New(o Options) *Client { return &Client{Options: o} }

// Stop answers NOT_CONTROLLER, soon, to whatever no controller has taken yet. What one has is waited for as ever.
func (c *Client) Stop() { c.stopping.Store(true) }

// Request is a request to the controller.
type Request interface {
	msg.Request
	Slot() *msg.Asked
}

// petition is an admin request on its way to whichever controller takes it.
type petition[Q Request] struct {
	client *Client
	build  func() Q
	answer func(Q, error)

	mu       sync.Mutex
	over     bool
	deadline clock.Timer
	// refused is why the last attempt did nothing; nil while a controller has the request.
	refused error
}

// Decide has the controller carry out a request and calls answer once: with what the controller said, when this node's image
// shows it; or with REQUEST_TIMED_OUT when the time is over before. The request is made anew for each attempt; after an
// error, the one that answer is given may still be another's and must not be read.
func Decide[Q Request](c *Client, timeout time.Duration, build func() Q, answer func(Q, error)) {
	p := &petition[Q]{client: c, build: build, answer: answer}
	p.mu.Lock()
	p.deadline = c.Clock.AfterFunc(timeout, func() { p.expire(timeout) })
	p.mu.Unlock()
	p.try()
}

// try sends the request to the controller that leads now, if any does.
func (p *petition[Q]) try() {
	led, _ := p.client.Directory.Leadership(msg.TopicPartition{Topic: msg.MetadataTopicID})
	if led.Leader == msg.NoNode {
		p.again(errors.New("no node is known to lead the metadata log"))
		return
	}
	q := p.build()
	q.Slot().Done = func(err error) { p.answered(q, err) }
	p.mu.Lock()
	p.refused = nil
	p.mu.Unlock()
	if err := p.client.At(led.Leader, msg.ControllerName).Post(q); err != nil {
		p.again(err)
	}
}

// again tries later, as nothing was done.
func (p *petition[Q]) again(why error) {
	p.mu.Lock()
	p.refused = why
	p.mu.Unlock()
	p.client.Clock.AfterFunc(controllerAgain, func() {
		p.mu.Lock()
		over := p.over
		p.mu.Unlock()
		switch {
		case over:
		case p.client.stopping.Load():
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
	p.finish(func() { p.client.awaitImage(q.Slot().Applied, func() { p.answer(q, err) }) })
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
func (c *Client) awaitImage(offset int64, f func()) {
	reached := func() bool { return offset == 0 || c.Image().Offset() >= offset }
	clock.Until(c.Clock, c.Clock.Now().Add(imageWait), imageAgain, reached, f)
}
