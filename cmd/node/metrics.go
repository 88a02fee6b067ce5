package node

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/seed-e634fa49/troupe/wal"
)

// Every figure is read when it is asked for: what passes counts itself, where it passes, and nothing is kept twice.
var (
	actorsDesc   = describe("actors", "running", "Actors that run.")
	restartsDesc = describe("actors", "restarts_total", "Restarts of actors after a panic.")
	fullDesc     = describe("actors", "mailbox_full_total", "Messages refused because a mailbox was full.")
	queuedDesc   = describe("actors", "queued_bytes", "Bytes that wait in mailboxes.")

	hostedDesc = describe("partitions", "hosted", "Partitions that live on this node.")
	ledDesc    = describe("partitions", "led", "Partitions that this node leads.")
	failedDesc = describe("partitions", "failed", "Partitions on this node that can't be served.")
	sizeDesc   = describe("partitions", "log_bytes", "Size of the logs' files, all partitions together.")
)

// walFigures are what the store counts, with how each is shown.
var walFigures = []struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(*wal.Stats) float64
}{
	{describe("wal", "syncs_total", "Group commits: rounds in which the syncer made something durable."), prometheus.CounterValue,
		func(s *wal.Stats) float64 { return float64(s.Cycles) }},
	{describe("wal", "sync_calls_total", "System calls that the group commits took."), prometheus.CounterValue,
		func(s *wal.Stats) float64 { return float64(s.SyncCalls) }},
	{describe("wal", "synced_logs_total", "Logs that group commits served; divided by syncs_total, the group that shares one."), prometheus.CounterValue,
		func(s *wal.Stats) float64 { return float64(s.SyncedLogs) }},
	{describe("wal", "sync_seconds_total", "Time that group commits took."), prometheus.CounterValue,
		func(s *wal.Stats) float64 { return s.SyncTime.Seconds() }},
	{describe("wal", "slowest_sync_seconds", "The longest group commit since the start."), prometheus.GaugeValue,
		func(s *wal.Stats) float64 { return s.SlowestSync.Seconds() }},
	{describe("wal", "appended_bytes_total", "Bytes appended to logs."), prometheus.CounterValue,
		func(s *wal.Stats) float64 { return float64(s.AppendedBytes) }},
	{describe("wal", "read_bytes_total", "Bytes read from logs for clients."), prometheus.CounterValue,
		func(s *wal.Stats) float64 { return float64(s.ReadBytes) }},
	{describe("wal", "recoveries_total", "Logs opened and recovered."), prometheus.CounterValue,
		func(s *wal.Stats) float64 { return float64(s.Recoveries) }},
	{describe("wal", "recovery_seconds_total", "Time that recovering logs took, all of them added up."), prometheus.CounterValue,
		func(s *wal.Stats) float64 { return s.RecoveryTime.Seconds() }},
	{describe("wal", "dirty_logs", "Logs that wait for the next group commit."), prometheus.GaugeValue,
		func(s *wal.Stats) float64 { return float64(s.DirtyLogs) }},
	{describe("wal", "open_tails", "Logs that are open for writing."), prometheus.GaugeValue,
		func(s *wal.Stats) float64 { return float64(s.OpenTails) }},
	{describe("wal", "tail_bytes", "Memory that the tails of logs hold."), prometheus.GaugeValue,
		func(s *wal.Stats) float64 { return float64(s.TailBytes) }},
	{describe("wal", "read_files", "Descriptors kept for readers."), prometheus.GaugeValue,
		func(s *wal.Stats) float64 { return float64(s.ReadFiles) }},
}

func describe(subsystem, name, help string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName("troupe", subsystem, name), help, nil, nil)
}

// collect registers what the node itself measures. The door for Kafka clients adds its own.
func (n *Node) collect() {
	n.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		n.started,
		actorCollector{n}, partitionCollector{n}, walCollector{n},
	)
}

// newStartGauge tells how long the start took: recovery, and everything else until the node served.
func newStartGauge() prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: "troupe", Subsystem: "node", Name: "start_seconds", Help: "Time from the start to the first served request, recovery included; 0 until then.",
	})
}

func (n *Node) measureStart(took time.Duration) { n.started.Set(took.Seconds()) }

// actorCollector shows the actor system's figures.
type actorCollector struct{ n *Node }

// Describe implements prometheus.Collector.
func (actorCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{actorsDesc, restartsDesc, fullDesc, queuedDesc} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c actorCollector) Collect(to chan<- prometheus.Metric) {
	if c.n.stage() < actorsRun {
		return
	}
	s := c.n.system.Stats()
	to <- prometheus.MustNewConstMetric(actorsDesc, prometheus.GaugeValue, float64(s.Actors))
	to <- prometheus.MustNewConstMetric(restartsDesc, prometheus.CounterValue, float64(s.Restarts))
	to <- prometheus.MustNewConstMetric(fullDesc, prometheus.CounterValue, float64(s.Full))
	to <- prometheus.MustNewConstMetric(queuedDesc, prometheus.GaugeValue, float64(s.QueuedBytes))
}

// partitionCollector adds up the views of the partitions. Single partitions are not shown: a node may hold ten thousand.
type partitionCollector struct{ n *Node }

// Describe implements prometheus.Collector.
func (partitionCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{hostedDesc, ledDesc, failedDesc, sizeDesc} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c partitionCollector) Collect(to chan<- prometheus.Metric) {
	if c.n.stage() < actorsRun {
		return
	}
	h := c.n.health()
	for desc, value := range map[*prometheus.Desc]float64{
		hostedDesc: float64(h.hosted), ledDesc: float64(h.led), failedDesc: float64(h.failed), sizeDesc: float64(h.size),
	} {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
	}
}

// walCollector shows the store's figures.
type walCollector struct{ n *Node }

// Describe implements prometheus.Collector.
func (walCollector) Describe(to chan<- *prometheus.Desc) {
	for _, f := range walFigures {
		to <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (c walCollector) Collect(to chan<- prometheus.Metric) {
	if c.n.stage() < actorsRun {
		return
	}
	s := c.n.store.Stats()
	for _, f := range walFigures {
		to <- prometheus.MustNewConstMetric(f.desc, f.kind, f.of(&s))
	}
}
