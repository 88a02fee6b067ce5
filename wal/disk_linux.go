package wal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// ErrNoSyncAll says that syncing a whole file system at once can't be trusted here.
var ErrNoSyncAll = errors.New("syncing a whole file system does not report errors here")

// syncFile makes a file's data and length durable; times don't matter to us.
func syncFile(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var serr error
	err = conn.Control(func(fd uintptr) {
		for {
			if serr = unix.Fdatasync(int(fd)); serr != unix.EINTR {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	if serr != nil {
		return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: serr}
	}
	return nil
}

// syncfsReports is whether syncfs returns the errors of writing back: Linux 5.8 and later.
var syncfsReports = kernelAtLeast(5, 8)

func syncFileSystem(dir *os.File) error {
	if !syncfsReports {
		return ErrNoSyncAll
	}
	if err := unix.Syncfs(int(dir.Fd())); err != nil {
		return &os.PathError{Op: "syncfs", Path: dir.Name(), Err: err}
	}
	return nil
}

func kernelAtLeast(major, minor int) bool {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return false
	}
	var v [2]int
	i := 0
	for _, c := range u.Release {
		if c >= '0' && c <= '9' {
			v[i] = v[i]*10 + int(c-'0')
		} else if i++; i == len(v) {
			break
		}
	}
	return v[0] > major || v[0] == major && v[1] >= minor
}

func (realDisk) Space(dir string) (free, total int64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), int64(st.Blocks) * int64(st.Bsize), nil
}

// allocate takes size bytes of the disk for f.
func allocate(f *os.File, size int64) error {
	return unix.Fallocate(int(f.Fd()), 0, 0, size)
}
