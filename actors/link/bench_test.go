package link

import (
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// benchPair are two nodes in this process, and a count of the bytes that the second one has taken.
func benchPair(b *testing.B) (from *Links, taken *atomic.Int64) {
	t := &testing.T{}
	oa, ob := options(1), options(2)
	oa.DeadAfter, ob.DeadAfter = time.Second, time.Second
	oa.Clock, ob.Clock = clock.System(), clock.System()
	taken = new(atomic.Int64)
	a, z := start(t, oa), start(t, ob)
	a.o.Log, z.o.Log = zerolog.Nop(), zerolog.Nop()
	b.Cleanup(func() { a.end(); z.end() })
	z.Handle(RaftEntries, func(_ msg.NodeID, p []byte) { taken.Add(int64(len(p))) })
	z.Handle(Raft, func(_ msg.NodeID, p []byte) { taken.Add(int64(len(p))) })
	a.Connect(2, z.endpoint())
	for !a.Send(2, Urgent, noted) {
		time.Sleep(time.Millisecond)
	}
	return a.Links, taken
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// nodeHeap is what a node has in use besides: it says how often the garbage of payloads is collected.
const nodeHeap = 64 << 20

// BenchmarkBulk is a leader that streams entries to a follower, both sides in this process. A head of 60 bytes goes before each.
func BenchmarkBulk(b *testing.B) {
	for _, size := range []int{1 << 10, 16 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			links, taken := benchPair(b)
			heap := make([]byte, nodeHeap)
			defer runtime.KeepAlive(heap)
			head, entry := make([]byte, 60), make([]byte, size-60)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			before := cpu()
			for b.Loop() {
				for !links.Send(2, Bulk, RaftEntries, head, entry) {
					time.Sleep(50 * time.Microsecond)
				}
			}
			for taken.Load() < int64(b.N)*int64(size) {
				time.Sleep(50 * time.Microsecond)
			}
			gib := float64(b.N) * float64(size) / (1 << 30)
			b.ReportMetric((cpu()-before).Seconds()/gib, "cpu-s/GiB")
		})
	}
}

// BenchmarkUrgentBesideBulk is the round trip of pings while the bulk lane is kept full.
func BenchmarkUrgentBesideBulk(b *testing.B) {
	for _, busy := range []bool{false, true} {
		b.Run(fmt.Sprintf("bulk=%v", busy), func(b *testing.B) {
			links, _ := benchPair(b)
			stop, stopped := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(stopped)
				entry := make([]byte, 64<<10)
				for busy {
					select {
					case <-stop:
						return
					default:
					}
					if !links.Send(2, Bulk, RaftEntries, entry) {
						time.Sleep(50 * time.Microsecond)
					}
				}
			}()
			var sum, worst time.Duration
			n := 0
			for last := links.Echo(2); b.Loop(); n++ {
				for links.Echo(2).Equal(last) {
					time.Sleep(time.Millisecond)
				}
				last = links.Echo(2)
				trip := links.Peers()[0].RoundTrip
				sum, worst = sum+trip, max(worst, trip)
			}
			close(stop)
			<-stopped
			b.ReportMetric(float64(sum.Microseconds())/float64(n), "µs/ping")
			b.ReportMetric(float64(worst.Microseconds()), "µs/worst")
		})
	}
}

// BenchmarkBareTCP is what the same bytes cost without a link: one connection, one buffer used again, nothing kept.
func BenchmarkBareTCP(b *testing.B) {
	near, far := piped(b)
	const size = 64 << 10
	read := make(chan struct{})
	go func() {
		defer close(read)
		buffer := make([]byte, size)
		for {
			if _, err := io.ReadFull(far, buffer); err != nil {
				return
			}
		}
	}()
	entry := make([]byte, size)
	b.SetBytes(size)
	before := cpu()
	for b.Loop() {
		if _, err := near.Write(entry); err != nil {
			b.Fatal(err)
		}
	}
	_ = near.Close()
	<-read
	b.ReportMetric((cpu()-before).Seconds()/(float64(b.N)*size/(1<<30)), "cpu-s/GiB")
}
