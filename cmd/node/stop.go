package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
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
