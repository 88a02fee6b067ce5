package partitions

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// window is a client with a number of requests in flight.
type window struct {
	free chan *msg.Append
	bad  atomic.Int64
}

func (w *window) Appended(a *msg.Append) {
	if a.Err != nil {
		w.bad.Add(1)
	}
	w.free <- a
}

// BenchmarkAppend is a producer's way through the actor to the log and back, with acks=-1: the disk's sync is in it.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{100, 16 << 10, 256 << 10} {
		for _, caching := range []bool{false, true} {
			b.Run(fmt.Sprintf("batch=%d/caching=%v", size, caching), func(b *testing.B) {
				n := startNode(b, b.TempDir())
				defer n.stop()
				p := n.lead(0)
				cfg := testConfig()
				cfg.WriteCaching = caching
				_ = p.Post(&msg.Configure{Config: cfg})
				batch := record.Build([]record.Record{{Value: make([]byte, size)}}, time.UnixMilli(1))
				w := &window{free: make(chan *msg.Append, 32)}
				for range cap(w.free) {
					w.free <- &msg.Append{}
				}
				b.SetBytes(int64(len(batch)))
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					a := <-w.free
					*a = msg.Append{Batches: append(a.Batches[:0], batch), Acks: -1, LeaderEpoch: -1, Sink: w}
					if err := p.Post(a); err != nil {
						b.Fatal(err)
					}
				}
				for range cap(w.free) {
					<-w.free
				}
				b.StopTimer()
				if w.bad.Load() > 0 {
					b.Fatalf("%d appends failed", w.bad.Load())
				}
			})
		}
	}
}
