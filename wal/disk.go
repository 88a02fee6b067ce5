package wal

import (
	"os"
)

// Disk is what the store does to files itself. Tests and the simulator put faults into it; nil in Options is the real one.
// tidwall/wal opens and writes the tail's file on its own.
type Disk interface {
	// Sync makes one file, or one directory, durable.
	Sync(f *os.File) error
	// SyncAll makes everything in the file system that holds dir durable. ErrNoSyncAll where that can't be trusted.
	SyncAll(dir *os.File) error
	// WriteAt writes the journal, sidecars, heads and states.
	WriteAt(f *os.File, p []byte, off int64) (int, error)
	// ReadAt reads segments.
	ReadAt(f *os.File, p []byte, off int64) (int, error)
	// Truncate cuts a file to size.
	Truncate(f *os.File, size int64) error
	Rename(from, to string) error
	// Space is what is free for us in the file system of dir, and its size, in bytes.
	Space(dir string) (free, total int64, err error)
}

// RealDisk is the machine's own, for a Disk that puts something round it.
func RealDisk() Disk { return realDisk{} }

type realDisk struct{}

func (realDisk) Sync(f *os.File) error                                { return syncFile(f) }
func (realDisk) SyncAll(dir *os.File) error                           { return syncFileSystem(dir) }
func (realDisk) WriteAt(f *os.File, p []byte, off int64) (int, error) { return f.WriteAt(p, off) }
func (realDisk) ReadAt(f *os.File, p []byte, off int64) (int, error)  { return f.ReadAt(p, off) }
func (realDisk) Truncate(f *os.File, size int64) error                { return f.Truncate(size) }
func (realDisk) Rename(from, to string) error                         { return os.Rename(from, to) }

// syncDir makes the names in a directory durable.
func syncDir(d Disk, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return d.Sync(f)
}

// replaceFile puts data in place of the file at path, durably: a crash leaves the old file or the new one.
func replaceFile(d Disk, path string, data []byte, dir string) error {
	tmp := path + tempSuffix
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = d.WriteAt(f, data, 0)
	if err == nil {
		err = d.Sync(f)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = d.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
		return err
	}
	return syncDir(d, dir)
}
