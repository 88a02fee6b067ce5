package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Ask puts one question to whoever listens at address, on a connection of its own, and returns who that is and what it replied. It
// needs no link, and no cluster: self.Cluster may be empty on both sides, and each looks at the other's identity for itself. It takes
// as long as ctx allows, and 30 s at most.
func Ask(ctx context.Context, dial Dial, t *tls.Config, address string, self Identity, request []byte) (peer Identity, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if len(request) > maxQuestion {
		return peer, nil, fmt.Errorf("asking %s: a question of %d bytes is too long, %d are allowed", address, len(request), maxQuestion)
	}
	c, err := connect(ctx, dial, t, address)
	if err != nil {
		return peer, nil, fmt.Errorf("asking %s: %w", address, err)
	}
	defer func() { _ = c.raw.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.raw.Close() })()
	peer, answer, err = exchange(c, self, request)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return peer, nil, fmt.Errorf("asking %s: %w", address, err)
	}
	return peer, answer, nil
}

func exchange(c connection, self Identity, request []byte) (Identity, []byte, error) {
	out := appendGreeting(nil, asks, greeting{Identity: self, To: msg.NoNode})
	if _, err := c.Write(appendNote(out, question, request)); err != nil {
		return Identity{}, nil, err
	}
	_, g, err := readGreeting(c, welcome)
	if err != nil {
		return g.Identity, nil, err
	}
	k, _, answer, err := readNote(c, maxQuestion)
	if err == nil && k != reply {
		err = fmt.Errorf("it sent a note of kind %d, which is no reply", k)
	}
	return g.Identity, answer, err
}

// reply answers a question. The connection is closed after it.
func (l *Links) reply(c connection, g greeting) {
	ctx, cancel := context.WithTimeout(l.ctx, askTimeout)
	defer cancel()
	defer func() { _ = c.raw.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.raw.Close() })()
	k, _, request, err := readNote(c, maxQuestion)
	switch {
	case err == nil && k != question:
		err = fmt.Errorf("a note of kind %d is no question", k)
	case err == nil && l.o.Asked == nil:
		err = errors.New("this node answers no questions")
	}
	if err != nil {
		l.refuse(c, g, err)
		return
	}
	answer := l.o.Asked(g.Identity, request)
	out := appendGreeting(nil, welcome, greeting{Identity: l.self(), To: g.Node})
	_, _ = c.Write(appendNote(out, reply, answer))
}
