package actors

import (
	"runtime"
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// sink takes messages; a question among them it answers.
type sink struct{}

func (sink) Started(*Context) error { return nil }

func (sink) Receive(_ *Context, m msg.Message) {
	if q, ok := m.(*question); ok {
		q.reply <- struct{}{}
	}
}

func (sink) Idle(*Context)    {}
func (sink) Stopped(*Context) {}

// question carries its reply slot.
type question struct {
	size  int
	reply chan struct{}
}

func (q *question) Bytes() int { return q.size }

func (q *question) Refuse(error) { q.reply <- struct{}{} }

// weight is a message of 100 bytes.
type weight struct{}

func (*weight) Bytes() int { return 100 }

func benchRef(b *testing.B) Ref {
	ref, err := NewSystem(Options{}).Spawn(Spec{Name: "a", New: func() Actor { return sink{} }, MailboxBytes: 100 << 10})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	return ref
}

func postOrYield(ref Ref, m msg.Message) {
	for ref.Post(m) != nil {
		runtime.Gosched()
	}
}

// One sender, one actor, both busy: posting and receiving.
func BenchmarkPost(b *testing.B) {
	ref, m := benchRef(b), &weight{}
	for range b.N {
		postOrYield(ref, m)
	}
}

func BenchmarkPostInParallel(b *testing.B) {
	ref := benchRef(b)
	b.RunParallel(func(pb *testing.PB) {
		for m := (&weight{}); pb.Next(); {
			postOrYield(ref, m)
		}
	})
}

// Posting alone, into a mailbox whose step never comes.
func BenchmarkPostOnly(b *testing.B) {
	s := NewSystem(Options{Dispatcher: &pump{throughput: 256}})
	ref, err := s.Spawn(Spec{Name: "a", New: func() Actor { return sink{} }, MailboxBytes: 1 << 60})
	if err != nil {
		b.Fatal(err)
	}
	m := &weight{}
	b.ReportAllocs()
	for i := range b.N {
		if i%1024 == 0 {
			ref.box.inbox = ref.box.inbox[:0]
		}
		if err := ref.Post(m); err != nil {
			b.Fatal(err)
		}
	}
}

// A request and its answer, one at a time: two wake-ups.
func BenchmarkAsk(b *testing.B) {
	ref, q := benchRef(b), &question{size: 100, reply: make(chan struct{}, 1)}
	for range b.N {
		postOrYield(ref, q)
		<-q.reply
	}
}

// Requests of a pipelining session: 64 under way.
func BenchmarkAskPipelined(b *testing.B) {
	ref := benchRef(b)
	q := &question{size: 100, reply: make(chan struct{}, 64)}
	for i := range b.N {
		postOrYield(ref, q)
		if i >= 63 {
			<-q.reply
		}
	}
}
