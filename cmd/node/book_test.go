package node

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestTheBookIsThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	connected := map[msg.NodeID]msg.Endpoint{}
	open := func() *book {
		b := newBook(1, zerolog.Nop(), func(n msg.NodeID, at msg.Endpoint) { connected[n] = at })
		b.open(dir)
		return b
	}
	at := func(port int32) msg.Endpoint { return msg.Endpoint{Host: "h", Port: port} }
	b := open()
	b.met(1, at(1)) // itself
	b.met(2, at(2))
	b.met(3, at(3))
	b.met(3, at(30))
	b.met(4, msg.Endpoint{}) // has no peer door
	want := map[msg.NodeID]msg.Endpoint{2: at(2), 3: at(30)}
	if !maps.Equal(connected, want) {
		t.Errorf("connected to %v, want %v", connected, want)
	}
	clear(connected)
	b = open()
	if !maps.Equal(connected, want) || !maps.Equal(b.all(), want) {
		t.Errorf("after a restart connected to %v and knows %v, want %v", connected, b.all(), want)
	}
	b.only(map[msg.NodeID]msg.Endpoint{3: {}, 5: at(5)})
	if want := map[msg.NodeID]msg.Endpoint{3: at(30), 5: at(5)}; !maps.Equal(b.all(), want) || connected[2] != (msg.Endpoint{}) {
		t.Errorf("knows %v, want %v; node 2 is connected at %v", b.all(), want, connected[2])
	}
}

func TestADamagedBookIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, bookFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBook(1, zerolog.Nop(), func(msg.NodeID, msg.Endpoint) {})
	b.open(dir)
	if len(b.all()) > 0 {
		t.Errorf("knows %v", b.all())
	}
	b.met(2, msg.Endpoint{Host: "h", Port: 2})
	again := newBook(1, zerolog.Nop(), func(msg.NodeID, msg.Endpoint) {})
	if again.open(dir); len(again.all()) != 1 {
		t.Errorf("knows %v after a damaged one was written anew", again.all())
	}
}
