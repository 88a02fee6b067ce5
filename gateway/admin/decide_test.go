package admin

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

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
		m.(Request).Slot().AnswerAt(s.applied, now.answer)
	}
	return now.taken
}

// leader says who leads the metadata log.
type leader msg.NodeID

func (l leader) Leadership(tp msg.TopicPartition) (msg.Leadership, bool) {
	return msg.Leadership{Leader: msg.NodeID(l)}, tp.Topic == msg.MetadataTopicID
}

// stage is a client with a virtual clock, and the controller of node 2, which leads the metadata log.
type stage struct {
	*Client
	clock *clock.Virtual
	image *metadata.Image
}

func newStage(script *scriptedController) *stage {
	s := &stage{clock: clock.NewVirtual(time.Unix(0, 0)), image: metadata.Empty()}
	at := func(node msg.NodeID, name string) msg.Target {
		if node != 2 || name != msg.ControllerName {
			return &scriptedController{attempts: []attempt{{taken: msg.ErrStopped}}}
		}
		return script
	}
	s.Client = New(Options{At: at, Directory: leader(2), Image: func() *metadata.Image { return s.image }, Clock: s.clock})
	return s
}

// follow makes the image one that goes up to an offset of the metadata log.
func (s *stage) follow(t *testing.T, offset int64) {
	for s.image.Offset() < offset {
		b := record.Build([]record.Record{metadata.Encode(metadata.RaftIDsIssued{Next: s.image.NextRaftID() + 1})}, time.UnixMilli(0))
		b.Stamp(s.image.Offset()+1, 1)
		next, _, err := s.image.Apply(b)
		if err != nil {
			t.Fatal(err)
		}
		s.image = next
	}
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
			script := &scriptedController{attempts: tt.attempts}
			s := newStage(script)
			answers, code := 0, int16(0)
			Decide(s.Client, limit, func() *msg.CreateTopics { return &msg.CreateTopics{} }, func(_ *msg.CreateTopics, err error) {
				answers, code = answers+1, msg.Code(err)
			})
			for passed := tt.after; passed > 0; passed -= controllerAgain {
				if answers > 0 {
					t.Fatalf("answered %s too early", passed)
				}
				s.clock.Advance(controllerAgain)
			}
			if answers != 1 || code != tt.want || len(script.seen) != tt.sent {
				t.Errorf("answered %d times, with %d; sent %d times. Want once, %d, %d", answers, code, len(script.seen), tt.want, tt.sent)
			}
			s.clock.Advance(limit)
			if answers != 1 || len(script.seen) != tt.sent {
				t.Errorf("later answered %d times, sent %d times", answers, len(script.seen))
			}
		})
	}
}

func TestAnAnswerFromAnotherNodeWaitsForTheImageHere(t *testing.T) {
	script := &scriptedController{attempts: []attempt{{}}, applied: 0}
	s := newStage(script)
	answers := 0
	send := func(applied int64) {
		script.applied = applied
		Decide(s.Client, 10*time.Second, func() *msg.CreateTopics { return &msg.CreateTopics{} }, func(*msg.CreateTopics, error) { answers++ })
	}
	send(2)
	s.clock.Advance(time.Second)
	if answers != 0 {
		t.Fatal("answered before the image has the change")
	}
	s.follow(t, 2)
	s.clock.Advance(imageAgain)
	if answers != 1 {
		t.Fatal("not answered when the image had the change")
	}
	if send(2); answers != 2 {
		t.Error("a change that the image has waits")
	}
	send(3)
	s.clock.Advance(imageWait - imageAgain)
	if answers != 2 {
		t.Error("answered before imageWait was over")
	}
	if s.clock.Advance(imageAgain); answers != 3 {
		t.Error("an image that stays behind is waited for without end")
	}
}

func TestNoControllerIsSoughtByANodeThatStops(t *testing.T) {
	s := newStage(&scriptedController{attempts: []attempt{{}}})
	s.Directory = leader(msg.NoNode)
	var answers []error
	Decide(s.Client, time.Hour, func() *msg.CreateTopics { return &msg.CreateTopics{} }, func(_ *msg.CreateTopics, err error) { answers = append(answers, err) })
	s.clock.Advance(time.Minute)
	if len(answers) != 0 {
		t.Fatalf("answered %v while it may still come", answers)
	}
	s.Stop()
	s.clock.Advance(controllerAgain)
	if len(answers) != 1 || !errors.Is(answers[0], kerr.NotController) {
		t.Errorf("answered %v", answers)
	}
}
