package kafka

import (
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// Options of a Server.
type Options struct {
	// Node is the id of the node that serves.
	Node msg.NodeID
	// Image is the cluster as this node knows it. It may be called from any goroutine.
	Image func() *metadata.Image
	// Directory finds the partitions that live here.
	Directory msg.Directory
	// At finds the actors of this node and of all others: the controllers, which decide about topics, configs and producer ids,
	// and the partitions.
	At    msg.Locate
	Clock clock.Clock
	// DataDir is the data directory as DescribeLogDirs names it, and Disk tells how large its disk is and how much of it
	// producers may still use, in bytes.
	DataDir string
	Disk    func() (total, usable int64)
	// Static are the broker configs from flags, environment and file.
	Static map[string]string
	Log    zerolog.Logger
	// Random gives fetch sessions their ids.
	Random io.Reader
	// Registerer takes the metrics; nil keeps them to the server itself.
	Registerer prometheus.Registerer
	Limits     Limits
}

// Limits bound what clients can make a server hold. A zero stands for the default.
type Limits struct {
	// MaxRequestBytes is the longest frame, socket.request.max.bytes: 100 MiB.
	MaxRequestBytes int
	// BytesInFlight bounds the requests that are read and not yet answered, all connections together: 64 MiB. A request
	// larger than that goes alone.
	BytesInFlight int
	// FetchBytes bounds the records that are read and not yet written to a socket, all connections together: 64 MiB.
	FetchBytes int
	// FetchMaxBytes bounds the records of one fetch, fetch.max.bytes: 55 MiB.
	FetchMaxBytes int
	// Connections bounds all connections (max.connections), ConnectionsPerIP those from one address: no bound.
	Connections      int
	ConnectionsPerIP int
	// IdleTimeout closes a connection on which nothing has moved, connections.max.idle.ms: 10 minutes.
	IdleTimeout time.Duration
	// StallTimeout closes a connection that stops in the middle of a frame or of a reply, as it holds memory that others
	// wait for: 30 s.
	StallTimeout time.Duration
	// FetchSessions is how many incremental fetch sessions are remembered, max.incremental.fetch.session.cache.slots: 1000.
	FetchSessions int
}

func (l Limits) withDefaults() Limits {
	orInt := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	orInt(&l.MaxRequestBytes, 100<<20)
	orInt(&l.BytesInFlight, 64<<20)
	orInt(&l.FetchBytes, 64<<20)
	orInt(&l.FetchMaxBytes, 55<<20)
	orInt(&l.FetchSessions, 1000)
	if l.IdleTimeout == 0 {
		l.IdleTimeout = 10 * time.Minute
	}
	if l.StallTimeout == 0 {
		l.StallTimeout = 30 * time.Second
	}
	return l
}
