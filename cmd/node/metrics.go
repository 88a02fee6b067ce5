package node

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/bus"
	"github.com/seed-e634fa49/troupe/actors/fabric"
	"github.com/seed-e634fa49/troupe/wal"
)

// Every figure is read when it is asked for: what passes counts itself, where it passes, and nothing is kept twice.

// figure is one of the figures that a T holds.
type figure[T any] struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(*T) float64
}

// figures are all that are shown of a T.
type figures[T any] []figure[T]

// show shows the figures of one T. Labels are those of each.
func (f figures[T]) show(to chan<- prometheus.Metric, s *T, labels ...string) {
	for _, one := range f {
		to <- prometheus.MustNewConstMetric(one.desc, one.kind, one.of(s), labels...)
	}
}

func (f figures[T]) describe(to chan<- *prometheus.Desc) {
	for _, one := range f {
		to <- one.desc
	}
}

const (
	counter = prometheus.CounterValue
	gauge   = prometheus.GaugeValue
)

func describe(subsystem, name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName("troupe", subsystem, name), help, labels, nil)
}

// indicator shows what is so or not.
func indicator(so bool) float64 {
	if so {
		return 1
	}
	return 0
}

// source is something of a running node that has figures.
type source[T any] struct {
	node    *Node
	figures figures[T]
	of      func(*Node) T
}

// Describe implements prometheus.Collector.
func (s source[T]) Describe(to chan<- *prometheus.Desc) { s.figures.describe(to) }

// Collect implements prometheus.Collector. There is nothing to show of a node that does not run yet.
func (s source[T]) Collect(to chan<- prometheus.Metric) {
	if s.node.stage() >= actorsRun {
		at := s.of(s.node)
		s.figures.show(to, &at)
	}
}

// collect registers what the node itself measures. The door for Kafka clients adds its own.
func (n *Node) collect() {
	n.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		n.started,
		source[actors.Stats]{n, actorFigures, func(n *Node) actors.Stats { return n.system.Stats() }},
		source[wal.Stats]{n, walFigures, func(n *Node) wal.Stats { return n.store.Stats() }},
		source[partitionSums]{n, partitionFigures, (*Node).sumUp},
		source[standing]{n, clusterFigures, (*Node).standing},
		source[bus.Stats]{n, busFigures, func(n *Node) bus.Stats { return n.bus.Stats() }},
		source[fabric.Stats]{n, fabricFigures, func(n *Node) fabric.Stats { return n.fabric.Stats() }},
		linkCollector{n},
	)
}

// newStartGauge tells how long the start took: recovery, and everything else until the node served.
func newStartGauge() prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: "troupe", Subsystem: "node", Name: "start_seconds", Help: "Time from the start to the first served request, recovery included; 0 until then.",
	})
}

func (n *Node) measureStart(took time.Duration) { n.started.Set(took.Seconds()) }

// actorFigures are those of the actor system.
var actorFigures = figures[actors.Stats]{
	{describe("actors", "running", "Actors that run."), gauge, func(s *actors.Stats) float64 { return float64(s.Actors) }},
	{describe("actors", "restarts_total", "Restarts of actors after a panic."), counter, func(s *actors.Stats) float64 { return float64(s.Restarts) }},
	{describe("actors", "mailbox_full_total", "Messages refused because a mailbox was full."), counter,
		func(s *actors.Stats) float64 { return float64(s.Full) }},
	{describe("actors", "queued_bytes", "Bytes that wait in mailboxes."), gauge, func(s *actors.Stats) float64 { return float64(s.QueuedBytes) }},
}

// walFigures are what the store counts.
var walFigures = figures[wal.Stats]{
	{describe("wal", "syncs_total", "Group commits: rounds in which the syncer made something durable."), counter,
		func(s *wal.Stats) float64 { return float64(s.Cycles) }},
	{describe("wal", "sync_calls_total", "System calls that the group commits took."), counter,
		func(s *wal.Stats) float64 { return float64(s.SyncCalls) }},
	{describe("wal", "synced_logs_total", "Logs that group commits served; divided by syncs_total, the group that shares one."), counter,
		func(s *wal.Stats) float64 { return float64(s.SyncedLogs) }},
	{describe("wal", "sync_seconds_total", "Time that group commits took."), counter,
		func(s *wal.Stats) float64 { return s.SyncTime.Seconds() }},
	{describe("wal", "slowest_sync_seconds", "The longest group commit since the start."), gauge,
		func(s *wal.Stats) float64 { return s.SlowestSync.Seconds() }},
	{describe("wal", "appended_bytes_total", "Bytes appended to logs."), counter,
		func(s *wal.Stats) float64 { return float64(s.AppendedBytes) }},
	{describe("wal", "read_bytes_total", "Bytes read from logs for clients."), counter,
		func(s *wal.Stats) float64 { return float64(s.ReadBytes) }},
	{describe("wal", "recoveries_total", "Logs opened and recovered."), counter,
		func(s *wal.Stats) float64 { return float64(s.Recoveries) }},
	{describe("wal", "recovery_seconds_total", "Time that recovering logs took, all of them added up."), counter,
		func(s *wal.Stats) float64 { return s.RecoveryTime.Seconds() }},
	{describe("wal", "dirty_logs", "Logs that wait for the next group commit."), gauge,
		func(s *wal.Stats) float64 { return float64(s.DirtyLogs) }},
	{describe("wal", "open_tails", "Logs that are open for writing."), gauge,
		func(s *wal.Stats) float64 { return float64(s.OpenTails) }},
	{describe("wal", "tail_bytes", "Memory that the tails of logs hold."), gauge,
		func(s *wal.Stats) float64 { return float64(s.TailBytes) }},
	{describe("wal", "read_files", "Descriptors kept for readers."), gauge,
		func(s *wal.Stats) float64 { return float64(s.ReadFiles) }},
}
