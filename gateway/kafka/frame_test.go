package kafka

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// framed puts a length before bytes.
func framed(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// headed puts the header of a request before bytes, with a client id of null.
func headed(key, version int16, body []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(key))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	b = binary.BigEndian.AppendUint32(b, 1)
	b = binary.BigEndian.AppendUint16(b, 0xffff)
	return framed(append(b, body...))
}

func TestFramesThatNobodyCanReadCloseTheConnection(t *testing.T) {
	w := newWorld(t)
	_, addr := w.open(func(o *Options) { o.Limits.MaxRequestBytes = 10 << 20 })
	for name, frame := range map[string][]byte{
		"no length":                 {0, 0},
		"length 0":                  {0, 0, 0, 0},
		"negative length":           append([]byte{0xff, 0xff, 0xff, 0xff}, headed(18, 0, nil)[4:]...),
		"most negative length":      append([]byte{0x80, 0, 0, 0}, headed(18, 0, nil)[4:]...),
		"length beyond the limit":   headed(0, 9, produceTo(9, "topic", 0, -1, make([]byte, 11<<20)).AppendTo(nil)),
		"shorter than a header":     framed(make([]byte, 9)),
		"cut in the header":         framed(make([]byte, 100))[:9],
		"cut in the body":           framed(make([]byte, 100))[:50],
		"an HTTP request":           []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
		"a TLS hello":               append([]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3}, make([]byte, 508)...),
		"client id longer than all": framed([]byte{0, 18, 0, 0, 0, 0, 0, 1, 0x7f, 0xff}),
		"client id shorter than -1": framed([]byte{0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xfe}),
		"body that is cut":          headed(3, 1, []byte{0, 0, 0, 5, 0, 1}),
		"an array of 2^31-1":        headed(3, 1, []byte{0x7f, 0xff, 0xff, 0xff}),
		"tags without end":          headed(3, 9, []byte{0xff, 0xff, 0xff, 0xff, 0x0f}),
		"a tag longer than all":     headed(3, 9, []byte{1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f}),
		"a varint longer than all":  headed(3, 9, bytes.Repeat([]byte{0xff}, 12)),
		"a long plain request":      framed(append([]byte{0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff}, make([]byte, maxPlainBytes)...)),
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, addr)
			// What the server has closed by then can't be written; that it closes is what counts.
			_, _ = c.Write(frame)
			_ = c.Conn.(*net.TCPConn).CloseWrite()
			if rest, err := io.ReadAll(c); len(rest) > 0 {
				t.Errorf("%d bytes of an answer (%v)", len(rest), err)
			}
		})
	}
	if resp := ask[*kmsg.ApiVersionsResponse](dial(t, addr), apiVersionsRequest(3)); resp.ErrorCode != 0 {
		t.Error("other clients notice")
	}
}

func TestLengthAloneCostsNothing(t *testing.T) {
	w := newWorld(t)
	s, addr := w.open()
	var clients []*client
	for range 50 {
		c := dial(t, addr)
		if _, err := c.Write([]byte{0x06, 0, 0, 0}); err != nil { // 100 MB to come
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	if resp := ask[*kmsg.ApiVersionsResponse](dial(t, addr), apiVersionsRequest(3)); resp.ErrorCode != 0 {
		t.Fatal("no answer")
	}
	if n := s.inFlight.inUse(); n > 1<<20 {
		t.Errorf("%d bytes of the budget are held for frames of which nothing has come", n)
	}
	for _, c := range clients {
		c.Close()
	}
}

func TestLargeFramesAreWholeWhenTheyCome(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1, "max.message.bytes=20000000")[0]
	_, addr := w.open()
	c := dial(t, addr)
	payload := make([]byte, 9<<20)
	for i := range payload {
		payload[i] = byte(i / 1000)
	}
	got := onlyProduced(t, ask[*kmsg.ProduceResponse](c, produceTo(9, "topic", 0, -1, batchOf(string(payload)))))
	if got.ErrorCode != 0 || len(p.stored()[0]) < len(payload) {
		t.Fatalf("error %d (%s)", got.ErrorCode, text(got.ErrorMessage))
	}
}

// A small frame that claims many elements must not make the server allocate much more than it was charged.
func TestHostileArrays(t *testing.T) {
	const size = 32 << 10
	for _, a := range registered() {
		charge := uint64(size * decodeFactor)
		if a.check != nil {
			charge = size + 64*maxProduced
		}
		for _, version := range []int16{a.min, (a.min + a.max) / 2, a.max} {
			for at := range 20 { // an array's length somewhere near the front
				body := bytes.Repeat([]byte{byte(at % 2)}, size)
				binary.BigEndian.PutUint32(body[at:], size/3)
				before := allocated()
				_, _ = a.decode(version, body)
				if took := allocated() - before; took > 2*charge {
					t.Fatalf("%s, version %d: decoding %d bytes allocates %d", a.name, version, size, took)
				}
			}
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// FuzzFrames shows the door arbitrary bytes. It must close the connection or answer, give all its budget back, and go on.
func FuzzFrames(f *testing.F) {
	w := newWorld(f)
	w.topic("topic", 1)
	for _, a := range registered() {
		req := kmsg.RequestForKey(a.key)
		for _, version := range []int16{a.min, a.max} {
			req.SetVersion(version)
			f.Add(kmsg.NewRequestFormatter().AppendRequest(nil, req, 1)[4:])
		}
	}
	f.Add(kmsg.NewRequestFormatter().AppendRequest(nil, produceTo(9, "topic", 0, -1, batchOf("a")), 1)[4:])
	f.Add(kmsg.NewRequestFormatter().AppendRequest(nil, fetchFrom(13, "topic", 0, 0), 1)[4:])
	w.refuse = kerr.PolicyViolation // what makes topics would speak through f, which a fuzz target may not
	s, addr := w.open(func(o *Options) { o.Log = zerolog.Nop() })
	f.Fuzz(func(t *testing.T, body []byte) {
		socket, err := net.Dial("tcp", addr)
		if err != nil {
			t.Skip("out of ports")
		}
		defer socket.Close()
		_ = socket.SetDeadline(time.Now().Add(patience))
		_, _ = socket.Write(framed(body))
		_ = socket.(*net.TCPConn).CloseWrite()
		if fetches(body) {
			return // may wait for as long as it says
		}
		if _, err := io.Copy(io.Discard, socket); err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				t.Fatalf("no end within %s", patience)
			}
		}
		if n := s.inFlight.inUse(); n < 0 {
			t.Fatalf("%d bytes in flight", n)
		}
	})
}

// fetches reports a request that may be answered late.
func fetches(body []byte) bool {
	return len(body) > 1 && body[0] == 0 && (body[1] == 0 || body[1] == 1)
}

// Apache Kafka 4.3.1, tried so, answers as if they were not there.
func TestBytesBehindABodyAreNotLookedAt(t *testing.T) {
	_, addr := newWorld(t).open()
	c := dial(t, addr)
	for _, version := range []int16{4, 12} {
		req := metadataOf(version)
		frame := kmsg.NewRequestFormatter(kmsg.FormatterClientID("test")).AppendRequest(nil, req, 7)
		frame = append(frame, 1, 2, 3)
		binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
		if _, err := c.Write(frame); err != nil {
			t.Fatal(err)
		}
		_, body := c.receive()
		if resp := decodeReply[*kmsg.MetadataResponse](t, req, body); *resp.ClusterID != "test-cluster" {
			t.Errorf("v%d: %+v", version, resp)
		}
	}
}
