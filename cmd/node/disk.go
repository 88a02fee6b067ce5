package node

import "golang.org/x/sys/unix"

// diskSize is the size of the file system that holds dir, and how much of it this process may still fill, in bytes.
func diskSize(dir string) (total, free int64, err error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, 0, err
	}
	return int64(fs.Blocks) * int64(fs.Bsize), int64(fs.Bavail) * int64(fs.Bsize), nil
}
