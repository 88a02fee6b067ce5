package http

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// serve starts a server and returns its address.
func serve(t *testing.T, o Options) (*Server, string) {
	t.Helper()
	registry := prometheus.NewRegistry()
	count := prometheus.NewCounter(prometheus.CounterOpts{Name: "troupe_records_total", Help: "Records."})
	registry.MustRegister(count)
	count.Add(7)
	o.Metrics, o.Log = registry, zerolog.Nop()
	if o.Ready == nil {
		o.Ready = func() error { return nil }
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(o)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Errorf("Serve after Shutdown: %v, want nil", err)
		}
	})
	return s, "http://" + l.Addr().String()
}

func TestWhatThereIsToAskFor(t *testing.T) {
	waiting := func() error { return errors.New("the metadata is not applied yet") }
	for _, c := range []struct {
		name   string
		o      Options
		method string
		path   string
		status int
		body   string // what the answer contains
	}{
		{"a process lives", Options{Ready: waiting}, "GET", "/healthz", 200, "ok\n"},
		{"a node serves", Options{}, "GET", "/readyz", 200, "ready\n"},
		{"a node that waits says for what", Options{Ready: waiting}, "GET", "/readyz", 503, "not ready: the metadata is not applied yet"},
		{"metrics come from the node's registry", Options{}, "GET", "/metrics", 200, "troupe_records_total 7"},
		{"profiles are closed", Options{}, "GET", "/debug/pprof/", 404, ""},
		{"profiles are open when asked for", Options{Pprof: true}, "GET", "/debug/pprof/", 200, "goroutine"},
		{"one profile by name", Options{Pprof: true}, "GET", "/debug/pprof/heap?debug=1", 200, "heap profile"},
		{"nothing else is there", Options{Pprof: true}, "GET", "/", 404, ""},
		{"nothing is changed", Options{}, "POST", "/healthz", 405, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, url := serve(t, c.o)
			q, err := http.NewRequest(c.method, url+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			a, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			body, err := io.ReadAll(a.Body)
			if err != nil {
				t.Fatal(err)
			}
			if a.StatusCode != c.status || !strings.Contains(string(body), c.body) {
				t.Errorf("%s %s: %d %q, want %d with %q", c.method, c.path, a.StatusCode, body, c.status, c.body)
			}
		})
	}
}

func TestAHeaderWithoutEndIsRefused(t *testing.T) {
	_, url := serve(t, Options{})
	q, err := http.NewRequest("GET", url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("X-Long", strings.Repeat("a", 4*maxHeaderBytes))
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	if a.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of %d bytes: %s", 4*maxHeaderBytes, a.Status)
	}
}
