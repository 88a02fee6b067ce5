package bus

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
)

const (
	// prefix begins every subject of the bus.
	prefix = "troupe."
	// pendingMessages and pendingBytes bound what waits for one subscriber; what is more is dropped and counted.
	pendingMessages = 8192
	pendingBytes    = 8 << 20
)

var errClosed = errors.New("the bus is closed")

// Subscribe has f called with each message whose subject matches, one at a time, on a goroutine of the subscription. f owns
// data. While it blocks, messages wait, up to a bound; it must not call Close.
func (b *Bus) Subscribe(subject string, f func(subject string, data []byte)) error {
	if !strings.HasPrefix(subject, prefix) {
		return fmt.Errorf("subscribing to %q: subjects of the bus begin with %q", subject, prefix)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return fmt.Errorf("subscribing to %s: %w", subject, errClosed)
	}
	s, err := b.conn.Subscribe(subject, func(m *nats.Msg) { f(m.Subject, m.Data) })
	if err != nil {
		return fmt.Errorf("subscribing to %s: %w", subject, err)
	}
	b.subscribers.Add(1)
	s.SetClosedHandler(func(string) { b.subscribers.Done() })
	if err := s.SetPendingLimits(pendingMessages, pendingBytes); err != nil {
		return fmt.Errorf("subscribing to %s: bounding what waits: %w", subject, err)
	}
	b.subscriptions = append(b.subscriptions, s)
	return nil
}

// Publish sends data to all who subscribe to subject, on any node, this one included. It does not wait for them. An error
// means that nothing was sent.
func (b *Bus) Publish(subject string, data []byte) error {
	if !strings.HasPrefix(subject, prefix) {
		return fmt.Errorf("publishing on %q: subjects of the bus begin with %q", subject, prefix)
	}
	if err := b.conn.Publish(subject, data); err != nil {
		return fmt.Errorf("publishing %d bytes on %s: %w", len(data), subject, err)
	}
	return nil
}

// trouble is told what went wrong with the connection while nobody called it: a subscriber that fell behind, above all.
func (b *Bus) trouble(_ *nats.Conn, s *nats.Subscription, err error) {
	event := b.options.Log.Warn().Err(err)
	if s != nil {
		event.Str("subject", s.Subject)
	}
	event.Msg("bus: messages are lost")
}
