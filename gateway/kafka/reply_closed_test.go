package kafka

import (
	"net"
	"testing"
)

// A call may be answered after its connection was closed and before whoever writes has noticed.
func TestAnAnswerBetweenCloseAndDiscard(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	server, _ := newWorld(t).open()
	c := newConnection(server, ours, "kafka")
	before, after := &Call{conn: c}, &Call{conn: c}
	c.queue = []*Call{before, after}
	done := 0
	before.finish(counted{&done})
	c.writing = true // somebody is writing
	c.close()
	after.finish(counted{&done})
	if c.front(newOutgoing()) {
		t.Error("there is something to write on a closed connection")
	}
	if done != 2 {
		t.Errorf("%d of 2 answers were let go", done)
	}
}

// counted is an answer that counts how often it is done.
type counted struct{ n *int }

func (counted) encode(*outgoing) {}
func (c counted) done()          { *c.n++ }
