package wal

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// faultyDisk is the real disk with faults, and counts what it was asked.
type faultyDisk struct {
	realDisk
	mu       sync.Mutex
	synced   []string // base names, in order
	all      int
	gate     chan struct{} // each sync waits for it, if not nil
	failSync error
	failAt   func(name string, write bool) error // reads and writes
	free     int64
}

func (d *faultyDisk) Sync(f *os.File) error {
	d.mu.Lock()
	d.synced = append(d.synced, filepath.Base(f.Name()))
	gate, err := d.gate, d.failSync
	d.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if err != nil {
		return err
	}
	return d.realDisk.Sync(f)
}

func (d *faultyDisk) SyncAll(dir *os.File) error {
	d.mu.Lock()
	d.all++
	gate, err := d.gate, d.failSync
	d.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if err != nil {
		return err
	}
	return d.realDisk.SyncAll(dir)
}

func (d *faultyDisk) fault(name string, write bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failAt == nil {
		return nil
	}
	return d.failAt(filepath.Base(name), write)
}

func (d *faultyDisk) WriteAt(f *os.File, p []byte, off int64) (int, error) {
	if err := d.fault(f.Name(), true); err != nil {
		n, _ := d.realDisk.WriteAt(f, p[:len(p)/2], off)
		return n, err
	}
	return d.realDisk.WriteAt(f, p, off)
}

func (d *faultyDisk) ReadAt(f *os.File, p []byte, off int64) (int, error) {
	if err := d.fault(f.Name(), false); err != nil {
		return 0, err
	}
	return d.realDisk.ReadAt(f, p, off)
}

func (d *faultyDisk) Space(dir string) (int64, int64, error) {
	d.mu.Lock()
	free := d.free
	d.mu.Unlock()
	if free != 0 {
		return free, 1 << 40, nil
	}
	return d.realDisk.Space(dir)
}

func (d *faultyDisk) set(f func(*faultyDisk)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(d)
}

// reset forgets what was counted.
func (d *faultyDisk) reset() {
	d.set(func(d *faultyDisk) { d.synced, d.all = nil, 0 })
}

func (d *faultyDisk) syncs() (names string, all int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.synced, " "), d.all
}

func withDisk(d Disk) func(*Options) { return func(o *Options) { o.Disk = d } }

// breakTail closes the descriptor that tidwall/wal writes to, so that its next write fails.
func breakTail(t *testing.T, l *Log) {
	t.Helper()
	if l.file.log == nil {
		t.Fatal("the tail is not open")
	}
	field := reflect.ValueOf(l.file.log).Elem().FieldByName("sfile")
	f := *(**os.File)(unsafe.Pointer(field.UnsafeAddr()))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// scribble changes a file behind everybody's back.
func scribble(t testing.TB, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(b), 0o640)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// scratch is a directory for tests that are about bytes, not about the disk: in memory where the system has such a place.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "wal-test-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// copyDir copies a data directory as it is at this moment: what a killed process leaves. The ballast is left behind, which
// only takes time.
func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := scratch(t)
	err := filepath.WalkDir(from, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.Name() == ballastFile {
			return ignoreMissing(err)
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if e.IsDir() {
			return os.MkdirAll(target, 0o750)
		}
		b, err := os.ReadFile(path)
		if os.IsNotExist(err) { // deleted behind, meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		return os.WriteFile(target, b, 0o640)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// lazyDisk is the real disk but for its syncs, where a test is about bytes and opens very many stores.
type lazyDisk struct{ realDisk }

func (lazyDisk) Sync(*os.File) error    { return nil }
func (lazyDisk) SyncAll(*os.File) error { return nil }

// clockAt is a clock that a test moves, in nanoseconds.
func clockAt(now *int64) func() time.Time {
	return func() time.Time { return time.Unix(0, *now) }
}
