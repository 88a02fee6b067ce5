package kafka

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/gateway/admin"
)

// Server answers Kafka clients. Make it with New, give it listeners with Serve, end it with Shutdown.
type Server struct {
	Options
	clock       clock.Clock
	log         zerolog.Logger
	sampled     zerolog.Logger // for what a stranger can cause as often as he likes
	limits      Limits
	inFlight    *budget
	fetching    *budget
	metrics     *metrics
	topics      topicConfigs
	sessions    *sessionCache
	producerIDs producerIDs
	admin       *admin.Client

	mu          sync.Mutex
	listeners   map[net.Listener]struct{}
	connections map[*connection]netip.Addr
	perIP       map[netip.Addr]int // the counts of connections; none is zero
	draining    bool
	sweep       clock.Timer
	// running counts the goroutines of connections.
	running sync.WaitGroup
}

// New makes a server that has no listener yet.
func New(o Options) *Server {
	s := &Server{
		Options: o, clock: o.Clock, log: o.Log, limits: o.Limits.withDefaults(),
		sampled:     o.Log.Sample(&zerolog.BurstSampler{Burst: 20, Period: time.Second}),
		listeners:   map[net.Listener]struct{}{},
		connections: map[*connection]netip.Addr{},
		perIP:       map[netip.Addr]int{},
	}
	s.inFlight = newBudget(s.limits.BytesInFlight)
	s.fetching = newBudget(s.limits.FetchBytes)
	s.sessions = newSessionCache(s.limits.FetchSessions, o.Random)
	s.admin = admin.New(admin.Options{At: o.At, Directory: o.Directory, Image: o.Image, Clock: o.Clock})
	s.metrics = newMetrics(s, o.Registerer)
	return s
}

// Serve accepts connections until the listener is closed, or Shutdown, which it returns nil for. It closes the listener.
// The name is the one under which nodes register the listener's advertised address.
func (s *Server) Serve(l net.Listener, name string) error {
	defer l.Close()
	if !s.listen(l) {
		return nil
	}
	backoff := 5 * time.Millisecond
	for {
		socket, err := l.Accept()
		switch {
		case err == nil:
			backoff = 5 * time.Millisecond
			s.admit(socket, name)
		case errors.Is(err, net.ErrClosed):
			if s.isDraining() {
				return nil
			}
			return err
		default: // out of descriptors, most likely: some will be free soon
			s.sampled.Error().Err(err).Str("listener", name).Dur("again_in", backoff).Msg("can't accept a connection")
			s.pause(backoff)
			backoff = min(2*backoff, time.Second)
		}
	}
}

func (s *Server) listen(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	s.listeners[l] = struct{}{}
	if s.sweep == nil {
		s.sweep = s.clock.AfterFunc(s.sweepEvery(), s.closeIdle)
	}
	return true
}

func (s *Server) pause(d time.Duration) {
	over := make(chan struct{})
	s.clock.AfterFunc(d, func() { close(over) })
	<-over
}

func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// admit begins to serve a connection, if the limits allow one more.
func (s *Server) admit(socket net.Conn, listener string) {
	ip := remoteIP(socket)
	c := newConnection(s, socket, listener)
	s.mu.Lock()
	full := s.limits.Connections > 0 && len(s.connections) >= s.limits.Connections ||
		s.limits.ConnectionsPerIP > 0 && s.perIP[ip] >= s.limits.ConnectionsPerIP
	if full || s.draining {
		s.mu.Unlock()
		if full {
			s.metrics.refused.Inc()
			s.sampled.Warn().Stringer("client", socket.RemoteAddr()).
				Msg("too many connections (max.connections, max.connections.per.ip): this one is closed")
		}
		_ = socket.Close()
		return
	}
	s.connections[c] = ip
	s.perIP[ip]++
	s.running.Add(1)
	s.mu.Unlock()
	s.metrics.connections.WithLabelValues(listener).Inc()
	go func() {
		defer s.running.Done()
		c.serve()
	}()
}

func remoteIP(socket net.Conn) netip.Addr {
	if tcp, ok := socket.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// forget is called once, by a connection that has closed.
func (s *Server) forget(c *connection) {
	s.metrics.connections.WithLabelValues(c.listener).Dec()
	s.mu.Lock()
	defer s.mu.Unlock()
	ip := s.connections[c]
	delete(s.connections, c)
	if s.perIP[ip]--; s.perIP[ip] == 0 {
		delete(s.perIP, ip)
	}
}

// all lists the open connections.
func (s *Server) all() []*connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*connection, 0, len(s.connections))
	for c := range s.connections {
		list = append(list, c)
	}
	return list
}

func (s *Server) sweepEvery() time.Duration {
	return max(min(s.limits.IdleTimeout, s.limits.StallTimeout)/4, 10*time.Millisecond)
}

// closeIdle closes the connections that have been idle, or stuck, for too long. A client that comes back later connects
// again.
func (s *Server) closeIdle() {
	now := s.clock.Now()
	for _, c := range s.all() {
		idle := now.UnixNano()-c.lastMoved.Load() > int64(s.limits.IdleTimeout)
		stuck := c.readStall.over(now, s.limits.StallTimeout) || c.writeStall.over(now, s.limits.StallTimeout)
		if stuck {
			s.sampled.Warn().Stringer("client", c.socket.RemoteAddr()).Dur("after", s.limits.StallTimeout).
				Msg("a client stopped in the middle of a frame: its connection is closed")
		}
		if idle || stuck {
			c.close()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.draining {
		s.sweep = s.clock.AfterFunc(s.sweepEvery(), s.closeIdle)
	}
}

// Shutdown takes no new connections and requests, lets what is in flight be answered, and closes each connection after
// that; when ctx ends, the rest at once, and the context's error is returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.admin.Stop()
	s.mu.Lock()
	s.draining = true
	for l := range s.listeners {
		_ = l.Close()
	}
	if s.sweep != nil {
		s.sweep.Stop()
	}
	s.mu.Unlock()
	for _, c := range s.all() {
		c.drain()
	}
	drained := make(chan struct{})
	go func() {
		s.running.Wait()
		close(drained)
	}()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
	}
	for _, c := range s.all() {
		c.close()
	}
	<-drained
	return ctx.Err()
}
