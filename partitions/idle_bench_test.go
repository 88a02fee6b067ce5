package partitions

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// wires is the Transport of a node whose peers are in the same process.
type wires struct {
	from  msg.NodeID
	hosts map[msg.NodeID]*Host
}

func (w *wires) Send(to msg.NodeID, id msg.TopicPartition, messages []*raftpb.Message) {
	if p, ok := w.hosts[to].Partition(id); ok {
		for _, m := range messages {
			_ = p.Post(&Step{Message: m, From: w.from})
		}
	}
}

func (w *wires) Echo(msg.NodeID) time.Time { return time.Now() }

// BenchmarkIdle is what replicas cost that nobody writes to: memory, and the processor's time, of which 1 is a core. Each group has
// a member on each of three nodes in this process.
func BenchmarkIdle(b *testing.B) {
	const groups, nodes = 1000, 3
	hosts := map[msg.NodeID]*Host{}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for id := range msg.NodeID(nodes) {
		store, err := wal.OpenStore(wal.Options{Dir: b.TempDir(), Log: zerolog.Nop(), Fatal: func(err error) { b.Error(err) }})
		if err != nil {
			b.Fatal(err)
		}
		sys := actors.NewSystem(actors.Options{Node: id, Log: zerolog.Nop()})
		hosts[id] = NewHost(HostOptions{System: sys, Store: store, Node: id, Log: zerolog.Nop(), Transport: &wires{id, hosts}})
		n := &node{t: b, sys: sys, store: store, host: hosts[id]}
		b.Cleanup(n.stop)
	}
	voters := []Voter{{0, 1}, {1, 2}, {2, 3}}
	for i := range int32(groups) {
		for id := range msg.NodeID(nodes) {
			s := Spec{ID: msg.TopicPartition{Topic: msg.TopicID{7}, Partition: i}, Topic: "t", Self: uint64(id) + 1, Voters: voters, Config: testConfig()}
			if err := hosts[id].Start(s); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, h := range hosts {
		led := make(chan struct{})
		h.WhenLed(h.All(), func() { close(led) })
		<-led
	}
	time.Sleep(4 * time.Second) // idle groups come to rest
	runtime.GC()
	runtime.ReadMemStats(&after)
	for b.Loop() {
		busy := processorTime(b)
		time.Sleep(5 * time.Second)
		perSecond := (processorTime(b) - busy).Seconds() / 5
		b.ReportMetric(perSecond*10_000/(groups*nodes), "cores/10k-replicas")
	}
	b.ReportMetric(float64(after.HeapAlloc+after.StackInuse-before.HeapAlloc-before.StackInuse)/(groups*nodes), "B/replica")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
