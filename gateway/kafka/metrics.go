package kafka

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what the server tells Prometheus. Each API's own are looked up once, so that counting costs an atomic add.
type metrics struct {
	apis        [apiKeys]apiMetrics
	connections *prometheus.GaugeVec
	refused     prometheus.Counter
}

type apiMetrics struct {
	requests prometheus.Counter
	errors   prometheus.Counter
	in, out  prometheus.Counter
	seconds  prometheus.Observer
}

func newMetrics(s *Server, registerer prometheus.Registerer) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "troupe", Subsystem: "kafka", Name: name, Help: help}, labels)
	}
	requests := counter("requests_total", "Requests answered, by API.", "api")
	errors := counter("request_errors_total", "Errors that clients were shown, by API; one request can have many.", "api")
	bytes := counter("bytes_total", "Bytes of requests (in) and replies (out), by API.", "api", "direction")
	refused := counter("connections_refused_total", "Connections closed at once, as there were too many.")
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "troupe", Subsystem: "kafka", Name: "request_seconds", Help: "Time from a request's last byte to its written answer.",
		Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
	}, []string{"api"})
	m := &metrics{refused: refused.WithLabelValues()}
	m.connections = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "troupe", Subsystem: "kafka", Name: "connections", Help: "Open connections, by listener.",
	}, []string{"listener"})
	for _, a := range registered() {
		m.apis[a.key] = apiMetrics{
			requests: requests.WithLabelValues(a.name), errors: errors.WithLabelValues(a.name),
			in: bytes.WithLabelValues(a.name, "in"), out: bytes.WithLabelValues(a.name, "out"),
			seconds: seconds.WithLabelValues(a.name),
		}
	}
	if registerer != nil {
		registerer.MustRegister(requests, errors, bytes, refused, seconds, m.connections,
			inUseGauge("request_bytes_in_flight", "Bytes of requests that are read and not yet answered.", s.inFlight),
			inUseGauge("fetch_bytes_in_flight", "Bytes of records that are read and not yet written to a socket.", s.fetching))
	}
	return m
}

func inUseGauge(name, help string, b *budget) prometheus.GaugeFunc {
	opts := prometheus.GaugeOpts{Namespace: "troupe", Subsystem: "kafka", Name: name, Help: help}
	return prometheus.NewGaugeFunc(opts, func() float64 { return float64(b.inUse()) })
}

// of finds an API's metrics.
func (m *metrics) of(a *api) *apiMetrics { return &m.apis[a.key] }
