package http

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/gateway/admin"
)

// Options of a Server.
type Options struct {
	// Ready says why the node does not serve, or nil when it does.
	Ready func() error
	// Metrics are what /metrics shows.
	Metrics prometheus.Gatherer
	// Admin brings what operators ask for to the controller; it returns nil while the node starts. A nil function keeps /admin
	// closed. AdminAnywhere answers other machines than this one, too.
	Admin         func() *admin.Client
	AdminAnywhere bool
	// Pprof opens /debug/pprof.
	Pprof bool
	Log   zerolog.Logger
}

// Server answers HTTP on one listener.
type Server struct {
	http http.Server
	log  zerolog.Logger
}

// Limits of a request: all of them are small, and a client that is slower than this is not one of ours. Writing is not
// limited, as a profile takes as long as it was asked to.
const (
	maxHeaderBytes    = 16 << 10
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	idleTimeout       = time.Minute
)

// New makes a server. It listens once Serve is called.
func New(o Options) *Server {
	s := &Server{log: o.Log}
	s.http = http.Server{
		Handler:           routes(o),
		MaxHeaderBytes:    maxHeaderBytes,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          stdlog.New(complaints{o.Log}, "", 0),
	}
	return s
}

// Serve answers requests until Shutdown, and returns nil after it.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving HTTP on %s: %w", l.Addr(), err)
	}
	return nil
}

// Shutdown answers what is in flight and closes; what is left when ctx ends is cut off.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}

// routes is everything there is to ask for.
func routes(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{ErrorLog: stdlog.New(complaints{o.Log}, "", 0)}))
	mux.HandleFunc("GET /healthz", health)
	mux.HandleFunc("GET /readyz", readiness(o.Ready))
	if o.Admin != nil {
		(&administration{client: o.Admin, anywhere: o.AdminAnywhere}).routes(mux)
	}
	if o.Pprof {
		profiles(mux)
	}
	return mux
}

// complaints turns net/http's own log lines into ours.
type complaints struct{ log zerolog.Logger }

func (c complaints) Write(line []byte) (int, error) {
	c.log.Debug().Str("complaint", string(line)).Msg("http")
	return len(line), nil
}
