//go:build !linux

package wal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// ErrNoSyncAll says that syncing a whole file system at once can't be trusted here.
var ErrNoSyncAll = errors.New("this system can't sync a whole file system at once")

// syncFile is F_FULLFSYNC on macOS: os.File.Sync sees to that.
func syncFile(f *os.File) error { return f.Sync() }

func syncFileSystem(*os.File) error { return ErrNoSyncAll }

func (realDisk) Space(dir string) (free, total int64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), int64(st.Blocks) * int64(st.Bsize), nil
}

// allocate takes size bytes of the disk for f.
func allocate(f *os.File, size int64) error {
	zeros := make([]byte, 1<<20)
	for at := int64(0); at < size; at += int64(len(zeros)) {
		if _, err := f.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at); err != nil {
			return err
		}
	}
	return nil
}
