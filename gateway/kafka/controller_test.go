package kafka

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestAMessageLeavesTheCodeToTheClient(t *testing.T) {
	coded := msg.Errorf(kerr.InvalidConfig, "retention.ms: soon is no number")
	for _, c := range []struct {
		err  error
		want string
	}{
		{coded, "retention.ms: soon is no number"},
		{fmt.Errorf("altering orders: %w", coded), "altering orders: retention.ms: soon is no number"},
		{errors.New("plain"), "plain"},
	} {
		if got := errorText(c.err); got == nil || *got != c.want {
			t.Errorf("%v is shown as %v, want %q", c.err, got, c.want)
		}
	}
	if errorText(nil) != nil {
		t.Error("no error has a message")
	}
}

// attempt is what a controller does with a request: does not take it, or answers it.
type attempt struct {
	taken  error
	answer error
	none   bool // it is taken and never answered
}

// scriptedController answers each request with the next attempt, and stays with the last.
type scriptedController struct {
	attempts []attempt
	applied  int64
	seen     []msg.Message
}

func (s *scriptedController) Post(m msg.Message) error {
	now := s.attempts[min(len(s.seen), len(s.attempts)-1)]
	s.seen = append(s.seen, m)
	if now.taken == nil && !now.none {
		m.(adminRequest).Slot().AnswerAt(s.applied, now.answer)
	}
	return now.taken
}

// A request goes to whichever controller takes it, and again only where nothing can have happened.
func TestDecide(t *testing.T) {
	const limit = time.Second
	moved := msg.Errorf(kerr.NotController, "node 1 does not lead the metadata log")
	for _, tt := range []struct {
		name     string
		attempts []attempt
		sent     int
		after    time.Duration
		want     int16
	}{
		{"done", []attempt{{}}, 1, 0, 0},
		{"refused for what it asks", []attempt{{answer: kerr.InvalidRequest}}, 1, 0, kerr.InvalidRequest.Code},
		{"the controller has moved", []attempt{{answer: moved}, {}}, 2, controllerAgain, 0},
		{"it has stopped", []attempt{{answer: msg.ErrStopped}, {}}, 2, controllerAgain, 0},
		{"nobody is there", []attempt{{taken: msg.ErrStopped}, {taken: msg.ErrStopped}, {}}, 3, 2 * controllerAgain, 0},
		{"its mailbox is full", []attempt{{taken: msg.ErrMailboxFull}, {}}, 2, controllerAgain, 0},
		{"what became of it is unknown", []attempt{{answer: kerr.RequestTimedOut}}, 1, 0, kerr.RequestTimedOut.Code},
		{"nobody ever is", []attempt{{taken: msg.ErrStopped}}, 20, limit, kerr.RequestTimedOut.Code},
		{"it never answers", []attempt{{none: true}}, 1, limit, kerr.RequestTimedOut.Code},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			script := &scriptedController{attempts: tt.attempts}
			clock := clock.NewVirtual(time.Unix(0, 0))
			s := New(Options{Node: 1, Image: w.Image, Directory: w, Clock: clock, At: func(msg.NodeID, string) msg.Target { return script }})
			answers, code := 0, int16(0)
			decide(s, limit, func() *msg.CreateTopics { return &msg.CreateTopics{} }, func(_ *msg.CreateTopics, err error) {
				answers, code = answers+1, msg.Code(err)
			})
			for passed := tt.after; passed > 0; passed -= controllerAgain {
				if answers > 0 {
					t.Fatalf("answered %s too early", passed)
				}
				clock.Advance(controllerAgain)
			}
			if answers != 1 || code != tt.want || len(script.seen) != tt.sent {
				t.Errorf("answered %d times, with %d; sent %d times. Want once, %d, %d", answers, code, len(script.seen), tt.want, tt.sent)
			}
			clock.Advance(limit)
			if answers != 1 || len(script.seen) != tt.sent {
				t.Errorf("later answered %d times, sent %d times", answers, len(script.seen))
			}
		})
	}
}

func TestAnAnswerFromAnotherNodeWaitsForTheImageHere(t *testing.T) {
	w := newWorld(t)
	script := &scriptedController{attempts: []attempt{{}}, applied: 0}
	clock := clock.NewVirtual(time.Unix(0, 0))
	s := New(Options{Node: 1, Image: w.Image, Directory: w, Clock: clock, At: func(msg.NodeID, string) msg.Target { return script }})
	answers := 0
	send := func(applied int64) {
		script.applied = applied
		decide(s, 10*time.Second, func() *msg.CreateTopics { return &msg.CreateTopics{} }, func(*msg.CreateTopics, error) { answers++ })
	}
	send(2)
	clock.Advance(time.Second)
	if answers != 0 {
		t.Fatal("answered before the image has the change")
	}
	w.follow(2)
	clock.Advance(imageAgain)
	if answers != 1 {
		t.Fatal("not answered when the image had the change")
	}
	if send(2); answers != 2 {
		t.Error("a change that the image has waits")
	}
	send(3)
	clock.Advance(imageWait - imageAgain)
	if answers != 2 {
		t.Error("answered before imageWait was over")
	}
	if clock.Advance(imageAgain); answers != 3 {
		t.Error("an image that stays behind is waited for without end")
	}
}

func TestNoControllerIsSoughtByANodeThatStops(t *testing.T) {
	w := newWorld(t)
	w.leads(msg.NoNode, 1, metadataLog)
	s, _ := w.open()
	answered := make(chan error, 1)
	decide(s, time.Hour, func() *msg.CreateTopics { return &msg.CreateTopics{} }, func(_ *msg.CreateTopics, err error) { answered <- err })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; !errors.Is(err, kerr.NotController) {
		t.Errorf("answered %v", err)
	}
}
