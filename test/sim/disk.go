package sim

import (
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seed-e634fa49/troupe/partitions"
)

// disk is what a node's data directory is: it outlives the node's processes. The logs on it are in memory (log.go).
type disk struct {
	cluster *Cluster
	random  *rand.Rand
	bytes   io.Reader // chance for the node's processes
	logs    map[string]*memLog
	// life is the process that has the disk open.
	life *life
	// slow is added to each sync.
	slow time.Duration
	// free is when the disk has done all that was asked of it.
	free time.Duration
}

var _ partitions.Store = (*disk)(nil)

func newDisk(c *Cluster, stream uint64) *disk {
	return &disk{cluster: c, random: c.stream(stream), bytes: c.bytes(stream), logs: map[string]*memLog{}}
}

// Open implements partitions.Store.
func (d *disk) Open(name string) (partitions.Log, error) {
	l := d.logs[name]
	if l == nil {
		l = newMemLog(d, name)
		d.logs[name] = l
	}
	return l, nil
}

// Remove implements partitions.Store.
func (d *disk) Remove(name string) error {
	if l := d.logs[name]; l != nil {
		l.gone = true
		delete(d.logs, name)
	}
	return nil
}

// Room implements partitions.Store: there is always some.
func (d *disk) Room(int) error { return nil }

// Logs lists the logs by name.
func (d *disk) Logs() ([]string, error) { return d.names(), nil }

func (d *disk) names() []string {
	names := make([]string, 0, len(d.logs))
	for name := range d.logs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// syncTakes is how long the next sync takes, from now: it waits for those before it.
func (d *disk) syncTakes() time.Duration {
	took := 200*time.Microsecond + time.Duration(d.random.ExpFloat64()*float64(800*time.Microsecond)) + d.slow
	now := d.cluster.Now()
	// Syncs of different logs share one pass of the syncer: only half of the time is the disk's alone.
	done := max(d.free+took/8, now+took)
	d.free = done
	return done - now
}

// crash is what a disk is like after its process has died. With power lost, what was not synced is lost or kept in part; else the
// page cache keeps what was written.
func (d *disk) crash(power bool) {
	for _, name := range d.names() {
		d.logs[name].crash(power)
	}
	d.free = 0
}
