package cluster

import (
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/seed-e634fa49/troupe/wal"
)

// disk is the real one, made worse at will.
type disk struct {
	wal.Disk
	slow   atomic.Int64 // nanoseconds that every sync takes longer
	broken atomic.Bool  // every sync fails
	full   atomic.Bool  // no space is left
}

// sync slows a sync down, or lets it fail.
func (d *disk) sync(do func() error) error {
	time.Sleep(time.Duration(d.slow.Load()))
	if d.broken.Load() {
		return syscall.EIO
	}
	return do()
}

// Sync implements wal.Disk.
func (d *disk) Sync(f *os.File) error { return d.sync(func() error { return d.Disk.Sync(f) }) }

// SyncAll implements wal.Disk.
func (d *disk) SyncAll(dir *os.File) error {
	return d.sync(func() error { return d.Disk.SyncAll(dir) })
}

// Space implements wal.Disk.
func (d *disk) Space(dir string) (free, total int64, err error) {
	free, total, err = d.Disk.Space(dir)
	if d.full.Load() {
		free = 0
	}
	return free, total, err
}
