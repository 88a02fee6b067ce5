package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// Stop ends the node's work cleanly: no new requests, what is in flight is answered, partitions save their state, the
// store syncs and lets go of the directory. What has not ended when ctx does is cut off, in the same order, which costs
// nothing but the time to recover at the next start. Only the first call does anything.
func (n *Node) Stop(ctx context.Context) error {
	if n.stopping.Swap(true) {
		return nil
	}
	var errs []error
	note := func(what string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("stopping the node: %s: %w", what, err))
		}
	}
	if client := n.admin.Load(); client != nil {
		client.Stop()
	}
	n.handOver(ctx)
	n.sayGoodbye(ctx)
	if n.kafka != nil {
		note("answering what is in flight", n.kafka.Shutdown(ctx))
	}
	for _, d := range n.doors {
		d.listener.Close() // closed already where it was served
	}
	n.halt()
	if n.system != nil {
		note("closing the partitions", n.stopActors(ctx))
	}
	n.unlink()
	if n.store != nil {
		note("closing the store", n.store.Close())
	}
	if n.http != nil {
		note("closing the HTTP door", n.http.Shutdown(ctx))
	}
	if n.httpListener != nil {
		n.httpListener.Close()
	}
	n.served.Wait()
	n.log.Info().Err(errors.Join(errs...)).Msg("stopped")
	return errors.Join(errs...)
}

// handOver lets other nodes lead what this one leads, while its doors are still open: so clients learn from it whom to ask.
func (n *Node) handOver(ctx context.Context) {
	if n.host == nil {
		return
	}
	handed := make(chan struct{})
	n.host.HandOver(func() { close(handed) })
	select {
	case <-handed:
	case <-ctx.Done():
	}
}

// How long a stop waits for the cluster to take note of it, and how soon it asks again if the controller was just changing.
const (
	goodbyeWithin = time.Second
	goodbyeAgain  = 10 * time.Millisecond
)

// sayGoodbye has the cluster fence this node, so that clients are told of it no longer and nobody waits for its lease to run out.
// It comes after handOver, which may make another node the controller, and while the doors are open still.
func (n *Node) sayGoodbye(ctx context.Context) {
	if !n.hasCompany() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, goodbyeWithin)
	defer cancel()
	for {
		answered := make(chan error, 1)
		if n.controller.Post(&msg.StopNode{Asked: msg.Asked{Done: func(err error) { answered <- err }}}) != nil {
			return
		}
		var err error
		select {
		case err = <-answered:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		if err == nil {
			return
		}
		if !errors.Is(err, kerr.NotController) || n.sleep(ctx, goodbyeAgain) != nil {
			n.log.Info().Err(err).Msg("the cluster could not be told that this node stops; clients hear of it when its lease has run out")
			return
		}
	}
}

// hasCompany reports whether this node is in the image, and another one that is alive.
func (n *Node) hasCompany() bool {
	select {
	case <-n.upToDate:
	default:
		return false
	}
	return slices.ContainsFunc(n.image.Load().Nodes(), func(other *metadata.Node) bool { return other.ID != n.o.ID && !other.Fenced })
}

// unlink closes what leads to other nodes: after the actors, which hand over what they lead.
func (n *Node) unlink() {
	if n.fabric != nil {
		n.fabric.Close()
	}
	if n.links != nil {
		n.links.Close()
	}
	if n.bus != nil {
		n.bus.Close()
	}
	if n.peerListener != nil {
		n.peerListener.Close()
	}
}

// stopActors stops the controller first, as it starts and stops partitions, then the partitions, then whoever is left.
func (n *Node) stopActors(ctx context.Context) error {
	stopped := make(chan struct{})
	n.system.Stop(n.controller, func() { n.host.Close(func() { close(stopped) }) })
	var late error
	select {
	case <-stopped:
	case <-ctx.Done():
		late = context.Cause(ctx)
	}
	grace := time.Second
	if deadline, ok := ctx.Deadline(); ok {
		grace = max(grace, deadline.Sub(n.o.Clock.Now()))
	}
	return errors.Join(late, n.system.Shutdown(grace))
}

// fatal ends the process: a sync failed, so nothing may be promised any more, and what was written may not be there.
func (n *Node) fatal(err error) {
	n.fatalOnce.Do(func() {
		n.log.WithLevel(zerolog.FatalLevel).Err(err).Str("data", n.o.Dir).
			Msg("the disk failed to make data durable: ending at once; look after the disk, then start again, and recovery will show what is there")
		n.o.Fatal(err)
	})
}
