package bus

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// logbook keeps a bus's log lines.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logbook) has(text string) func() bool {
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return strings.Contains(l.text.String(), text)
	}
}

// node makes options for a node of the cluster that all tests speak of.
func node(id msg.NodeID) Options {
	return Options{Node: id, Cluster: "house", Secret: "open:sesame/@", Routes: "127.0.0.1:0", Log: zerolog.Nop()}
}

func start(t *testing.T, o Options) *Bus {
	t.Helper()
	b, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	b.Announce()
	return b
}

// join starts n nodes that name each other, and waits until all hear all.
func join(t *testing.T, n int) []*Bus {
	t.Helper()
	buses := make([]*Bus, n)
	routes := make([]string, n)
	for i := range buses {
		buses[i] = start(t, node(msg.NodeID(i+1)))
		routes[i] = buses[i].RoutesAddress()
	}
	for _, b := range buses {
		peer(t, b, routes...)
	}
	for _, a := range buses {
		for _, b := range buses {
			if a != b {
				eventually(t, hears(a, b))
			}
		}
	}
	return buses
}

func peer(t *testing.T, b *Bus, routes ...string) {
	t.Helper()
	if err := b.SetPeers(routes); err != nil {
		t.Fatal(err)
	}
}

func hears(a, b *Bus) func() bool      { return func() bool { return a.Heard(b.options.Node) } }
func deaf(a, b *Bus) func() bool       { return func() bool { return !a.Heard(b.options.Node) } }
func routes(b *Bus, n int) func() bool { return func() bool { return b.Stats().Routes == n } }

// eventually polls, as what is waited for happens in other goroutines and sockets.
func eventually(t *testing.T, what func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !what(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not come about within %v", patience)
		}
	}
}

// inbox collects what a subscription delivers.
type inbox chan string

func listen(t *testing.T, b *Bus, subject string) inbox {
	t.Helper()
	box := make(inbox, 1000)
	err := b.Subscribe(subject, func(subject string, data []byte) { box <- fmt.Sprintf("%s %s", subject, data) })
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func (i inbox) next(t *testing.T) string {
	t.Helper()
	select {
	case text := <-i:
		return text
	case <-time.After(patience):
		t.Fatal("nothing was delivered")
		return ""
	}
}

func publish(t *testing.T, b *Bus, subject, text string) {
	t.Helper()
	if err := b.Publish(subject, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// reaches waits until what one bus publishes is delivered at the other: interest takes a moment to spread.
func reaches(t *testing.T, from *Bus, to inbox, subject string) {
	t.Helper()
	eventually(t, func() bool {
		publish(t, from, subject, "knock")
		select {
		case <-to:
			return true
		case <-time.After(10 * time.Millisecond):
			return false
		}
	})
}

// ours counts the goroutines that run code of the bus, its server or its connection.
func ours() (n int, stacks string) {
	text := make([]byte, 1<<20)
	text = text[:runtime.Stack(text, true)]
	for _, stack := range strings.Split(string(text), "\n\n") {
		if strings.Contains(stack, "nats-io/") || strings.Contains(stack, "bus.(*Bus)") {
			n++
			stacks += stack + "\n\n"
		}
	}
	return n, stacks
}
