package conformance

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// wire is one bare connection: requests go out in the version that the test sets, replies come back decoded.
type wire struct {
	t    testing.TB
	conn net.Conn
	next int32
}

func dial(t testing.TB, addr string) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &wire{t: t, conn: conn}
}

// ask sends req in its version and returns the decoded reply.
func ask[R kmsg.Response](w *wire, req kmsg.Request) R {
	w.t.Helper()
	w.write(kmsg.NewRequestFormatter(kmsg.FormatterClientID("conformance")).AppendRequest(nil, req, w.id()))
	body, err := w.read()
	if err != nil {
		w.t.Fatalf("%s v%d: %v", kmsg.NameForKey(req.Key()), req.GetVersion(), err)
	}
	resp := req.ResponseKind()
	if resp.IsFlexible() && resp.Key() != int16(kmsg.ApiVersions) {
		body = body[1:] // no tagged fields in the header
	}
	if err := resp.ReadFrom(body); err != nil {
		w.t.Fatalf("%s v%d: the reply does not decode: %v", kmsg.NameForKey(req.Key()), req.GetVersion(), err)
	}
	return resp.(R)
}

func (w *wire) id() int32 {
	w.next++
	return w.next
}

func (w *wire) write(frame []byte) {
	w.t.Helper()
	if _, err := w.conn.Write(frame); err != nil {
		w.t.Fatal(err)
	}
}

// read returns a reply's body behind the correlation id.
func (w *wire) read() ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(w.conn, head[:]); err != nil {
		return nil, err
	}
	if id := int32(binary.BigEndian.Uint32(head[4:])); id != w.next {
		return nil, fmt.Errorf("the reply carries correlation id %d, not %d", id, w.next)
	}
	body := make([]byte, binary.BigEndian.Uint32(head[:])-4)
	_, err := io.ReadFull(w.conn, body)
	return body, err
}

// hungUp reports that the broker closes the connection without another byte.
func (w *wire) hungUp() bool {
	n, err := w.conn.Read(make([]byte, 1))
	return n == 0 && err == io.EOF
}
