package actors

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// ticket is a request that counts its answers.
type ticket struct {
	size    int
	answers *atomic.Int64
	open    atomic.Bool
}

func (k *ticket) Bytes() int { return k.size }

func (k *ticket) Refuse(error) { k.answer() }

func (k *ticket) answer() {
	if k.open.CompareAndSwap(true, false) {
		k.answers.Add(1)
	}
}

// clerk answers tickets when idle, and panics now and then.
type clerk struct {
	taken  []*ticket
	served int
	// panicsAt is after how many tickets it panics; 0 is never.
	panicsAt int
}

func (k *clerk) Started(*Context) error { return nil }

func (k *clerk) Receive(_ *Context, m msg.Message) {
	k.taken = append(k.taken, m.(*ticket))
	if k.served++; k.served == k.panicsAt {
		panic("overworked")
	}
}

func (k *clerk) Idle(*Context) {
	for _, t := range k.taken {
		t.answer()
	}
	k.taken = k.taken[:0]
}

func (k *clerk) Stopped(c *Context) { k.Idle(c) }

// Many goroutines post while the actor panics, comes back and is stopped in the middle: whatever was taken is answered,
// once, and nothing is left running.
func TestEverythingTakenIsAnswered(t *testing.T) {
	quiet := zerolog.Nop()
	before := runtime.NumGoroutine()
	for round := range 20 {
		s := NewSystem(Options{Log: quiet})
		ref, err := s.Spawn(Spec{
			Name: "clerk", MailboxBytes: 1000, New: func() Actor { return &clerk{panicsAt: 50 * (round % 3)} },
			Restart: func(n int) (time.Duration, bool) { return time.Duration(n%2) * time.Microsecond, true },
		})
		if err != nil {
			t.Fatal(err)
		}
		var taken, answers atomic.Int64
		var posters sync.WaitGroup
		for range 8 {
			posters.Go(func() { postUntilStopped(ref, &taken, &answers) })
		}
		for taken.Load() < int64(100*round) {
			runtime.Gosched()
		}
		stopped := make(chan struct{})
		s.Stop(ref, func() { close(stopped) })
		<-stopped
		posters.Wait()
		if taken.Load() != answers.Load() {
			t.Fatalf("round %d: %d requests were taken, %d answered", round, taken.Load(), answers.Load())
		}
		if stats := s.Stats(); stats.Actors != 0 || ref.box.waiting.Load() != 0 {
			t.Fatalf("round %d: left behind: %+v, %d bytes", round, stats, ref.box.waiting.Load())
		}
	}
	noMoreGoroutinesThan(t, before)
}

func postUntilStopped(ref Ref, taken, answers *atomic.Int64) {
	for i := 0; ; i++ {
		k := &ticket{size: i % 20, answers: answers}
		k.open.Store(true)
		switch err := ref.Post(k); {
		case err == nil:
			taken.Add(1)
		case errors.Is(err, msg.ErrMailboxFull):
			runtime.Gosched()
		default:
			return
		}
	}
}

// noMoreGoroutinesThan waits for goroutines that have done their work to be gone too.
func noMoreGoroutinesThan(t *testing.T, n int) {
	t.Helper()
	for range 1000 {
		if runtime.NumGoroutine() <= n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines, not %d:\n%s", runtime.NumGoroutine(), n, stacks[:runtime.Stack(stacks, true)])
}

// numbered is the n-th message of a sender.
type numbered struct{ sender, n int }

func (numbered) Bytes() int { return 1 }

// usher checks that each sender's messages come in order.
type usher struct {
	last map[int]int
	errs chan error
	left int
	done chan struct{}
}

func (u *usher) Started(*Context) error { return nil }

func (u *usher) Receive(_ *Context, m msg.Message) {
	n := m.(numbered)
	if n.n != u.last[n.sender]+1 {
		select {
		case u.errs <- fmt.Errorf("sender %d: %d came after %d", n.sender, n.n, u.last[n.sender]):
		default:
		}
	}
	u.last[n.sender] = n.n
	if u.left--; u.left == 0 {
		close(u.done)
	}
}

func (u *usher) Idle(*Context)    {}
func (u *usher) Stopped(*Context) {}

func TestASendersMessagesStayInOrder(t *testing.T) {
	const senders, each = 4, 20_000
	s := NewSystem(Options{})
	u := &usher{last: map[int]int{}, errs: make(chan error, 1), left: senders * each, done: make(chan struct{})}
	ref, err := s.Spawn(Spec{Name: "usher", New: func() Actor { return u }})
	if err != nil {
		t.Fatal(err)
	}
	for sender := range senders {
		go func() {
			for n := 1; n <= each; n++ {
				if err := ref.Post(numbered{sender, n}); err != nil {
					u.errs <- err
					return
				}
			}
		}()
	}
	select {
	case <-u.done:
	case err := <-u.errs:
		t.Fatal(err)
	}
	if err := s.Shutdown(time.Minute); err != nil {
		t.Error(err)
	}
}

func TestShutdownNamesWhoIsLate(t *testing.T) {
	before := runtime.NumGoroutine()
	s := NewSystem(Options{Log: zerolog.Nop()})
	hold := make(chan struct{})
	for _, name := range []string{"early", "stubborn", "quick"} {
		_, err := s.Spawn(Spec{Name: name, New: func() Actor {
			return &player{stage: &stage{}, part: part{stopped: func(*Context) {
				if name == "stubborn" {
					<-hold
				}
			}}}
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := s.Shutdown(20 * time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "2 still run, latest first: stubborn, early") {
		t.Errorf("with one that does not stop: %v", err)
	}
	close(hold)
	if err := s.Shutdown(time.Minute); err != nil {
		t.Error(err)
	}
	noMoreGoroutinesThan(t, before)
}
