package kafka

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// benchmarkRequests sends the same request again and again over one connection, pipelined, against the fakes.
func benchmarkRequests(b *testing.B, addr string, req kmsg.Request, bytes int) {
	socket, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer socket.Close()
	frame := kmsg.NewRequestFormatter().AppendRequest(nil, req, 1)
	first := dial(b, addr)
	if _, err := first.Write(frame); err != nil {
		b.Fatal(err)
	}
	_, body := first.receive()
	reply := int64(len(body) + 8)
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	b.ResetTimer()
	go func() {
		for range b.N {
			if _, err := socket.Write(frame); err != nil {
				return
			}
		}
	}()
	if _, err := io.CopyN(io.Discard, socket, reply*int64(b.N)); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkProduce(b *testing.B) {
	for name, size := range map[string]int{"1KiB": 1 << 10, "64KiB": 64 << 10} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			w.topic("topic", 1)[0].forgetful = true
			_, addr := w.open(func(o *Options) { o.Log = zerolog.Nop() })
			batch := batchOf(strings.Repeat("x", size))
			benchmarkRequests(b, addr, produceTo(9, "topic", 0, -1, batch), len(batch))
		})
	}
}

func BenchmarkFetch(b *testing.B) {
	for name, size := range map[string]int{"1KiB": 1 << 10, "64KiB": 64 << 10, "1MiB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			p := w.topic("topic", 1, "max.message.bytes=4000000")[0]
			p.append(strings.Repeat("x", size))
			_, addr := w.open(func(o *Options) { o.Log = zerolog.Nop() })
			req := fetchFrom(13, "topic", 0, 0)
			req.SessionEpoch = -1
			benchmarkRequests(b, addr, req, size)
		})
	}
}
