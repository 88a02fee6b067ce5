package node

import (
	"context"
	"math"
	"net"
	"strconv"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
	"github.com/seed-e634fa49/troupe/gateway/admin"
	"github.com/seed-e634fa49/troupe/gateway/http"
	"github.com/seed-e634fa49/troupe/gateway/kafka"
)

// Budgets of the door for Kafka clients, as bytes that requests and answers may hold at a time.
const (
	bytesInFlight = 32 << 20
	fetchBytes    = 32 << 20
)

// serveHTTP opens the operators' door. It opens first, so that /readyz can say what the node is waiting for.
func (n *Node) serveHTTP(context.Context) error {
	n.collect()
	if n.httpListener == nil {
		return nil
	}
	n.http = http.New(http.Options{
		Ready: n.Ready, Metrics: n.registry, Admin: n.admin.Load, AdminAnywhere: n.o.AdminAnywhere, Pprof: n.o.Pprof, Log: n.log,
	})
	n.serve(n.httpListener, func(l net.Listener) error { return n.http.Serve(l) })
	return nil
}

// serveKafka opens the doors for Kafka clients.
func (n *Node) serveKafka(context.Context) error {
	static := n.static()
	n.kafka = kafka.New(kafka.Options{
		Node: n.o.ID, Image: n.image.Load, Directory: n.host, At: n.system.At, Clock: n.o.Clock,
		Static: static, DataDir: static["log.dirs"], Disk: n.disk,
		Log: n.log, Random: n.o.Random, Registerer: n.registry, Limits: n.limits(),
	})
	n.admin.Store(admin.New(admin.Options{At: n.system.At, Directory: n.host, Image: n.image.Load, Clock: n.o.Clock}))
	for _, d := range n.doors {
		n.serve(d.listener, func(l net.Listener) error { return n.kafka.Serve(l, d.name) })
	}
	return nil
}

// serve answers on a listener until it is shut down.
func (n *Node) serve(l net.Listener, answer func(net.Listener) error) {
	n.served.Add(1)
	go func() {
		defer n.served.Done()
		if err := answer(l); err != nil {
			n.log.Error().Err(err).Str("listener", l.Addr().String()).Msg("a listener failed; its clients are not served any more")
		}
	}()
}

// limits are the bounds on clients that Kafka has configs for.
func (n *Node) limits() kafka.Limits {
	return kafka.Limits{
		MaxRequestBytes:  int(n.number("socket.request.max.bytes")),
		BytesInFlight:    bytesInFlight,
		FetchBytes:       fetchBytes,
		FetchMaxBytes:    int(n.number("fetch.max.bytes")),
		Connections:      int(n.number("max.connections")),
		ConnectionsPerIP: int(n.number("max.connections.per.ip")),
		IdleTimeout:      n.milliseconds("connections.max.idle.ms"),
		FetchSessions:    int(n.number("max.incremental.fetch.session.cache.slots")),
	}
}

// number is a numeric broker config as it stands at the start; those that are asked for here can't change later.
func (n *Node) number(name string) int64 {
	v := configs.Resolve(msg.BrokerResource, name, configs.Layers{Static: n.o.Static})
	parsed, err := strconv.ParseInt(*v.Value, 10, 64)
	if err != nil {
		panic("node: broker config " + name + " is no number: " + *v.Value) // Check has parsed it
	}
	return parsed
}

// numberIfSet is a numeric broker config that has no default, or fallback.
func (n *Node) numberIfSet(name string, fallback int64) int64 {
	if v := configs.Resolve(msg.BrokerResource, name, configs.Layers{Static: n.o.Static}); v.Value == nil {
		return fallback
	}
	return n.number(name)
}

func (n *Node) milliseconds(name string) time.Duration {
	return time.Duration(min(n.number(name), math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
}
