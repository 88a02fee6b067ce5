package actors

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// Stop stops an actor: no new messages, what waits is refused with NOT_LEADER_OR_FOLLOWER, then Stopped runs. done is
// called after that, when the name is free again, on the actor's step or, if it has stopped already, at once (nil: nobody
// cares).
func (s *System) Stop(ref Ref, done func()) {
	if ref.box != nil && s.whenStopped(ref.box.cell, done) {
		if ref.box.close() {
			ref.box.PostSystemMessage(&actor.Stop{})
		}
		return
	}
	if done != nil {
		done()
	}
}

// whenStopped registers done, or reports false for an actor that has stopped already.
func (s *System) whenStopped(c *cell, done func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c == nil || s.cells[c.spec.Name] != c {
		return false
	}
	if done != nil {
		c.stopped = append(c.stopped, done)
	}
	return true
}

// StopAll stops all actors, one after another, the latest spawned first, as an actor may need those that were there before
// it; then it calls done. Nothing can be spawned from now on.
func (s *System) StopAll(done func()) {
	s.mu.Lock()
	s.closing = true
	cells := s.latestFirst()
	s.mu.Unlock()
	s.stopInTurn(cells, done)
}

func (s *System) stopInTurn(cells []*cell, done func()) {
	if len(cells) == 0 {
		done()
		return
	}
	s.Stop(Ref{cells[0].box}, func() { s.stopInTurn(cells[1:], done) })
}

// latestFirst lists the actors. mu is held.
func (s *System) latestFirst() []*cell {
	cells := make([]*cell, 0, len(s.cells))
	for _, c := range s.cells {
		cells = append(cells, c)
	}
	slices.SortFunc(cells, func(a, b *cell) int { return cmp.Compare(b.born, a.born) })
	return cells
}

// Shutdown stops all actors as StopAll does, and returns when they have stopped or, with an error that names those that
// have not, when the timeout is over. It must not be called inside an actor. On a Deterministic dispatcher it runs the
// steps that this takes itself.
func (s *System) Shutdown(timeout time.Duration) error {
	stopped := make(chan struct{})
	s.StopAll(func() { close(stopped) })
	late := make(chan struct{})
	if d, ok := s.dispatcher.(*Deterministic); ok {
		d.Run()
		close(late)
	} else {
		defer s.clock.AfterFunc(timeout, func() { close(late) }).Stop()
	}
	select {
	case <-stopped:
		return nil
	case <-late:
		return s.stillThere(timeout)
	}
}

// stillThere is nil if all have stopped after all.
func (s *System) stillThere(timeout time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.cells))
	for _, c := range s.latestFirst() {
		names = append(names, c.spec.Name)
	}
	if len(names) == 0 {
		return nil
	}
	const shown = 5
	return fmt.Errorf("stopping the actors: after %v, %d still run, latest first: %s",
		timeout, len(names), strings.Join(names[:min(shown, len(names))], ", "))
}
