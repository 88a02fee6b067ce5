package kafka

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/clock"
)

// patience is how long a test waits for what should come at once.
const patience = 10 * time.Second

// openDoor serves on a free port of the loopback until the test ends.
func openDoor(t testing.TB, change ...func(*Options)) (*Server, string) {
	t.Helper()
	o := Options{Node: 1, Clock: clock.System(), Log: zerolog.New(alarm{t}).Level(zerolog.ErrorLevel)}
	for _, f := range change {
		f(&o)
	}
	s := New(o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l, "kafka") }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("the server did not shut down: %v", err)
		}
		if n := s.inFlight.inUse(); n != 0 {
			t.Errorf("%d bytes of the budget for requests are lost", n)
		}
		if n := s.fetching.inUse(); n != 0 {
			t.Errorf("%d bytes of the budget for fetches are lost", n)
		}
	})
	return s, l.Addr().String()
}

// alarm is a log in which no error may appear: a panic that was caught, most of all.
type alarm struct{ testing.TB }

func (a alarm) Write(line []byte) (int, error) {
	a.Errorf("the server logs: %s", line)
	return len(line), nil
}

// client is a connection that shows raw frames.
type client struct {
	testing.TB
	net.Conn
	next int32
}

func dial(t testing.TB, addr string) *client {
	t.Helper()
	socket, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	_ = socket.SetDeadline(time.Now().Add(3 * patience))
	return &client{TB: t, Conn: socket}
}

// send writes a request and returns its correlation id.
func (c *client) send(req kmsg.Request) int32 {
	c.Helper()
	c.next++
	frame := kmsg.NewRequestFormatter(kmsg.FormatterClientID("test")).AppendRequest(nil, req, c.next)
	if _, err := c.Write(frame); err != nil {
		c.Fatalf("writing a request: %v", err)
	}
	return c.next
}

// receive reads a reply: its correlation id and what is behind it.
func (c *client) receive() (int32, []byte) {
	c.Helper()
	id, body, err := c.read()
	if err != nil {
		c.Fatalf("reading a reply: %v", err)
	}
	return id, body
}

func (c *client) read() (int32, []byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return 0, nil, err
	}
	reply := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(c, reply); err != nil {
		return 0, nil, err
	}
	return int32(binary.BigEndian.Uint32(reply)), reply[4:], nil
}

// ask sends a request and decodes its reply into resp's type.
func ask[R kmsg.Response](c *client, req kmsg.Request) R {
	c.Helper()
	id := c.send(req)
	got, body := c.receive()
	posted()
	if got != id {
		c.Fatalf("the reply to request %d came for %d", got, id)
	}
	return decodeReply[R](c, req, body)
}

func decodeReply[R kmsg.Response](t testing.TB, req kmsg.Request, body []byte) R {
	t.Helper()
	resp := req.ResponseKind()
	if resp.IsFlexible() && resp.Key() != int16(kmsg.ApiVersions) {
		body = body[1:]
	}
	if err := resp.ReadFrom(body); err != nil {
		t.Fatalf("a %s reply, version %d, that does not decode: %v", kmsg.NameForKey(req.Key()), req.GetVersion(), err)
	}
	return resp.(R)
}

// expectClosed waits for the server to close the connection without another byte.
func (c *client) expectClosed() {
	c.Helper()
	n, err := c.Conn.Read(make([]byte, 1))
	if timeout, ok := err.(net.Error); n != 0 || err == nil || ok && timeout.Timeout() {
		c.Fatalf("read %d bytes (%v) where the connection should be closed", n, err)
	}
}
